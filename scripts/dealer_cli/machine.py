"""The machine: its system, disk, ports and Debian packages."""

import os
import shlex
import shutil
import socket
from glob import glob
from pathlib import Path

from .console import Step, Stop, check, output_of, run, warn
from .layout import CONFIG, LOGS

SUPPORTED = ("12", "13")  # Debian releases this was made for
OS_RELEASE = os.environ.get("DEALER_OS_RELEASE") or "/etc/os-release"
APT_ENV = {"DEBIAN_FRONTEND": "noninteractive"}
APT = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120"]


def require_debian():
    """Raise :class:`Stop` unless this is a Debian release that the project prepares by itself."""
    try:
        lines = Path(OS_RELEASE).read_text().splitlines()
    except OSError:
        lines = []
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    facts = {key: "".join(shlex.split(value)) for key, value in facts.items()}
    if facts.get("ID") == "debian" and facts.get("VERSION_ID") in SUPPORTED:
        return
    name = facts.get("PRETTY_NAME") or "an unknown system"
    raise Stop(
        f"This command prepares Debian 12 or 13 and this is {name}: use Docker instead (README.md, section Docker)."
    )


def require_disk(folder, needed_gb, what):
    """Raise :class:`Stop` when the disk that will hold ``folder`` has too little room.

    :param float needed_gb: gigabytes (10^9 bytes) that the work takes
    """
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / 1e9
    if free < needed_gb:
        raise Stop(f"{what} needs {needed_gb:g} GB on the disk of {folder}, and only {free:.1f} GB are free.")


def port_is_free(port, host="127.0.0.1"):
    """Return whether a TCP port can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def require_port(port):
    """Raise :class:`Stop` when something else listens on the port of the web client."""
    if not port_is_free(port):
        raise Stop(f"Port {port} is taken by another program: stop it, or choose one with DEALER_PORT={port + 1}.")


def free_port():
    """Return a TCP port of 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def packages(purposes):
    """Return (package, proof path, is optional) of ``config/system-packages.txt`` for the purposes."""
    rows = []
    for line in (CONFIG / "system-packages.txt").read_text().splitlines():
        words = line.partition("#")[0].split()
        if words and words[1] in purposes:
            rows.append((words[0], words[2], "optional" in words[3:]))
    return rows


def require_packages(purposes):
    """Install the Debian packages that are missing.

    :param purposes: subset of {"run", "test"}
    :raises Stop: they are missing and this user may not install them, or apt fails
    """
    missing = [row for row in packages(purposes) if not glob(row[1])]
    wanted = [name for name, _proof, optional in missing if not optional or _has_candidate(name)]
    if not wanted:
        return
    with Step(f"Installing Debian packages: {' '.join(wanted)}"):
        root = _as_root(wanted)
        log = LOGS / "apt.log"
        install = [*root, "env", *_assignments(), *APT, "install", "--no-install-recommends", *wanted]
        if run(install, "apt-get install", log):
            # Lists are missing on a fresh image, or older than the mirror.
            hint = "Is there a network, and a Debian mirror in the machine's apt configuration?"
            check([*root, *APT, "-o", "APT::Update::Error-Mode=any", "update"], "apt-get update", log, hint)
            check(install, "apt-get install", log, hint)
    for name, proof, optional in missing:
        if optional and not glob(proof):
            warn(f"{name} is not in this Debian release; PDF files cannot be printed without it")


def _has_candidate(name):
    policy = output_of(["apt-cache", "policy", name])
    return not policy or "Candidate: (none)" not in policy


def _assignments():
    return [f"{key}={value}" for key, value in APT_ENV.items()]


def _as_root(wanted):
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        return ["sudo"]
    raise Stop(f"Debian packages are missing; ask an administrator to run: apt-get install {' '.join(wanted)}")
