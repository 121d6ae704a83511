"""What the tests of the platform share."""


def error_lines(process):
    """Return the lines in which the command says what failed."""
    return [line for line in process.stdout.splitlines() if line.startswith("ERROR: ")]
