"""The image and compose.yaml: what they name exists, and what can run without containers runs as they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.conninfo import conninfo_to_dict

from docs.reference import commands_page
from faxstore.demo import __main__ as demo
from faxstore.demo import answers
from faxstore.settings import loading as settings
from tests.kit.cluster import free_port, wait_until

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
IMAGE = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "faxstore"}
USERS = (DEPLOY / "compose/users.sql").read_text(encoding="utf-8")
ROLES = (TOP / "migrations/sql/roles.sql").read_text(encoding="utf-8")


def instruction(name: str) -> list[str]:
    """The arguments of an instruction of the last stage, each time that it occurs."""
    last = IMAGE.replace("\\\n", " ").rpartition("\nFROM ")[2]
    return [line.split(" ", 1)[1].strip() for line in last.splitlines() if line.startswith(f"{name} ")]


def health_check() -> list[str]:
    """The command of the health check."""
    (text,) = instruction("HEALTHCHECK")
    words: list[str] = json.loads(text.partition("CMD ")[2])
    return words


def test_the_image_runs_ingest_as_a_user_without_rights() -> None:
    (user,) = instruction("USER")
    assert min(map(int, user.split(":"))) >= 1000
    (entry,), (command,) = instruction("ENTRYPOINT"), instruction("CMD")
    assert json.loads(entry) == ["faxstore"]
    assert json.loads(command)[0] in dict(commands_page.commands())
    assert instruction("VOLUME") == [re.findall(r"FAXSTORE_DATA_DIR=(\S+)", IMAGE)[0]]
    assert set(re.findall(r"\b(FAXSTORE_\w+)=", IMAGE)) <= set(settings.VARIABLES)


def test_what_is_copied_into_the_image_exists_and_is_not_ignored() -> None:
    copied = [name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", IMAGE, re.MULTILINE) for name in line.split()]
    assert [name for name in copied if not (TOP / name).exists()] == []
    ignored, *lines = [
        line for line in (DEPLOY / "Containerfile.dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    assert ignored == "*"
    assert sorted(line[1:] for line in lines if line.startswith("!")) == sorted(copied)
    extras = re.findall(r"^ARG EXTRAS=(.*)$", IMAGE, re.MULTILINE)[0].split(",")
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(extras) <= set(project["optional-dependencies"])


def test_compose_names_files_services_and_volumes_that_exist() -> None:
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume
        assert set(service.get("depends_on", [])) <= set(SERVICES), name
    assert (DEPLOY / COMPOSE["x-faxstore"]["build"]["context"] / COMPOSE["x-faxstore"]["build"]["dockerfile"]).exists()
    targets = re.findall(r'targets: \["(\w+):', (DEPLOY / "compose/prometheus.yml").read_text())
    assert set(targets) <= set(SERVICES)


def test_containers_of_faxstore_are_closed_and_ports_are_of_this_machine_only() -> None:
    assert len(OURS) == 3
    for service in OURS.values():
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {name for name in service.get("environment", {}) if not name.startswith("FAXSTORE_SECRET_")} <= set(
            settings.VARIABLES
        )
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_grafana_has_every_variable_of_its_data_sources() -> None:
    text = (DEPLOY / "grafana/provisioning/datasources/faxstore.yaml").read_text(encoding="utf-8")
    wanted = set(re.findall(r"\$(\w+)", text))
    assert wanted == {name for name in SERVICES["grafana"]["environment"] if name.startswith("FAX_")}
    guide = (TOP / "docs/how-to/grafana.md").read_text(encoding="utf-8")
    assert [name for name in wanted if f"`{name}`" not in guide] == []


def test_the_users_of_compose_have_the_rights_that_they_need(database: psycopg.Connection) -> None:
    users = {
        user: conninfo_to_dict(service["environment"]["FAXSTORE_DSN"])["user"]
        for user, service in SERVICES.items()
        if "FAXSTORE_DSN" in service.get("environment", {})
    }
    assert users == {"migrate": "postgres", "faxstore": "faxstore"}
    assert SERVICES["grafana"]["environment"]["FAX_DB_USER"] == "grafana"
    with database.transaction(force_rollback=True):  # users belong to the server, which other tests use too
        database.execute(ROLES.encode())
        database.execute(USERS.encode())
        rights = "select pg_has_role('faxstore', 'fax_ingest', 'usage'), pg_has_role('grafana', 'fax_reader', 'usage')"
        assert database.execute(rights).fetchone() == (True, True)


@contextmanager
def running(*words: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A program of compose.yaml; it must end with status 0 at SIGTERM."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    with subprocess.Popen([sys.executable, *words], env=inherited | environment) as process:
        try:
            yield process
            assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()


def played_settings(folder: Path) -> tuple[Path, list[int]]:
    """The settings of compose.yaml with servers on free ports of this machine, and their ports."""
    text = (DEPLOY / "compose/faxstore.toml").read_text(encoding="utf-8").replace('"asterisk"', '"127.0.0.1"')
    ports = [free_port() for _ in demo.PORTS]
    for port, free in zip(demo.PORTS, ports, strict=True):
        assert text.count(f"port = {port}\n") == 1
        text = text.replace(f"port = {port}\n", f"port = {free}\n")
    file = folder / "faxstore.toml"
    file.write_text(text.replace("interval = 0.5", "interval = 0.05"))
    return file, ports


@pytest.mark.alone
def test_the_played_servers_and_the_ingestor_run_as_in_compose(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    """A fax of each server arrives, and the health check of the image succeeds."""
    config, ports = played_settings(tmp_path)
    environment = dict(SERVICES["faxstore"]["environment"])
    assert {value for name, value in environment.items() if "SECRET" in name} == {answers.SECRET}
    metrics = free_port()
    environment |= {
        "FAXSTORE_DSN": dsn, "FAXSTORE_CONFIG": str(config), "FAXSTORE_DATA_DIR": str(tmp_path / "data"),
        "FAXSTORE_METRICS_LISTEN": f"127.0.0.1:{metrics}",
    }  # fmt: skip
    program, *words = SERVICES["asterisk"]["entrypoint"]
    assert (program, words[2:]) == ("python", ["--host", "0.0.0.0"])
    played = [*words[:2], "--ports", *map(str, ports), "--speed", "1000"]
    check = [sys.executable, *(word.replace("9464", str(metrics)) for word in health_check()[1:])]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 1
    with running(*played), running("-m", "faxstore", *shlex.split("ingest"), **environment):
        wait_until(lambda: subprocess.run(check, capture_output=True, check=False).returncode == 0, 60)
        query = "select count(distinct server) from fax.sessions where result = 'success'"
        wait_until(lambda: database.execute(query).fetchone() == (len(ports),), 90)


def test_a_port_that_is_taken_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    taken = str(free_port())
    monkeypatch.setattr(sys, "argv", ["demo", "--ports", taken, taken, str(free_port())])
    assert demo.main() == 2
    assert capsys.readouterr().err == (
        "faxstore: cannot listen: Address already in use; choose other --host or --ports\n"
    )
