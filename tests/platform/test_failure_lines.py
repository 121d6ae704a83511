"""Each failure a person can act on is one clear line, and nothing half-made stays behind."""

import contextlib
import os
import socket
import subprocess

import pytest
from platform_runs import error_lines


def assert_refused(process, *words):
    """Assert that a run ended with one error line that holds all the words."""
    assert process.returncode == 1, process.stdout
    lines = error_lines(process)
    assert len(lines) == 1, process.stdout
    for word in words:
        assert word in lines[0]
    assert "Traceback" not in process.stdout


@pytest.mark.parametrize(
    "release, name",
    [
        ('ID=ubuntu\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04 LTS"\n', "Ubuntu 24.04 LTS"),
        ('ID=debian\nVERSION_ID="11"\nPRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\n', "bullseye"),
        ("", "an unknown system"),
    ],
)
def test_another_system_points_to_docker(command, tmp_path, release, name):
    (tmp_path / "os-release").write_text(release)
    process = command("run", DEALER_OS_RELEASE=str(tmp_path / "os-release"))
    assert_refused(process, name, "Docker")
    assert not (command.project / "var").exists()


def test_a_taken_port_is_named_before_anything_is_made(command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = command("run", DEALER_PORT=str(port))
    assert_refused(process, f"Port {port} is taken", "DEALER_PORT=")
    assert not (command.project / "var").exists()


def fake_debs(folder, pins):
    folder.mkdir()
    for line in pins.read_text().splitlines():
        words = line.partition("#")[0].split()
        if words:
            (folder / f"{words[0]}_{words[1].replace(':', '%3a')}_all.deb").write_bytes(b"not what was pinned")
    return folder


def test_a_wrong_checksum_unpacks_nothing(command, tmp_path):
    debs = fake_debs(tmp_path / "debs", command.project / "config" / "odoo-packages.txt")
    process = command("odoo", "--", "--version", DEALER_DEBS=str(debs))
    assert_refused(process, "odoo-19", "wrong checksum", "nothing was unpacked")
    assert not (command.project / "var" / "odoo").exists()
    assert not (command.project / "var" / "odoo.part").exists()
    assert list((command.cache / "debs").iterdir()) == []


def test_a_damaged_download_in_the_cache_is_not_used(command, tmp_path):
    pin = next(
        line.split()
        for line in (command.project / "config" / "odoo-packages.txt").read_text().splitlines()
        if line.startswith("odoo-19")
    )
    damaged = command.cache / "debs" / f"{pin[2]}.deb"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"half of it")
    (tmp_path / "debs").mkdir()
    process = command("odoo", "--", "--version", DEALER_DEBS=str(tmp_path / "debs"))
    assert "is damaged" in process.stdout
    assert_refused(process, "has no odoo-19_")
    assert not damaged.exists()


def test_no_network_is_one_line(command, tmp_path):
    # A proxy that nobody answers on is what a machine without a network looks like to apt.
    (tmp_path / "apt.conf").write_text(
        'Acquire::http::Proxy "http://127.0.0.1:9";\nAcquire::https::Proxy "http://127.0.0.1:9";\n'
    )
    process = command("odoo", "--", "--version", APT_CONFIG=str(tmp_path / "apt.conf"))
    assert_refused(process, "network", "DEALER_DEBS")
    assert not (command.project / "var" / "odoo").exists()


@contextlib.contextmanager
def small_disk(folder):
    """Mount a disk of 8 MB; only root can."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_no_disk_is_one_line(command, tmp_path):
    with small_disk(tmp_path / "small") as folder:
        process = command("odoo", "--", "--version", DEALER_VAR=str(folder / "var"))
        assert_refused(process, "needs 3 GB", "are free")


@pytest.mark.parametrize("series, words", [(None, "no Odoo there"), ("18", "is Odoo 18.0")])
def test_an_odoo_home_that_is_not_19(command, tmp_path, series, words):
    home = tmp_path / "home"
    (home / "odoo").mkdir(parents=True)
    if series:
        (home / "odoo" / "release.py").write_text(f"version_info = ({series}, 0, 0, 'final', 0, '')\n")
    process = command("odoo", "--", "--version", ODOO_HOME=str(home))
    assert_refused(process, "ODOO_HOME", words)


def test_no_right_to_write(command, tmp_path):
    if os.geteuid() == 0:
        (tmp_path / "file").write_text("a file where a folder should be")
        process = command("odoo", "--", "--version", DEALER_VAR=str(tmp_path / "file" / "var"))
    else:
        process = command("odoo", "--", "--version", DEALER_VAR="/proc/dealer")
    assert_refused(process, "Cannot write to")
