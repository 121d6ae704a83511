"""Reading Odoo's log: how many tests ran, and what it complained about."""

import re
from dataclasses import dataclass, field

from .layout import CONFIG

ALLOWLIST = CONFIG / "log-allowlist.txt"
RECORD = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ \d+ (?P<level>[A-Z]+) (?P<database>\S+) (?P<logger>[\w.]+): (?P<message>.*)"
)
COMPLAINTS = {"WARNING", "ERROR", "CRITICAL"}
TOTAL = re.compile(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests")
PER_ADDON = re.compile(r"^(\w+): (\d+) tests ")
# A failing test logs its own lines; they are counted as failures already.
TEST_LOGGER = re.compile(r"^odoo\.addons\.\w+\.tests\.|^odoo\.tests\.(result|suite|stats)$|^odoo\.service\.server$")
TEST_OUTCOME = re.compile(r"^(FAIL|ERROR): |^=+$|^\d+ failed, |^Module \w+: \d+ failures|\d+ test failures?")


@dataclass
class Reading:
    """What one log says."""

    ran: int = 0
    failed: int = 0
    skipped: int = 0
    per_addon: dict = field(default_factory=dict)
    complaints: list = field(default_factory=list)
    failures: list = field(default_factory=list)


def allowed_patterns():
    """Return the compiled patterns of ``config/log-allowlist.txt``; each line is regex, TAB, reason.

    :raises ValueError: a line has no reason
    """
    patterns = []
    for line in ALLOWLIST.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            pattern, _tab, reason = line.partition("\t")
            if not reason.strip():
                raise ValueError(f"{ALLOWLIST.name}: no reason for {pattern!r}")
            patterns.append(re.compile(pattern))
    return patterns


def read(path):
    """Return the :class:`Reading` of an Odoo log."""
    reading = Reading()
    allowed = allowed_patterns()
    records = []  # each with the last line of the traceback below it: some loggers name the error only there
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if record := RECORD.match(line):
            records.append([record, ""])
        elif records and line.strip():
            records[-1][1] = line.strip()
    for record, last in records:
        _note(reading, record, last, allowed)
    return reading


def _note(reading, record, last, allowed):
    level, logger, message = record["level"], record["logger"], record["message"]
    if logger == "odoo.tests.result" and (total := TOTAL.search(message)):
        reading.failed += int(total[1]) + int(total[2])
        reading.ran += int(total[3])
    elif logger == "odoo.tests.stats" and (addon := PER_ADDON.match(message)):
        reading.per_addon[addon[1]] = reading.per_addon.get(addon[1], 0) + int(addon[2])
    elif message.startswith("skipped "):
        reading.skipped += 1
    if level not in COMPLAINTS:
        return
    if TEST_LOGGER.match(logger) and TEST_OUTCOME.search(message):
        if message.startswith(("FAIL: ", "ERROR: ")):
            reading.failures.append(message)
        return
    text = " ".join(filter(None, [f"{level} {logger}: {message}", last]))
    if not any(pattern.search(text) for pattern in allowed):
        reading.complaints.append(text)
