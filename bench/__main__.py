"""The table of all figures, or of one job: ``python -m bench [JOB]``; exit status 1 when any falls short."""

import importlib
import re
import sys
from pathlib import Path

from dealer_cli.console import Stop, say

from .harness import HEAD, machine

ASKED_FOR = ("month",)  # too long to run with the others


def jobs(wanted):
    """Return the modules of the wanted jobs (all when empty), in order."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("j*.py") if re.fullmatch(r"j\d+", path.stem))
    if wanted.lower() in ASKED_FOR:
        return [importlib.import_module(f"bench.{wanted.lower()}")]
    if wanted and wanted.lower() not in names:
        raise Stop(f"There is no job {wanted} (jobs: {', '.join(names).upper()}).")
    return [importlib.import_module(f"bench.{name}") for name in names if not wanted or name == wanted.lower()]


def main(wanted=""):
    """Print one line per figure and return the exit status."""
    figures = []
    say(f"Measured on {machine()}. Ratio: ours / core without the add-ons, median of pairs.")
    say(HEAD)
    for job in jobs(wanted):
        for figure in job.measure():
            figures.append(figure)
            say(figure.line())
    short = [figure for figure in figures if figure.is_short]
    say(f"{len(figures) - len(short)} ok, {len(short)} short. Machine at the end: {machine()}.")
    return 1 if short or not figures else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Stop as stop:
        say(f"ERROR: {stop}")
        sys.exit(1)
