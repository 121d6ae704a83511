"""Everything behind the Makefile; Python standard library only."""
