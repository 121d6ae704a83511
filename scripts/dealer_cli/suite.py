"""``make test``: linters, every add-on's tests, installations by themselves, and the top-level tests."""

import ast
import os
import re
import shutil
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

from . import databases, logcheck, signature
from .console import Step, Stop, run, say
from .layout import ADDONS, CACHE, CONFIG, LOGS, PYTHON, ROOT, VAR, addon_names, preparing
from .machine import free_port

# What a house may install without the rest: each must stand on its own dependencies.
STANDALONE = ["dealer_vehicle", "dealer_sales", "dealer_parts", "dealer_workshop", "dealer_finance_bridge"]
# Never both from one of these installations.
APART = {"dealer_sales": {"dealer_workshop"}, "dealer_workshop": {"dealer_sales"}}
CORE_SUITES = ["repair", "sale_stock", "stock_account"]
EXPLAINED = CONFIG / "core-test-exceptions.txt"
SHOWN = 20  # complaints printed per step
BECAUSE = ": "


@dataclass
class Outcome:
    """The result of one step; ``problems`` are failures that are not tests, each one line."""

    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    details: list = field(default_factory=list)
    problems: list = field(default_factory=list)
    seconds: float = 0

    @property
    def all_failed(self):
        """Return the failures of any kind, so that none of them leaves the run green."""
        return self.failed + len(self.problems)

    @property
    def complaints(self):
        """Return the failures as lines, the failed tests with the sentence they ended with."""
        return [line for line in self.details if line.startswith(("FAIL", "ERROR"))] + self.problems


def run_suite_steps(lanes):
    """Run lanes of steps side by side and return their outcomes in the order of the lanes.

    :param list lanes: lists of (name, function); a function returns an :class:`Outcome`
    """
    outcomes = {}

    def work(steps):
        for name, function in steps:
            start = time.monotonic()
            try:
                with Step(name):
                    outcome = function()
            except Stop as stop:
                outcome = Outcome(name, problems=[str(stop)])
            except Exception as error:  # noqa: BLE001 - a broken step must not hide the others
                outcome = Outcome(name, problems=[f"{type(error).__name__}: {error}"])
            outcome.name = name
            outcome.seconds = time.monotonic() - start
            outcomes[name] = outcome
            report(outcome)

    threads = [threading.Thread(target=work, args=(steps,), daemon=True) for steps in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(1)  # in short waits, so that Ctrl-C is heard
    return [outcomes[name] for steps in lanes for name, _function in steps]


def report(outcome):
    """Print what a step found."""
    say(f"   {outcome.name}: {outcome.passed} passed, {outcome.all_failed} failed, {outcome.skipped} skipped")
    for line in outcome.details:
        say(f"     {line}")
    for line in outcome.problems[:SHOWN]:
        say(f"     PROBLEM {line}")
    if len(outcome.problems) > SHOWN:
        say(f"     … and {len(outcome.problems) - SHOWN} more")


def conclude(outcomes):
    """Print the last line of the run and return the exit status that is true to it."""
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.all_failed for outcome in outcomes)
    say()
    for outcome in outcomes:
        say(f"{outcome.seconds:6.0f} s  {outcome.name}: {outcome.passed} passed, {outcome.all_failed} failed")
        for line in outcome.complaints[:SHOWN]:
            say(f"            {line}")
    say(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def run_all(addon="", only=""):
    """Run all tests, or those of one add-on, or the ones named.

    :param str addon: an add-on's name, '' for all
    :param str only: a test class, ``Class.method``, Odoo test tags, or a path under ``tests/``
    :return: exit status
    """
    if only.startswith("tests/"):
        with preparing():
            databases.demo()
        return conclude(run_suite_steps([[("Top-level tests", lambda: top_level_tests([only]))]]))
    if addon or only:
        return _inner_loop(addon, only)
    with preparing():
        databases.suite()
    own = [name for name in addon_names() if name not in (databases.BASE, databases.DEMO)]
    return conclude(
        run_suite_steps(
            [
                [
                    ("Tests of dealer_vehicle alone", lambda: odoo_tests([databases.BASE], databases.base)),
                    ("Add-on tests", lambda: odoo_tests(own, databases.suite)),
                ],
                [
                    ("Linters", lint),
                    ("Demonstration tests", lambda: odoo_tests([databases.DEMO], databases.demo)),
                    ("Top-level tests", lambda: top_level_tests(["tests"])),
                    ("Installations by themselves", installations),
                ],
            ]
        )
    )


def _inner_loop(addon, only):
    names = [addon] if addon else addon_names()
    unknown = set(names) - set(addon_names())
    if unknown:
        raise Stop(f"There is no add-on {unknown.pop()} (add-ons: {', '.join(addon_names())}).")
    tags = only if re.search(r"[/,:]", only) else ""
    if only and not tags:
        tags = ",".join(f"/{name}:{only}" for name in names)
    layer = _layer_of(names)
    with preparing():
        layer()
    return conclude(run_suite_steps([[("Add-on tests", lambda: odoo_tests(names, layer, tags))]]))


def _layer_of(names):
    """Return what gives the database these add-ons are tested in."""
    return {(databases.BASE,): databases.base, (databases.DEMO,): databases.demo}.get(tuple(names), databases.suite)


def odoo_tests(names, layer, tags=""):
    """Run add-ons' tests under Odoo's own runner, on a copy of a prepared database.

    :param list names: add-ons
    :param callable layer: gives the prepared database's name
    :param str tags: Odoo test tags; default: everything of the add-ons
    """
    names = [name for name in names if test_methods(name)]
    if not names:
        return Outcome("", details=["no tests there"])
    with preparing():
        source = layer()
    database = f"test_{os.getpid()}_{names[0]}"
    log = LOGS / f"test-{names[0] if len(names) == 1 else 'addons'}.log"
    databases.drop(database)
    databases.clone(source, database)
    try:
        status = run(
            databases.odoo(
                "-d",
                database,
                "--stop-after-init",
                "--max-cron-threads=0",
                f"--http-port={free_port()}",
                "--test-tags",
                tags or ",".join(f"/{name}" for name in names),
            ),
            "The tests",
            log,
            env=databases.odoo_environment(),
            progress=_progress(),
        )
    finally:
        databases.drop(database)
    return _judge(logcheck.read(log), status, [] if tags else names, log)


def _progress():
    started = {"count": 0}

    def progress(line):
        if match := re.search(r": Starting (\S+) \.\.\.", line):
            started["count"] += 1
            return f"{started['count']} tests started, {match[1]}"
        return None

    return progress


def _judge(reading, status, names, log):
    """Return the outcome of a run: a run that tested nothing where tests exist has failed."""
    outcome = Outcome("", skipped=reading.skipped, failed=reading.failed)
    outcome.passed = max(reading.ran - reading.failed - reading.skipped, 0)
    outcome.details = [f"{name}: {count} tests" for name, count in sorted(reading.per_addon.items())]
    outcome.details += reading.failures
    outcome.problems = [f"unexpected in the log: {text}" for text in reading.complaints]
    outcome.problems += [f"{name} has tests and none ran" for name in names if not reading.per_addon.get(name)]
    if not reading.ran:
        outcome.problems.append(f"no test ran; log: {log}")
    if status and not outcome.all_failed:
        outcome.problems.append(f"Odoo ended with exit status {status}; log: {log}")
    if outcome.all_failed:
        outcome.details.append(f"log: {log}")
    return outcome


def test_methods(name):
    """Return how many test methods an add-on's sources hold."""
    count = 0
    for path in (ADDONS / name / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        count += sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test") for node in ast.walk(tree))
    return count


def installations():
    """Install each add-on that may stand alone into an empty database and look at the log.

    A good result is kept until the add-ons' data or declarations change.
    """
    outcome = Outcome("")
    for name in STANDALONE:
        names = signature.closure(name)
        proof = VAR / "standalone" / f"{name}-{signature.of_addons(names)[:16]}"
        if proof.exists():
            outcome.passed += 1
            outcome.details.append(f"{name}: installed by itself before, nothing changed")
            continue
        problems = _install_alone(name)
        outcome.problems += problems
        if not problems:
            outcome.passed += 1
            proof.parent.mkdir(exist_ok=True)
            proof.touch()
    return outcome


def _install_alone(name):
    database, log = f"alone_{name}", LOGS / f"alone-{name}.log"
    databases.drop(database)
    try:
        databases.install(database, [name], log)
        unwanted = set(databases.installed(database)) & APART.get(name, set())
    except Stop as stop:
        return [f"{name} alone: {stop}"]
    finally:
        databases.drop(database)
    problems = [f"{name} alone pulls in {other}" for other in unwanted]
    return problems + [f"{name} alone: {text}" for text in logcheck.read(log).complaints]


def lint(folder=None):
    """Run all linters on all files; each hook counts as one check.

    :param Path folder: where; default: on a copy, because hooks that mend files would do so under running tests
    """
    log = LOGS / "lint.log"
    status = run(
        [PYTHON, "-m", "pre_commit", "run", "--all-files", "--show-diff-on-failure", "--color=never"],
        "The linters",
        log,
        env={"PRE_COMMIT_HOME": str(CACHE / "pre-commit"), "npm_config_update_notifier": "false"},
        cwd=folder or _copy_of_sources(),
    )
    text = log.read_text(encoding="utf-8", errors="replace")
    results = re.findall(r"^(.+?)\.{3,}.*?(Passed|Failed)$", text, re.M)
    outcome = Outcome("", passed=sum(result == "Passed" for _name, result in results))
    outcome.problems = [f"linter: {name}" for name, result in results if result == "Failed"]
    if status and not outcome.problems:
        outcome.problems.append(f"the linters could not run; log: {log}")
    if outcome.problems:
        outcome.details.append(f"log: {log}")
    return outcome


def _copy_of_sources():
    """Copy what git knows or would add into a repository of its own and return its folder."""
    folder = VAR / "lint"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    listing = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    for name in filter(None, map(os.fsdecode, names)):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for arguments in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-c", "safe.directory=*", *arguments], cwd=folder, check=True)
    return folder


def lint_only():
    """Run the linters on the files themselves, show what they found or mended, return the exit status."""
    outcomes = run_suite_steps([[("Linters", lambda: lint(ROOT))]])
    if outcomes[0].problems:
        say((LOGS / "lint.log").read_text(encoding="utf-8", errors="replace"))
    return conclude(outcomes)


def top_level_tests(paths):
    """Run the project's own pytest tests; their fixtures start a server on a copy of the demonstration."""
    with preparing():
        demo = databases.demo()
    junit, log = VAR / "pytest.xml", LOGS / "pytest.log"
    junit.unlink(missing_ok=True)
    server_log = LOGS / "pytest-server.log"
    server_log.unlink(missing_ok=True)
    status = run(
        [PYTHON, "-m", "pytest", "-v", f"--junitxml={junit}", *paths],
        "The top-level tests",
        log,
        env={**databases.odoo_environment(), "DEALER_DEMO_DATABASE": demo},
        cwd=ROOT,
        progress=lambda line: line.strip() if re.search(r"(PASSED|FAILED|ERROR|SKIPPED)\s+\[", line) else None,
    )
    outcome = _read_junit(junit)
    if server_log.exists():
        complaints = logcheck.read(server_log).complaints
        outcome.problems += [f"unexpected in the server's log: {text}" for text in complaints]
    if status and not outcome.all_failed:
        outcome.problems.append(f"pytest ended with exit status {status}; log: {log}")
    if outcome.all_failed:
        outcome.details.append(f"log: {log}")
    return outcome


def _read_junit(path):
    """Return the outcome that a JUnit file of pytest tells."""
    if not path.exists():
        return Outcome("")
    outcome = Outcome("")
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        name = f"{case.get('classname')}.{case.get('name')}"
        if kinds & {"failure", "error"}:
            outcome.failed += 1
            outcome.details.append(f"FAIL: {name}{BECAUSE}{_reason_of(case)}")
        elif "skipped" in kinds:
            outcome.skipped += 1
            outcome.details.append(f"skipped: {name} ({case.find('skipped').get('message')})")
        else:
            outcome.passed += 1
    return outcome


def _reason_of(case):
    """Return the first line of what a failed test said, shortened."""
    child = next(child for child in case if child.tag in {"failure", "error"})
    return (child.get("message") or child.text or "").strip().partition("\n")[0][:200]


def run_core():
    """Run core's own suites with the add-ons installed and return the exit status."""
    with preparing():
        databases.suite()
    return conclude(run_suite_steps([[(f"Core: {name}", lambda name=name: core_tests(name)) for name in CORE_SUITES]]))


def core_tests(name):
    """Run a core add-on's whole test suite on the full registry, so that our code is in its way.

    Failures explained in ``config/core-test-exceptions.txt`` (test, TAB, reason) do not count.
    """
    from . import odoo_source  # noqa: PLC0415

    with preparing():
        source = databases.suite()
    database = f"coretest_{os.getpid()}_{name}"
    junit, log = VAR / f"core-{name}.xml", LOGS / f"core-{name}.log"
    junit.unlink(missing_ok=True)
    folder, extra = odoo_source.source_paths()
    places = [place / name / "tests" for place in (folder / "odoo" / "addons", *extra)]
    databases.clone(source, database)
    try:
        run(
            [
                PYTHON,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                "--rootdir",
                folder,
                "-c",
                os.devnull,
                f"--odoo-config={databases.ODOO_CONF}",
                f"--odoo-database={database}",
                "--odoo-http",
                f"--junitxml={junit}",
                next(place for place in places if place.is_dir()),
            ],
            f"Core's tests of {name}",
            log,
            env=databases.odoo_environment(),
            cwd=VAR,
        )
    finally:
        databases.drop(database)
    outcome = _read_junit(junit)
    _leave_out_explained(outcome)
    if not outcome.passed:
        outcome.problems.append(f"no test passed; log: {log}")
    return outcome


def _leave_out_explained(outcome):
    explained = dict(line.split("\t", 1) for line in EXPLAINED.read_text().splitlines() if "\t" in line)
    details = []
    for line in outcome.details:
        test = line.removeprefix("FAIL: ").partition(BECAUSE)[0]
        reason = next((text for end, text in explained.items() if test.endswith(end)), "")
        if line.startswith("FAIL: ") and reason:
            outcome.failed -= 1
            outcome.skipped += 1
            line = f"explained: {test} ({reason})"
        if not line.startswith("skipped: "):
            details.append(line)
    outcome.details = details
