"""The test runner's own judgement: what it counts, and what it does not let pass."""

import doctest
from pathlib import Path

import pytest
from dealer_cli import logcheck, signature, suite

LINE = "2025-01-02 03:04:05,678 90 {} db {}: {}\n"


def log(tmp_path, *records):
    path = tmp_path / "odoo.log"
    path.write_text("".join(LINE.format(*record) for record in records))
    return path


GOOD = [
    ("INFO", "odoo.tests.stats", "dealer_vehicle: 3 tests 1.20s 400 queries"),
    ("INFO", "odoo.tests.result", "0 failed, 0 error(s) of 3 tests when loading database 'db'"),
]


def test_a_good_run(tmp_path):
    reading = logcheck.read(log(tmp_path, *GOOD))
    outcome = suite._judge(reading, 0, ["dealer_vehicle"], tmp_path)
    assert (outcome.passed, outcome.all_failed) == (3, 0)


def test_skipped_tests_are_not_passed_ones(tmp_path):
    skipped = ("INFO", "odoo.addons.dealer_vehicle.tests.test_x", "skipped A.test_b : no chromium")
    outcome = suite._judge(logcheck.read(log(tmp_path, skipped, *GOOD)), 0, ["dealer_vehicle"], tmp_path)
    assert (outcome.passed, outcome.skipped) == (2, 1)


@pytest.mark.parametrize("level", ["WARNING", "ERROR", "CRITICAL"])
def test_an_unexplained_complaint_fails_the_run(tmp_path, level):
    complaint = (level, "odoo.models", "Model attribute '_sql_constraints' is no longer supported")
    outcome = suite._judge(logcheck.read(log(tmp_path, complaint, *GOOD)), 0, ["dealer_vehicle"], tmp_path)
    assert outcome.all_failed == 1


@pytest.mark.parametrize(("error", "problems"), [("psycopg2.errors.SerializationFailure: x", 0), ("KeyError: x", 1)])
def test_a_complaint_is_judged_by_its_error(tmp_path, error, problems):
    complaint = ("ERROR", "werkzeug", f"Error on request:\nTraceback (most recent call last):\n  File\n{error} - - -\n")
    reading = logcheck.read(log(tmp_path, complaint, *GOOD))
    assert len(reading.complaints) == problems
    assert all(error in text for text in reading.complaints)


def test_a_failed_test_is_counted_once(tmp_path):
    records = [
        ("INFO", "odoo.addons.dealer_vehicle.tests.test_x", "=" * 70),
        ("ERROR", "odoo.addons.dealer_vehicle.tests.test_x", "FAIL: TestX.test_y"),
        GOOD[0],
        ("ERROR", "odoo.tests.result", "1 failed, 0 error(s) of 3 tests when loading database 'db'"),
    ]
    outcome = suite._judge(logcheck.read(log(tmp_path, *records)), 1, ["dealer_vehicle"], tmp_path)
    assert (outcome.passed, outcome.all_failed) == (2, 1)
    assert "FAIL: TestX.test_y" in outcome.details


def test_an_addon_whose_tests_did_not_run_fails(tmp_path):
    outcome = suite._judge(logcheck.read(log(tmp_path, *GOOD)), 0, ["dealer_vehicle", "dealer_sales"], tmp_path)
    assert outcome.problems == ["dealer_sales has tests and none ran"]


def test_a_run_that_died_fails(tmp_path):
    outcome = suite._judge(logcheck.read(log(tmp_path)), -9, [], tmp_path)
    assert outcome.all_failed
    assert suite.conclude([outcome]) == 1
    assert suite.conclude([]) == 1, "no test at all is no success"


def test_the_end_of_a_run_names_what_failed(tmp_path, capsys):
    junit = tmp_path / "junit.xml"
    junit.write_text(
        '<testsuites><testsuite><testcase classname="tests.a" name="test_b"><failure message="held by Li&#10;more"/>'
        '</testcase><testcase classname="tests.a" name="test_c"/></testsuite></testsuites>'
    )
    outcome = suite._read_junit(junit)
    outcome.problems.append("unexpected in the log: x")
    assert suite.conclude([outcome]) == 1
    printed = capsys.readouterr().out
    assert "FAIL: tests.a.test_b: held by Li\n" in printed
    assert printed.endswith("unexpected in the log: x\n1 passed, 2 failed\n")


def test_every_allowed_complaint_has_a_reason():
    assert logcheck.allowed_patterns()


def test_declarations_doctest():
    assert doctest.testmod(signature).failed == 0


def test_what_a_database_depends_on(tmp_path, monkeypatch):
    monkeypatch.setattr(signature, "ADDONS", tmp_path)
    addon = tmp_path / "car"
    for name in ("models", "tests", "views", "static/src"):
        (addon / name).mkdir(parents=True)

    def write(name, text):
        Path(addon / name).write_text(text)
        return signature.of_addons(["car"])

    write("models/car.py", "class Car:\n    x = 1\n\n    def action(self):\n        return 1\n")
    first = write("views/car.xml", "<odoo/>")
    assert write("models/car.py", "class Car:\n    x = 1\n\n    def action(self):\n        return 2\n") == first
    assert write("tests/test_car.py", "x = 1") == first
    assert write("static/src/car.js", "let x;") == first
    assert write("models/car.py", "class Car:\n    x = 2\n\n    def action(self):\n        return 2\n") != first
    assert write("views/car.xml", "<odoo></odoo>") != signature.of_addons([])
