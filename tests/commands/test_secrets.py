"""Secrets from any source never appear in output, in `ps`, in files or in tracebacks."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg.conninfo import make_conninfo

from tests.kit.fake_server import FakeServer

OF_FILE, OF_VARIABLE, OF_SETTINGS, OF_DSN = (f"planted @{kind}% secret" for kind in ("file", "variable", "toml", "dsn"))
PLANTED = [form for secret in (OF_FILE, OF_VARIABLE, OF_SETTINGS, OF_DSN) for form in (secret, quote(secret))]
NOWHERE = f"postgresql://fax:{quote(OF_DSN)}@127.0.0.1:9/fax"
"""Nothing listens there."""

BROKEN = """
import sys
from faxstore import cli
from faxstore.ami.guard import OneShotManager
from faxstore.ingest import carrier

def send_action(self, request):
    raise RuntimeError(f"{request!r} {request.redacted} {vars(request)}")

def connect(dsn, **options):
    raise RuntimeError("no connection")

OneShotManager.send_action, carrier.connect = send_action, connect
cli.main()
"""
"""An ingestor whose event loop and carrier raise an unexpected error while they use the secrets."""

INGEST = [sys.executable, "-m", "faxstore"]


def settings_file(folder: Path, port: int) -> Path:
    """Three servers with three sources of secrets: a file, a variable, the settings file."""
    (folder / "one.secret").write_text(OF_FILE)
    places = {"one": 'secret_file = "one.secret"', "two": "", "three": f'secret = "{OF_SETTINGS}"'}
    config = folder / "faxstore.toml"
    config.write_text(
        'data_dir = "data"\n'
        + "".join(
            f'[[server]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {port}\nusername = "faxstore"\n{secret}\n'
            for name, secret in places.items()
        )
    )
    return config


def environ(dsn: str = NOWHERE) -> dict[str, str]:
    return {**os.environ, "FAXSTORE_DSN": dsn, "FAXSTORE_SECRET_TWO": OF_VARIABLE}


def planted_in(data: bytes | str) -> list[str]:
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return [secret for secret in PLANTED if secret in text]


def visible_in_ps(pid: int) -> bytes:
    """What `ps` shows of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return b"\n".join([Path(f"/proc/{pid}/cmdline").read_bytes(), *(visible_in_ps(int(one)) for one in children)])


async def log_of_refused_logins(folder: Path, form: str) -> str:
    """The log of an ingestor without a database, whose servers all refuse its secrets."""
    log = folder / "log"
    async with FakeServer() as asterisk:
        config = settings_file(folder, asterisk.port)
        command = [*INGEST, "--log-format", form, "--config", str(config), "ingest"]
        with log.open("w") as out:
            process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out, env=environ())
        try:
            await asterisk.until_requested("Login", 3)
            assert planted_in(visible_in_ps(process.pid)) == []
            await asterisk.changes.until(lambda: all(client.over for client in asterisk.clients))
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 30)
        finally:
            if process.returncode is None:
                process.kill()
    return log.read_text()


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_ingestor_whose_logins_are_refused(form: str, tmp_path: Path) -> None:
    log = asyncio.run(log_of_refused_logins(tmp_path, form))
    assert log.count("login refused") == 3
    assert "the database cannot be reached" in log
    assert planted_in(log) == []
    files = [file for file in (tmp_path / "data").rglob("*") if file.is_file()]
    assert len(files) > 0
    assert [file for file in files if planted_in(file.read_bytes())] == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_ingestor_with_an_internal_error(form: str, tmp_path: Path) -> None:
    """The text of the error contains the whole request, as a careless message would; no traceback shows it."""
    log, status = asyncio.run(crashed(tmp_path, form))
    assert status == 1
    assert log.count("Traceback") >= 2
    assert "RuntimeError" in log
    assert planted_in(log) == []


async def crashed(folder: Path, form: str) -> tuple[str, int]:
    """The log of the ingestor, and its exit status."""
    async with FakeServer() as asterisk:
        config = settings_file(folder, asterisk.port)
        command = [sys.executable, "-c", BROKEN, "--log-format", form, "--config", str(config), "ingest"]
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE, env=environ())
        _, error = await asyncio.wait_for(process.communicate(), 60)
        assert process.returncode is not None
        return error.decode(), process.returncode


def output(config: Path, dsn: str, *arguments: str) -> str:
    """Everything that a command prints."""
    command = [*INGEST, "--config", str(config), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, env=environ(dsn), stdin=subprocess.DEVNULL)
    assert done.returncode != 0
    assert done.stderr or done.stdout
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments", ["migrate", "sessions", "show 0", "doctor", "import /dev/null", "--log-format json migrate"]
)
def test_a_database_that_cannot_be_reached(arguments: str, tmp_path: Path) -> None:
    assert planted_in(output(settings_file(tmp_path, 9), NOWHERE, *arguments.split())) == []


@pytest.mark.parametrize(
    "change",
    [{"dbname": "none such"}, {"user": "none such"}, {"options": "-c default_transaction_read_only=on"}],
    ids=str,
)
def test_a_database_that_refuses(change: Mapping[str, str], empty_database: str, tmp_path: Path) -> None:
    dsn = make_conninfo(empty_database, password=OF_DSN, **change)
    assert planted_in(output(settings_file(tmp_path, 9), dsn, "migrate")) == []


@pytest.mark.parametrize(
    "dsn",
    [
        NOWHERE.replace(":9/", ":port/"),
        NOWHERE + "?nonsense=1",
        f"host=127.0.0.1 password={OF_DSN}",  # without the quotes that its blanks need
        f"password='{OF_DSN}",
        f"{OF_DSN}",
    ],
)
def test_an_invalid_connection_string(dsn: str, tmp_path: Path) -> None:
    assert "planted" not in output(settings_file(tmp_path, 9), dsn, "sessions")


def test_psql_gets_the_password_where_only_its_user_can_read_it(tmp_path: Path) -> None:
    program = tmp_path / "psql"
    program.write_text('#!/bin/sh\ncat /proc/$$/cmdline /proc/$PPID/cmdline | tr "\\0" " "; echo; echo "$PGPASSWORD"\n')
    program.chmod(0o755)
    done = subprocess.run(
        [*INGEST, "psql", "-c", "select 1"],
        capture_output=True,
        text=True,
        env=environ() | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    seen, password = done.stdout.rstrip("\n").split("\n")
    assert "psql -c select 1" in seen
    assert planted_in(seen) == []
    assert password == OF_DSN
