"""``make run``: the demonstration dealership, served on this machine."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from contextlib import suppress

from . import cluster, databases, signature
from .console import Step, Stop, say
from .layout import DATABASE, HTTP_PORT, LOGS, VAR, addon_names, preparing
from .machine import require_port

STATE = VAR / f"{DATABASE}.json"  # what the database was built from, and its logins
START_TIMEOUT = 90  # seconds until the web client must answer
LOGINS = """
import json
rows = env["dealer.demo"]._logins() if "dealer.demo" in env else [("Administrator", "admin", "admin", "")]
print(json.dumps([list(row) for row in rows]))
"""


def run():
    """Bring the database up to the sources, serve it and print who can log in; ends with the server."""
    require_port(HTTP_PORT)
    with preparing():
        state = _prepare()
    server = subprocess.Popen(
        [str(part) for part in databases.odoo("-d", DATABASE, f"--http-port={HTTP_PORT}")],
        env={**os.environ, **databases.odoo_environment()},
        stdout=(LOGS / "server.log").open("w"),
        stderr=subprocess.STDOUT,
    )
    try:
        with Step("Starting the web client"):
            wait_until_ready(server, HTTP_PORT, LOGS / "server.log")
        _print_logins(state["logins"])
        return server.wait()
    except KeyboardInterrupt:
        say("\nStopping. The database server stays up for the next start; `make stop` ends it.")
        return 0
    finally:
        _end(server)


def _prepare():
    """Return the state of the run database after making or updating it."""
    names = addon_names()
    wanted = signature.of_addons(names)
    state = json.loads(STATE.read_text()) if STATE.exists() else {}
    if not databases.exists(DATABASE):
        source = databases.demo()
        with Step("Making the demonstration dealership"):
            part = f"{DATABASE}_part"
            databases.drop(part)
            databases.clone(source, part)
            databases.rename(part, DATABASE)
        state = {}
    elif state.get("signature") != wanted:
        with Step("Updating the demonstration dealership to the changed add-ons"):
            present = set(databases.installed(DATABASE))
            databases.install(
                DATABASE,
                [name for name in names if name not in present],
                LOGS / "update.log",
                update=[name for name in names if name in present],
            )
        state = {}
    if not state:
        state = {"signature": wanted, "logins": databases.shell(DATABASE, LOGINS, "Reading the logins")}
        STATE.write_text(json.dumps(state))
    return state


def wait_until_ready(server, port, log):
    """Return when the server on ``port`` answers its health check.

    :param Popen server: the server's process
    :raises Stop: it ended, or did not answer in time
    """
    deadline = time.monotonic() + START_TIMEOUT
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise Stop(f"The server ended while starting (exit status {server.returncode}). Log: {log}")
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/web/login", timeout=60) as answer:
            if answer.status == 200:
                return
        time.sleep(0.3)
    raise Stop(f"The server did not answer within {START_TIMEOUT} s. Log: {log}")


def _print_logins(logins):
    rows = [("Role", "Login", "Password", "Company"), *(map(str, row) for row in logins)]
    rows = [tuple(row) for row in rows]
    widths = [max(_width(row[column]) for row in rows) for column in range(4)]
    say()
    say(f"Dealership running: http://127.0.0.1:{HTTP_PORT}")
    say()
    for row in rows:
        say("  " + "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths)))
    say()
    say("Ctrl-C stops it.")


def _width(text):
    """Return the columns a text takes on a terminal: Chinese characters take two."""
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def _end(server):
    """End the server with its own shutdown, by force after ten seconds."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def clean():
    """Delete everything that was built here: databases, environment, Odoo. Downloads are kept."""

    with Step(f"Deleting {VAR}"):
        with suppress(Stop):
            cluster.remove()
        shutil.rmtree(VAR, ignore_errors=True)
