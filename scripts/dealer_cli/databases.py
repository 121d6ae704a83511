"""Prepared databases in layers, each cloned from the one below and kept until its sources change.

``core``  the add-ons of Odoo and OCA that the suite stands on
``base``  core and the add-on everything else stands on, for its own tests: the others forbid what it alone allows
``suite`` base and the project's other add-ons, without demonstration data
``demo``  suite and the demonstration dealership
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
from configparser import ConfigParser

from . import cluster, odoo_source, signature
from .console import Step, Stop, check, say
from .layout import ADDONS, CONFIG, DATA_DIR, LOGS, ODOO_CONF, PYTHON, VAR, addon_names

BASE = "dealer_vehicle"
DEMO = "dealer_demo"  # the add-on that carries the demonstration dealership
LANGUAGES = "en_US,zh_CN"  # the first is the default of new people
LOADING = re.compile(r"Loading module (\S+) \((\d+)/(\d+)\)")


def write_configuration():
    """Write the configuration of the project's Odoo: the checked-in one plus this machine's places."""
    parser = ConfigParser(interpolation=None)
    parser.read(CONFIG / "odoo-dev.conf")
    _package, extra = odoo_source.source_paths()
    parser["options"].update(cluster.connection())
    parser["options"]["addons_path"] = ",".join(str(path) for path in (ADDONS, *extra))
    parser["options"]["data_dir"] = str(DATA_DIR)
    ODOO_CONF.unlink(missing_ok=True)
    with os.fdopen(os.open(ODOO_CONF, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        parser.write(stream)


def odoo_environment():
    """Return the variables under which the project's Odoo runs, whatever the subcommand."""
    return {**cluster.environment(), "ODOO_RC": str(ODOO_CONF), "PYTHONWARNINGS": "ignore::DeprecationWarning"}


def odoo(*arguments):
    """Return the command that runs the project's Odoo."""
    return [PYTHON, "-m", "odoo", *arguments]


def exists(name):
    """Return whether a database exists."""
    return bool(cluster.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))


def drop(name):
    """Delete a database with its files; nothing happens when there is none."""
    cluster.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(DATA_DIR / "filestore" / name, ignore_errors=True)


def drop_leftovers():
    """Delete the working copies of runs that are no longer there; their names carry the run's process id."""
    for name in cluster.sql("SELECT datname FROM pg_database"):
        match = re.match(r"(?:test|coretest|top|bench)_(\d+)(?:_|$)", name)
        if match and not os.path.exists(f"/proc/{match[1]}"):
            drop(name)


def clone(source, target):
    """Make ``target`` a copy of a database that nobody is connected to, files included."""
    cluster.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    files = DATA_DIR / "filestore" / source
    if files.exists():
        # Odoo never writes into a stored file (they are named by content): hard links are safe and fast.
        shutil.copytree(files, DATA_DIR / "filestore" / target, copy_function=os.link, dirs_exist_ok=True)


def rename(source, target):
    """Give a finished database its final name."""
    cluster.sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
    files = DATA_DIR / "filestore"
    shutil.rmtree(files / target, ignore_errors=True)
    if (files / source).exists():
        (files / source).rename(files / target)


def core():
    """Return the name of the prepared database of the ``core`` layer, building it at need."""
    modules = signature.foreign_dependencies(addon_names())
    key = hashlib.sha256(f"{signature.of_environment()} {modules} {LANGUAGES}".encode()).hexdigest()
    return _layer("core", key, None, modules, f"--load-language={LANGUAGES}")


def base():
    """Return the name of the prepared database with ``dealer_vehicle`` alone."""
    return _layer("base", signature.of_addons([BASE]), core, [BASE])


def suite():
    """Return the name of the prepared database with all add-ons but the demonstration."""
    modules = [name for name in addon_names() if name != DEMO]
    return _layer("suite", signature.of_addons(modules), base, modules)


def demo():
    """Return the name of the prepared database with the demonstration dealership."""
    if DEMO not in addon_names():
        return suite()
    return _layer("demo", signature.of_addons(addon_names()), suite, [DEMO])


def _layer(kind, key, below, modules, *options):
    """Return a layer's database; build it under another name first, so that a finished name is a finished one."""
    name = f"{kind}_{key[:10]}"
    if exists(name):
        return name
    parent = below() if below else None
    part = f"{kind}_part"
    with Step(f"Preparing the {kind} database ({len(modules)} add-ons to install)"):
        drop(part)
        if parent:
            clone(parent, part)
        install(part, modules, LOGS / f"prepare-{kind}.log", *options)
        for stale in cluster.sql(rf"SELECT datname FROM pg_database WHERE datname ~ '^{kind}_[0-9a-f]{{10}}$'"):
            drop(stale)
        rename(part, name)
    return name


def install(database, modules, log, *options, update=()):
    """Install and update add-ons in a database (made when it is not there) and check that all arrived.

    :raises Stop: Odoo failed, logged an error, or left one of the add-ons uninstalled
    """
    shown = {}

    def progress(line):
        if match := LOADING.search(line):
            shown["text"] = f"{match.group(2)} of {match.group(3)}: {match.group(1)}"
        return shown.get("text")

    command = odoo("-d", database, "--stop-after-init", "--no-http", "--max-cron-threads=0", *options)
    if modules:
        command.append(f"--init={','.join(modules)}")
    if update:
        command.append(f"--update={','.join(update)}")
    check(command, "Installing the add-ons", log, env=odoo_environment(), progress=progress)
    missing = set(modules) - set(installed(database))
    if missing:
        raise Stop(f"Not installed: {', '.join(sorted(missing))}. Log: {log}")


def installed(database):
    """Return the names of the add-ons installed in a database."""
    return cluster.sql("SELECT name FROM ir_module_module WHERE state = 'installed'", database)


def shell(database, code, what):
    """Run Python in an Odoo shell and return the JSON object of its last output line.

    :param str code: statements that print one line of JSON
    :raises Stop: the code failed
    """
    command = odoo("shell", "-d", database, "--no-http", "--log-level=error")
    done = subprocess.run(
        [str(part) for part in command],
        input=code,
        env={**os.environ, **odoo_environment()},
        cwd=VAR,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        say((done.stderr or done.stdout).strip()[-1500:])
        raise Stop(f"{what} failed.") from None
