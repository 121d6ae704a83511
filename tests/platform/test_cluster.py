"""The project's own database cluster, made and removed for real."""

import json
import os
import subprocess
import sys

import pytest

PROBE = """
import json, os
from dealer_cli import cluster
cluster.start("test")
cluster.start("test")  # a second start finds it running
rights = cluster.sql("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
listens = cluster.sql("SHOW listen_addresses")
cluster.sql("CREATE DATABASE probe")
cluster.sql("CREATE EXTENSION btree_gist", "probe")
mode = cluster.sql("SHOW fsync")
cluster.start("run")
safe = cluster.sql("SHOW fsync")
home = str(cluster._home())
cluster.remove()
print(json.dumps([rights, listens, mode, safe, home, os.path.exists(home)]))
"""


@pytest.mark.parametrize("open_to_all", [True, False])
def test_life_of_a_cluster(tmp_path, project_root, open_to_all):
    """As root the server runs as another user, who cannot enter a closed folder: then it lies elsewhere."""
    var = tmp_path / "closed" / "var"
    var.mkdir(parents=True)
    for folder in (tmp_path, *tmp_path.parents)[:3]:
        folder.chmod(0o755)
    var.parent.chmod(0o755 if open_to_all else 0o700)
    process = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={**os.environ, "DEALER_VAR": str(var), "PYTHONPATH": str(project_root / "scripts")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    rights, listens, mode, safe, home, still_there = json.loads(process.stdout.splitlines()[-1])
    assert rights == ["f|t"], "the suite's role may create databases and is no superuser"
    assert listens in ([], [""]), "no TCP port is opened"
    assert (mode, safe) == (["off"], ["on"]), "only tests trade safety for speed"
    assert not still_there
    if os.geteuid() == 0 and not open_to_all:
        assert home.startswith("/var/lib/dealer-suite/")
        assert home in process.stdout, "the person is told where it lies"
    elif len(home) < 90:
        assert home == str(var / "cluster")
