"""Where everything lies. Each place can be moved by an environment variable."""

import contextlib
import fcntl
import os
from pathlib import Path

from .console import Stop, say

ROOT = Path(__file__).resolve().parents[2]


def _place(variable, default):
    return Path(os.environ.get(variable) or default).expanduser().absolute()


ADDONS = ROOT / "addons"
CONFIG = ROOT / "config"
VAR = _place("DEALER_VAR", ROOT / "var")  # all that is built here; never in git
_CACHE_HOME = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
CACHE = _place("DEALER_CACHE", Path(_CACHE_HOME) / "dealer-suite")  # downloads, shared by checkouts
LOGS = VAR / "log"
DATA_DIR = VAR / "data"  # Odoo's file store and sessions
VENV = VAR / "venv"
PYTHON = VENV / "bin" / "python"
ODOO_CONF = VAR / "odoo.conf"

HTTP_PORT = int(os.environ.get("DEALER_PORT") or 8069)
DATABASE = os.environ.get("DEALER_DATABASE") or "dealer"
ODOO_HOME = os.environ.get("ODOO_HOME", "")


def addon_names():
    """Return the names of the project's add-ons that can be installed, sorted."""
    return sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


@contextlib.contextmanager
def preparing():
    """Hold the lock under which shared things (Odoo, packages, databases) are built."""
    try:
        VAR.mkdir(parents=True, exist_ok=True)
        lock = (VAR / "prepare.lock").open("w")
    except OSError as error:
        raise Stop(f"Cannot write to {VAR}: {error.strerror}.") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("   another command is preparing this checkout; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
