"""Our work measured against core's, in one run: ``make bench``."""
