"""docker-compose.yml and the image against what they promise: no Docker engine builds them here."""

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

SECRETS = ("DEALER_DB_PASSWORD", "DEALER_ADMIN_PASSWORD", "DEALER_TLS_DIR")


@pytest.fixture(scope="module")
def compose(project_root):
    return yaml.safe_load((project_root / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def dockerfile(project_root):
    return (project_root / "config" / "docker" / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def production(project_root):
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(project_root / "config" / "odoo-prod.conf")
    return parser["options"]


def test_services(compose):
    assert set(compose["services"]) == {"db", "odoo", "odoo-init", "nginx"}
    for name in ("db", "odoo", "nginx"):
        assert compose["services"][name]["restart"] == "unless-stopped"
    assert compose["services"]["odoo-init"]["profiles"] == ["init"], "it does not run with `up`"


def test_images_are_pinned_to_a_release(compose, dockerfile):
    assert re.findall(r"^FROM (\S+)$", dockerfile, re.M) == ["odoo:19.0"]
    assert compose["services"]["db"]["image"] == "postgres:15"
    assert re.fullmatch(r"nginx:1\.\d+", compose["services"]["nginx"]["image"])


def test_every_service_has_a_health_check(compose, dockerfile):
    assert compose["services"]["db"]["healthcheck"]["test"]
    assert compose["services"]["nginx"]["healthcheck"]["test"]
    assert "HEALTHCHECK" in dockerfile and "/web/health" in dockerfile
    assert compose["services"]["nginx"]["depends_on"]["odoo"]["condition"] == "service_healthy"
    assert compose["services"]["odoo"]["depends_on"]["db"]["condition"] == "service_healthy"


def test_data_lives_in_named_volumes(compose):
    assert set(compose["volumes"]) == {"db-data", "odoo-data", "nginx-cache"}
    used = [mount.split(":")[0] for service in compose["services"].values() for mount in service.get("volumes", [])]
    assert set(compose["volumes"]) <= set(used)


def test_mounted_files_exist(compose, project_root):
    sources = [
        mount.split(":")[0]
        for service in compose["services"].values()
        for mount in service.get("volumes", [])
        if mount.startswith("./")
    ]
    assert sources
    for source in sources:
        assert (project_root / source).is_file(), source


def test_only_nginx_is_reachable(compose):
    assert [name for name, service in compose["services"].items() if service.get("ports")] == ["nginx"]


def test_no_secret_has_a_default(project_root):
    text = (project_root / "docker-compose.yml").read_text()
    for secret in SECRETS:
        uses = re.findall(r"\$\{" + secret + r"([^}]*)\}", text)
        assert uses and all(use.startswith(":?") for use in uses), secret
    for line in text.splitlines():
        if re.search(r"PASSWORD:", line):
            assert "${" in line, line


def test_copied_files_exist(dockerfile, project_root):
    sources = re.findall(r"^COPY (\S+) \S+$", dockerfile, re.M)
    assert {"config/constraints.txt", "config/odoo-prod.conf", "addons"} <= set(sources)
    for source in sources:
        assert (project_root / source).exists(), source
    ignored = (project_root / ".dockerignore").read_text().split()
    assert "!addons" in ignored and "!config" in ignored, "what is copied is in the build's context"


def test_image_has_the_same_python_packages_as_the_native_path(dockerfile, project_root):
    assert re.search(r"pip3 install .*--no-deps -r /etc/odoo/constraints\.txt", dockerfile)
    assert "--no-deps" in (project_root / "scripts" / "dealer_cli" / "python_env.py").read_text()


def test_image_does_not_run_as_root(dockerfile):
    assert re.findall(r"^USER (\S+)$", dockerfile, re.M)[-1] == "odoo"


def test_initialisation_installs_addons_that_exist(project_root):
    script = (project_root / "config" / "docker" / "init.sh").read_text()
    names = re.search(r'ADDONS="([^"]+)"', script)[1].split(",")
    for name in names:
        assert (project_root / "addons" / name / "__manifest__.py").is_file(), name
    assert subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0


def test_production_is_closed(production):
    assert production["list_db"] == "False"
    assert production["proxy_mode"] == "True"
    assert production["dbfilter"] == "^dealer$"
    assert int(production["workers"]) > 0
    assert int(production["limit_memory_soft"]) < int(production["limit_memory_hard"])
    assert not {"db_password", "admin_passwd"} & set(production), "no secret in a checked-in file"


def test_nginx_serves_what_odoo_listens_on(project_root, production):
    text = (project_root / "config" / "nginx" / "dealer.conf").read_text()
    assert f"server odoo:{production['http_port']};" in text
    assert f"server odoo:{production['gevent_port']};" in text
    assert re.search(r"location /websocket \{[^}]*proxy_pass http://odoo_websocket;", text)
    websocket = re.search(r"location /websocket \{([^}]*)\}", text)[1]
    for header in ("Host", "X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP"):
        assert f"proxy_set_header {header} " in websocket, "a location with headers of its own inherits none"
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert re.search(r"location ~ \S*/static/ \{[^}]*proxy_cache odoo_static;", text)
    assert text.count("{") == text.count("}")


def test_nginx_accepts_the_file(project_root, tmp_path):
    """Only where nginx is installed; the syntax is checked by nginx itself."""
    nginx = shutil.which("nginx")
    openssl = shutil.which("openssl")
    if not nginx or not openssl:
        pytest.skip("nginx is not installed")
    text = (project_root / "config" / "nginx" / "dealer.conf").read_text()
    for name in ("odoo:8069", "odoo:8072"):
        text = text.replace(name, "127.0.0.1:" + name.split(":")[1])
    text = text.replace("/etc/nginx/tls", str(tmp_path)).replace("/var/cache/nginx", str(tmp_path))
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost",
         "-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    head = f"pid {tmp_path}/pid;\nerror_log {tmp_path}/error.log;\nevents {{}}\n"
    (tmp_path / "nginx.conf").write_text(f"{head}http {{\naccess_log off;\n{places}{text}\n}}\n")
    done = subprocess.run([nginx, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["dev", "test", "prod"])
def test_postgresql_understands_its_tuning(project_root, tmp_path, name):
    """The server itself reads each file and prints a setting of it."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    copy = tmp_path / "tuning.conf"
    copy.write_text((project_root / "config" / f"postgresql-{name}.conf").read_text())
    wanted = re.search(r"^max_wal_size = (\d+)GB", copy.read_text(), re.M)[1]
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    for folder in (tmp_path, *tmp_path.parents)[:3]:
        folder.chmod(0o755)
    done = subprocess.run(
        [*as_user, programs[-1], "-C", "max_wal_size", "-c", f"config_file={copy}", "-D", tmp_path],
        capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip
    assert done.stdout.strip() in (f"{int(wanted) * 1024}", f"{wanted}GB"), done.stderr
