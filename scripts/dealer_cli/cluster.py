"""A PostgreSQL cluster of the project's own, run by an ordinary user, reached by a socket only.

No TCP port is opened, so no other PostgreSQL of the machine is in the way or disturbed.
"""

import hashlib
import os
import pwd
import re
import secrets
import shutil
import subprocess
from pathlib import Path

from .console import Step, Stop, check, say
from .layout import CONFIG, LOGS, VAR

ROLE = "odoo"
TUNING = {"run": CONFIG / "postgresql-dev.conf", "test": CONFIG / "postgresql-test.conf"}
SOCKET_LIMIT = 90  # characters; the system's limit for a socket's path is 107
PASSWORD_FILE = VAR / "database-password"
SERVER_USER = "postgres"  # runs the cluster when the caller is root: PostgreSQL refuses root


def start(purpose):
    """Make the cluster at need, and start it or adapt it to the purpose ("run" or "test")."""
    home = _home()
    if not (home / "data" / "PG_VERSION").exists():
        _create(home)
    tuning = TUNING[purpose].read_text()
    _write(home / "tuning.conf", tuning)
    if is_running():
        _as_server(["pg_ctl", "reload", "-D", home / "data"], "Reloading PostgreSQL")
        return
    with Step("Starting the database server"):
        _as_server(
            ["pg_ctl", "start", "-w", "-t", "60", "-D", home / "data", "-l", home / "server.log"],
            "Starting PostgreSQL",
            f"See {home / 'server.log'}.",
        )
    _make_role()


def stop():
    """Stop the cluster when it runs."""
    if is_running():
        with Step("Stopping the database server"):
            _as_server(["pg_ctl", "stop", "-m", "fast", "-D", _home() / "data"], "Stopping PostgreSQL")


def remove():
    """Stop the cluster and delete it with all its databases."""
    stop()
    home = _home()
    if home.exists():
        shutil.rmtree(home)


def is_running():
    """Return whether the cluster's server answers."""
    if not (_home() / "data" / "postmaster.pid").exists():
        return False
    command = [str(_program("pg_isready")), "-q", "-h", str(_home() / "run")]
    return subprocess.run(command, check=False).returncode == 0


def connection():
    """Return Odoo's database options for this cluster."""
    return {"db_host": str(_home() / "run"), "db_user": ROLE, "db_password": _password()}


def environment():
    """Return the variables with which PostgreSQL's own programs reach the cluster as the suite's role."""
    return {"PGHOST": str(_home() / "run"), "PGUSER": ROLE, "PGPASSWORD": _password()}


def sql(statement, database="postgres"):
    """Run SQL as the suite's role and return its rows as lines of text.

    :raises Stop: the statement fails
    """
    command = [_program("psql"), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, **environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines()
        raise Stop(f"The database refused: {reason[0] if reason else statement}")
    return done.stdout.strip().splitlines()


def _home():
    """Return the cluster's folder: inside the checkout where the server's user can reach it.

    A checkout under, say, /root cannot be entered by that user, and a deep one makes the socket's
    path too long: then the cluster lies outside, under a name made from the checkout's path.
    """
    inside = VAR / "cluster"
    name = hashlib.sha256(str(VAR).encode()).hexdigest()[:12]
    if os.geteuid() == 0:
        if _all_may_enter(VAR) and len(str(inside)) <= SOCKET_LIMIT:
            return inside
        return Path("/var/lib/dealer-suite") / name
    if len(str(inside)) <= SOCKET_LIMIT:
        return inside
    return Path.home() / ".local/share/dealer-suite" / name


def _all_may_enter(folder):
    while not folder.exists():
        folder = folder.parent
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def _create(home):
    if home.parent != VAR:
        say(f"   the database cluster lies in {home}: its user cannot enter {VAR}")
    with Step("Making a database cluster"):
        for folder in (home.parent, home):
            if not folder.exists():
                folder.mkdir(mode=0o755, parents=True)
        (home / "run").mkdir(exist_ok=True)
        _give(home)
        _give(home / "run")
        _write(home / "tuning.conf", TUNING["run"].read_text())
        part = home / "data.part"
        shutil.rmtree(part, ignore_errors=True)
        _as_server(
            [
                "initdb",
                "-D",
                part,
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth-local=scram-sha-256",
                "--auth-host=reject",
                f"--pwfile={_superuser_password(home)}",
            ],
            "Making the database cluster",
        )
        settings = (
            "\nlisten_addresses = ''\n"
            f"unix_socket_directories = '{home / 'run'}'\n"
            f"include_if_exists = '{home / 'tuning.conf'}'\n"
        )
        with (part / "postgresql.conf").open("a") as stream:
            stream.write(settings)
        os.rename(part, home / "data")


def _superuser_password(home):
    """Write the password of the cluster's own superuser, with which the suite's role is kept, and return its file."""
    path = home / "superuser-password"
    if not path.exists():
        _write(path, secrets.token_urlsafe(24), mode=0o600)
    return path


def _make_role():
    """Make the role the suite works with: it may create and drop databases and is no superuser."""
    home = _home()
    user = SERVER_USER if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    statement = (
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') THEN "
        f"CREATE ROLE {ROLE} LOGIN CREATEDB; END IF; END $$; "
        f"ALTER ROLE {ROLE} PASSWORD '{_password()}'; "
        # A database that is vacuumed just now cannot be dropped without this right.
        f"GRANT pg_signal_backend TO {ROLE};"
    )
    script = home / "role.sql"  # a file, because everybody may read the arguments of a program that runs
    _write(script, statement, mode=0o600)
    check(
        [_program("psql"), "-X", "-q", "-d", "postgres", "-f", script],
        "Making the database role",
        LOGS / "role.log",
        env={
            "PGHOST": str(home / "run"),
            "PGUSER": user,
            "PGPASSWORD": _superuser_password(home).read_text(),
            "PGOPTIONS": "-c client_min_messages=warning",
        },
    )
    script.unlink()


def _password():
    if not PASSWORD_FILE.exists():
        _write(PASSWORD_FILE, secrets.token_urlsafe(24), mode=0o600, give=False)
    return PASSWORD_FILE.read_text()


def _write(path, text, mode=0o644, give=True):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    if give:
        _give(path)


def _give(path):
    """Let the server's user own a path (only root runs the server as somebody else)."""
    if os.geteuid() == 0:
        shutil.chown(path, SERVER_USER)


def _as_server(command, what, hint=""):
    command = [_program(command[0]), *command[1:]]
    if os.geteuid() == 0:
        command = ["runuser", "-u", SERVER_USER, "--", *command]
    # Started from "/": the server's user may not be able to enter the caller's folder.
    check(command, what, LOGS / "postgresql.log", hint, cwd="/")


def _program(name):
    """Return the path of a PostgreSQL program, of the newest version that Debian installed."""

    def version(path):
        return int(re.search(r"postgresql/(\d+)", str(path)).group(1))

    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=version)
    if not found:
        raise Stop(f"PostgreSQL's program {name} is missing: apt-get install postgresql")
    return found[-1]
