"""Odoo 19.0 itself: from Debian's packages, or from a place that already has it."""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

from .console import Step, Stop, check, failure_line, output_of, run, say
from .layout import CACHE, CONFIG, LOGS, ODOO_HOME, VAR
from .machine import require_disk

PINS = CONFIG / "odoo-packages.txt"
UNPACKED = VAR / "odoo"
STAMP = UNPACKED / ".pins"  # written last: its content tells which pins were unpacked
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
OFFLINE_DEBS = os.environ.get("DEALER_DEBS", "")  # folder with the .deb files, for machines without a mirror
# Left out by Debian; the asset bundle logs a console error without it.
EMPTY_FILES = ["odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"]


def read_pins():
    """Return [(package, version, SHA-256)] of ``config/odoo-packages.txt``."""
    lines = (line.partition("#")[0].split() for line in PINS.read_text().splitlines())
    return [tuple(words) for words in lines if words]


def source_paths():
    """Return (folder holding the package ``odoo``, further add-on folders) of the Odoo in use."""
    if not ODOO_HOME:
        return UNPACKED / "usr/lib/python3/dist-packages", []
    home = Path(ODOO_HOME).expanduser().absolute()
    for folder in (home, home / "usr/lib/python3/dist-packages"):
        release = folder / "odoo" / "release.py"
        if release.is_file():
            _require_series_19(release)
            extra = folder / "addons"  # a source checkout keeps most add-ons beside the package
            return folder, [extra] if extra.is_dir() else []
    raise Stop(f"ODOO_HOME={ODOO_HOME}: no Odoo there (odoo/release.py is missing).")


def _require_series_19(release):
    match = re.search(r"version_info\s*=\s*\((\d+),\s*(\d+)", release.read_text())
    series = ".".join(match.groups()) if match else "unknown"
    if series != "19.0":
        raise Stop(f"ODOO_HOME={ODOO_HOME} is Odoo {series}; this suite needs 19.0.")


def prepare():
    """Make sure that Odoo 19.0 is unpacked: nothing to do when it is, or when ODOO_HOME names one."""
    if ODOO_HOME:
        source_paths()
        return
    wanted = hashlib.sha256(PINS.read_bytes()).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    with Step("Getting Odoo 19.0 (125 MB)"):
        require_disk(VAR, 1.5, "Unpacking Odoo")
        require_disk(CACHE, 0.3, "The download of Odoo")
        pins = read_pins()
        missing = [pin for pin in pins if not _is_cached(*pin)]
        if missing:
            _fetch(missing)
        _unpack([_cached(sha256) for _package, _version, sha256 in pins], wanted)


def _cached(sha256):
    return CACHE / "debs" / f"{sha256}.deb"


def _is_cached(package, _version, sha256):
    """Return whether the cache holds a package file that is whole; a damaged one is deleted."""
    path = _cached(sha256)
    if path.is_file() and _sha256(path) != sha256:
        say(f"   {path} is damaged: fetching {package} again")
        path.unlink()
    return path.is_file()


def _fetch(pins):
    """Bring package files into the cache, each only after its checksum was verified."""
    folder = CACHE / "debs"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as part:
        if not OFFLINE_DEBS:
            _download(pins, Path(part))
        for package, version, sha256 in pins:
            found = _package_file(Path(OFFLINE_DEBS or part), package, version)
            actual = _sha256(found)
            if actual != sha256:
                raise Stop(
                    f"{package} {version} has the wrong checksum ({actual[:16]}… instead of {sha256[:16]}…): "
                    "nothing was unpacked; see config/odoo-packages.txt."
                )
            verified = Path(part) / "verified"
            shutil.copyfile(found, verified)
            os.replace(verified, _cached(sha256))


def _package_file(folder, package, version):
    for colon in ("%3a", ":"):
        path = folder / f"{package}_{version.replace(':', colon)}_all.deb"
        if path.is_file():
            return path
    raise Stop(f"{folder} has no {path.name}.")


def _download(pins, folder):
    """Fetch packages of exact versions with an apt state of our own.

    The machine's own package lists and its sources stay as they are: a stable system never sees unstable.
    """
    apt = _private_apt()
    log = LOGS / "odoo-download.log"
    hint = "Is there a network? Without one: put the .deb files into a folder and set DEALER_DEBS to it."
    check([*apt, "-o", "APT::Update::Error-Mode=any", "update"], "Reading the Debian mirror's list", log, hint)
    wanted = [f"{package}={version}" for package, version, _sha256 in pins]
    say(f"   fetching {len(wanted)} packages")
    status = run([*apt, "download", *wanted], "The download of Odoo", log, cwd=folder)
    if not status:
        return
    gone = re.findall(r"Version '(.+)' for '(.+)' was not found", log.read_text(errors="replace"))
    if gone:
        raise Stop(
            f"The Debian mirror no longer has {gone[0][1]} {gone[0][0]}: set ODOO_HOME to an Odoo 19.0, put that file "
            "into a folder named by DEALER_DEBS, or pin a newer one in config/odoo-packages.txt and test it."
        )
    raise Stop(failure_line("The download of Odoo", status, log, hint))


def _private_options():
    base = VAR / "apt"
    options = [
        "Dir::Etc::sourcelist=/dev/null",
        f"Dir::Etc::sourceparts={base / 'sources'}",
        f"Dir::State::Lists={base / 'lists'}",
        f"Dir::Cache={base / 'cache'}",
    ]
    if os.geteuid() == 0:
        options.append("APT::Sandbox::User=root")
    return [word for option in options for word in ("-o", option)]


def _private_apt():
    base = VAR / "apt"
    for folder in ("sources", "lists/partial", "cache/archives/partial"):
        (base / folder).mkdir(parents=True, exist_ok=True)
    (base / "sources" / "odoo.sources").write_text(
        f"Types: deb\nURIs: {_mirror()}\nSuites: unstable stable\nComponents: main\nSigned-By: {KEYRING}\n"
    )
    return ["apt-get", "-q", "-o", "Acquire::Retries=2", *_private_options()]


def _mirror():
    """Return the address of the Debian mirror that this machine is set up to use."""
    template = "$(REPO_URI) $(CODENAME) $(ORIGIN)"
    rows = output_of(["apt-get", "indextargets", "--format", template, "Created-By: Packages"]).splitlines()
    uris = [row.split()[0] for row in rows if row.split()]
    main = [uri for uri in uris if uri.rstrip("/").endswith("/debian")]
    if not main:
        raise Stop("The machine's apt configuration names no Debian mirror; set ODOO_HOME to an Odoo 19.0 instead.")
    return main[0]


def _unpack(debs, stamp):
    part = UNPACKED.with_name("odoo.part")
    shutil.rmtree(part, ignore_errors=True)
    for deb in debs:
        check(["dpkg-deb", "-x", deb, part], "Unpacking Odoo", LOGS / "odoo-unpack.log")
    for name in EMPTY_FILES:
        path = part / "usr/lib/python3/dist-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (part / STAMP.name).write_text(stamp)
    old = UNPACKED.with_name("odoo.old")
    shutil.rmtree(old, ignore_errors=True)
    if UNPACKED.exists():
        UNPACKED.rename(old)
    part.rename(UNPACKED)
    shutil.rmtree(old, ignore_errors=True)


def _sha256(path):
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
