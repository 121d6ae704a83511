"""J0: what it costs to have the add-ons at all. Peer: the same core apps without them."""

import os
import re
import resource
import statistics
import subprocess
import time
import urllib.parse
import urllib.request

from dealer_cli import databases, serve, signature
from dealer_cli.layout import LOGS, addon_names
from dealer_cli.machine import free_port

from .harness import Figure, bootstrap

INSTALL_BOUND = 1.6
MEMORY_BOUND = 1.3
PAGE_BOUND = 1.25
PAGES = 40  # pairs of the page figure


def measure():
    """Yield the figures of installation, worker memory and first page."""
    yield _installation()
    yield from _running()


def _installation():
    """CPU seconds of Odoo's process; the add-ons come on top of the core apps they stand on."""
    core = signature.foreign_dependencies(addon_names())
    ours = [name for name in addon_names() if name != databases.DEMO]
    database = f"bench_{os.getpid()}_install"
    try:
        peer = _cpu_of(lambda: databases.install(database, core, LOGS / "bench-install-core.log"))
        added = _cpu_of(lambda: databases.install(database, ours, LOGS / "bench-install-ours.log"))
    finally:
        databases.drop(database)
    return Figure("J0", "install, CPU", "s", peer + added, peer, (peer + added) / peer, INSTALL_BOUND)


def _cpu_of(work):
    """Return the CPU seconds of the processes that ``work`` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


class _Site:
    """A served copy of a prepared database, with a logged-in session."""

    def __init__(self, number, source):
        self.database = f"bench_{os.getpid()}_{number}"
        databases.clone(source, self.database)
        self.port = free_port()
        log = LOGS / f"bench-site-{number}.log"
        self.process = subprocess.Popen(
            [
                str(part)
                for part in databases.odoo("-d", self.database, f"--http-port={self.port}", "--max-cron-threads=0")
            ],
            env={**os.environ, **databases.odoo_environment()},
            stdout=log.open("w"),
            stderr=subprocess.STDOUT,
        )
        serve.wait_until_ready(self.process, self.port, log)
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open
        self._log_in()

    def _log_in(self):
        page = self.open(f"http://127.0.0.1:{self.port}/web/login").read().decode()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
        form = urllib.parse.urlencode({"csrf_token": token, "login": "admin", "password": "admin"}).encode()
        self.open(f"http://127.0.0.1:{self.port}/web/login", form).read()

    def page(self):
        """Return the seconds that the first page and its menus take."""
        start = time.perf_counter()
        html = self.open(f"http://127.0.0.1:{self.port}/odoo").read().decode()
        self.open(f"http://127.0.0.1:{self.port}/web/webclient/load_menus").read()
        assert "session_info" in html, "the session was lost"
        return time.perf_counter() - start

    def memory(self):
        """Return the process's own memory in MB (10^6 bytes)."""
        with open(f"/proc/{self.process.pid}/smaps_rollup") as stream:
            return int(re.search(r"^Pss:\s+(\d+) kB", stream.read(), re.M)[1]) * 1024 / 1e6

    def end(self):
        """Stop the server and drop the copy."""
        self.process.terminate()
        self.process.wait(30)
        databases.drop(self.database)


def _running():
    ours, peer = _Site(0, databases.suite()), _Site(1, databases.core())
    try:
        for site in (ours, peer) * 3:
            site.page()
        times = {ours: [], peer: []}
        for pair in range(PAGES):
            for site in (ours, peer) if pair % 2 == 0 else (peer, ours):
                times[site].append(site.page() * 1000)
        ratios = [one / other for one, other in zip(times[ours], times[peer])]
        memory = ours.memory(), peer.memory()
    finally:
        ours.end()
        peer.end()
    yield Figure("J0", "worker memory", "MB", *memory, memory[0] / memory[1], MEMORY_BOUND)
    medians = [statistics.median(times[site]) for site in (ours, peer)]
    yield Figure("J0", "first page and menus", "ms", *medians, statistics.median(ratios), PAGE_BOUND, bootstrap(ratios))
