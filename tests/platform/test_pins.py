"""What is pinned is pinned exactly, and the lists agree with each other."""

import re

from dealer_cli import signature
from dealer_cli.layout import addon_names

EXACT = re.compile(r"^[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+( ; python_version [<>=]+ \"3\.\d+\")?$")


def entries(path):
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


def test_python_packages_are_pinned_exactly(project_root):
    for name in ("constraints.txt", "constraints-test.txt"):
        lines = entries(project_root / "config" / name)
        assert lines
        assert [line for line in lines if not EXACT.match(line)] == []
        names = [line.split("==")[0].lower().replace("_", "-") for line in lines]
        assert len(names) == len(set(names)), "a package is pinned once"


def test_odoo_packages_carry_version_and_checksum(project_root):
    rows = [line.split() for line in entries(project_root / "config" / "odoo-packages.txt")]
    assert rows[0][0] == "odoo-19"
    for row in rows:
        assert len(row) == 3
        assert re.fullmatch(r"[0-9a-f]{64}", row[2])


def test_system_packages_say_what_they_are_for(project_root):
    for line in entries(project_root / "config" / "system-packages.txt"):
        words = line.split()
        assert words[1] in ("run", "test")
        assert words[2].startswith("/")
        assert words[3:] in ([], ["optional"])


def test_every_oca_addon_that_is_asked_for_is_pinned(project_root):
    text = (project_root / "config" / "constraints.txt").read_text().lower().replace("-", "_")
    wanted = set(signature.foreign_dependencies(addon_names()))
    pinned = set(re.findall(r"^odoo_addon_(\w+)==", text, re.M))
    oca = {name for name in wanted if name.startswith(("base_tier", "mis_", "date_range", "report_xlsx", "queue_job"))}
    assert oca <= pinned


def test_hooks_come_from_registries_only(project_root):
    text = (project_root / ".pre-commit-config.yaml").read_text()
    assert set(re.findall(r"- repo: (\S+)", text)) == {"local"}
    assert re.findall(r"additional_dependencies: \[(.+)\]", text)
    for pins in re.findall(r"additional_dependencies: (?:&\w+ )?\[(.+)\]", text):
        for pin in re.findall(r'"([^"]+)"', pins):
            assert re.search(r"==\d|@\d", pin[1:]), f"{pin} is not pinned"


def test_every_xml_file_of_an_addon_is_loaded(project_root):
    for name in addon_names():
        folder = project_root / "addons" / name
        told = signature.manifest(name)
        loaded = set(told.get("data", [])) | set(told.get("demo", []))
        files = {str(path.relative_to(folder)) for path in folder.rglob("*.xml") if "static" not in path.parts}
        assert files - loaded == set(), name
        assert {file for file in loaded if not (folder / file).is_file()} == set(), name
