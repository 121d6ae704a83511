"""The Makefile: every target that is promised, and arguments that arrive as they were typed."""

import os
import re
import subprocess

import pytest

TARGETS = ("run", "test", "test-core", "lint", "bench", "odoo", "shell", "stop", "clean")


def make(project_root, tmp_path, *arguments):
    """Run make with a stand-in for python3 that prints its arguments, one per line."""
    fake = tmp_path / "python3"
    fake.write_text('#!/bin/sh\nfor word in "$@"; do printf "<%s>\\n" "$word"; done\n')
    fake.chmod(0o755)
    # The tests themselves may run under a make that was given arguments.
    inherited = {"ADDON", "ARGS", "DB", "JOB", "T", "MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES"}
    environment = {key: value for key, value in os.environ.items() if key not in inherited}
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=project_root,
        env={**environment, "PATH": f"{tmp_path}:{environment['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.findall(r"<(.*)>", done.stdout)[1:]


@pytest.mark.parametrize("target", TARGETS)
def test_targets_are_listed_by_help(project_root, target):
    text = subprocess.run(["make", "help"], cwd=project_root, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^make {target}\b", text, re.M)


@pytest.mark.parametrize(
    "arguments, arrives",
    [
        (["run"], ["run"]),
        (["odoo", "ARGS=-d x --test-tags '/a:B'"], ["odoo", "--", "-d x --test-tags '/a:B'"]),
        (["shell", "DB=some"], ["shell", "some"]),
        (["shell"], ["shell"]),
        (["test"], ["test", "--addon=", "--only="]),
        (
            ["test", "ADDON=dealer_sales", "T=TestSinks.test_x"],
            ["test", "--addon=dealer_sales", "--only=TestSinks.test_x"],
        ),
        (["bench", "JOB=J3"], ["bench", "J3"]),
        (["bench"], ["bench"]),
    ],
)
def test_arguments_arrive(project_root, tmp_path, arguments, arrives):
    assert make(project_root, tmp_path, *arguments) == arrives


def test_ci_calls_make_test_and_nothing_else(project_root):
    lines = (project_root / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#!")] == ['cd "$(dirname "$0")/.." && exec make test']
    assert os.access(project_root / ".ci" / "run", os.X_OK)
