"""Fixtures of the top-level tests: a served copy of the demonstration dealership, clients, a browser."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from client import Client
from dealer_cli import databases, serve
from dealer_cli.layout import LOGS, ROOT, VAR
from dealer_cli.machine import free_port

ARTEFACTS = VAR / "artefacts"
CHROMIUM = "/usr/bin/chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",  # as root Chromium starts only without it
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    # Keeps the browser from calling its maker.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# One line of JSON: every role's login, and a key for every internal user who can log in.
PEOPLE = """
import json
from datetime import datetime, timedelta
rows = env["dealer.demo"]._logins() if "dealer.demo" in env else [("Administrator", "admin", "admin", "")]
rows = [list(map(str, row)) for row in rows]
keys = {}
for user in env["res.users"].search([("share", "=", False)]):
    until = datetime.now() + timedelta(days=1)
    keys[user.login] = env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "tests", until)
env.cr.commit()
print(json.dumps({"logins": rows, "keys": keys}))
"""


@dataclass
class Server:
    """A running Odoo with a copy of the demonstration dealership."""

    url: str
    database: str
    logins: list = field(default_factory=list)  # (role, login, password, company)
    keys: dict = field(default_factory=dict)  # login -> API key

    def client(self, login, lang="en_US"):
        """Return a ``/json/2`` client of the user with this login."""
        return Client(self.url, self.database, login, self.keys[login], lang)

    def password(self, login):
        """Return the password of a demonstration login."""
        return next(row[2] for row in self.logins if row[1] == login)


@pytest.fixture(scope="session")
def server():
    """Serve a copy of the demonstration for the whole session; it is dropped afterwards."""
    source = os.environ.get("DEALER_DEMO_DATABASE")
    if not source:
        pytest.skip("run by `make test T=tests/…`, which prepares the demonstration database")
    database, port = f"top_{os.getpid()}", free_port()
    databases.clone(source, database)
    people = databases.shell(database, PEOPLE, "Making the keys of the demonstration's users")
    log = LOGS / "pytest-server.log"
    with log.open("w") as sink:
        process = subprocess.Popen(
            [str(part) for part in databases.odoo("-d", database, f"--http-port={port}", "--max-cron-threads=0")],
            env={**os.environ, **databases.odoo_environment()},
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            serve.wait_until_ready(process, port, log)
            yield Server(f"http://127.0.0.1:{port}", database, people["logins"], people["keys"])
        finally:
            process.terminate()
            process.wait(30)
            databases.drop(database)


@pytest.fixture(scope="session")
def artefacts():
    """Return the folder for screenshots and other things a person may want to look at."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    return ARTEFACTS


@pytest.fixture(scope="session")
def chromium():
    """Return a Chromium that Playwright drives."""
    if not Path(CHROMIUM).exists():
        pytest.skip("Debian's chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page_as(chromium, server, artefacts, request):
    """Return a function that opens the web client logged in as somebody: ``page_as("login")``.

    A page of a failed test is kept as a picture among the artefacts.
    """
    contexts = []

    def open_page(login, lang="en-US"):
        context = chromium.new_context(viewport={"width": 1400, "height": 900}, locale=lang)
        contexts.append((login, context))
        page = context.new_page()
        page.goto(f"{server.url}/web/login")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", server.password(login))
        page.click("button[type=submit]")
        page.wait_for_selector(".o_main_navbar, .o_home_menu", timeout=60_000)
        return page

    yield open_page
    for login, context in contexts:
        if getattr(request.node, "failed", False):
            for number, page in enumerate(context.pages):
                page.screenshot(path=artefacts / f"failed-{request.node.name}-{login}-{number}.png")
        context.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures know that their test failed."""
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        item.failed = True


@pytest.fixture(scope="class")
def facts():
    """Return what earlier steps of a journey found out."""
    return {}


@pytest.fixture
def in_order(request, facts):
    """Skip the steps after a failed one: they would only repeat its failure."""
    if facts.get("failed"):
        pytest.skip(f"after {facts['failed']}")
    yield
    if getattr(request.node, "failed", False):
        facts["failed"] = request.node.name


@pytest.fixture(scope="session")
def project_root():
    """Return the checkout's root folder."""
    return ROOT
