"""Runs of the real command with faked surroundings: a copy of the project's scripts, folders of its own."""

import os
import shutil
import subprocess
import sys

import pytest

TIMEOUT = 120  # seconds


@pytest.fixture
def command(tmp_path, project_root):
    """Return a function that runs ``scripts/dealer`` in a copy of the project and returns the finished process."""
    copy = tmp_path / "project"
    for name in ("scripts", "config"):
        shutil.copytree(project_root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "addons").mkdir()

    def run(*arguments, **variables):
        environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("DEALER_", "ODOO_", "PG"))
        }
        environment.update({"DEALER_CACHE": str(tmp_path / "cache"), **variables})
        return subprocess.run(
            [sys.executable, str(copy / "scripts" / "dealer"), *arguments],
            env=environment,
            cwd=copy,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    run.project = copy
    run.cache = tmp_path / "cache"
    return run
