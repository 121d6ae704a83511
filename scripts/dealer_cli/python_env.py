"""The virtual environment: Odoo's Python packages and the OCA add-ons, exactly as pinned."""

import hashlib
import re
import shutil
import sys
from pathlib import Path

from . import odoo_source
from .console import Step, Stop, check, output_of
from .layout import CACHE, CONFIG, LOGS, PYTHON, VENV

LISTS = {"run": CONFIG / "constraints.txt", "test": CONFIG / "constraints-test.txt"}
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's python3-venv belongs to
OLDEST = (3, 10)


def prepare(purposes):
    """Bring the environment to the pinned packages for ``purposes`` (subset of {"run", "test"})."""
    if sys.version_info < OLDEST:
        raise Stop(f"Python {OLDEST[0]}.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}.")
    _make()
    for purpose in sorted(purposes):
        _install(LISTS[purpose], purpose)
    _point_at_odoo()


def _make():
    if PYTHON.exists() and ((VENV / ".made").exists() or output_of([PYTHON, "-m", "pip", "--version"])):
        return
    with Step("Making the Python environment"):
        shutil.rmtree(VENV, ignore_errors=True)
        python = SYSTEM_PYTHON if Path(SYSTEM_PYTHON).exists() else sys.executable
        check([python, "-m", "venv", VENV], "Making the Python environment", LOGS / "venv.log")
        (VENV / ".made").touch()


def _install(pins, purpose):
    """Install a list of pins unless its stamp says that exactly this list is installed."""
    stamp = VENV / f".installed-{purpose}"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    total = len(re.findall(r"^[\w.-]+==", pins.read_text(), re.M))
    seen = set()

    def progress(line):
        if match := re.match(r"\s*(?:Collecting|Processing) (\S+)", line):
            seen.add(match.group(1))
        return f"{len(seen)} of {total} packages"

    with Step(f"Installing {total} Python packages ({purpose})"):
        stamp.unlink(missing_ok=True)
        check(
            [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "-r", pins],
            "Installing the Python packages",
            LOGS / f"pip-{purpose}.log",
            "Is there a network? What was fetched already is kept; run the same command again.",
            env={"PIP_CACHE_DIR": str(CACHE / "pip")},
            progress=progress,
        )
        stamp.write_text(wanted)


def _point_at_odoo():
    """Make the environment import Odoo from where it lies: 19.0's ``odoo`` is a namespace package."""
    folder, _addons = odoo_source.source_paths()
    site = next((VENV / "lib").glob("python3*")) / "site-packages"
    link = site / "odoo-source.pth"
    if not link.is_file() or link.read_text() != f"{folder}\n":
        link.write_text(f"{folder}\n")
