"""Errors of `faxstore import`: damaged files, and databases that cannot be used."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import faxstore
from faxstore.capture import recording as capture
from faxstore.errors import UnreachableError, UsageError
from faxstore.ingest.importer import import_file, server_of
from faxstore.store.database import connect
from faxstore.store.schema_version import newest
from tests.kit import truth
from tests.kit.damaged_recordings import RECORDING, Originals, imported, recorded, rows, sessions
from tests.kit.databases import check_schema, name_of
from tests.kit.imported_pieces import write_pieces

FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty; a recording has a JSON object on each line"),
    "not JSON": (b"Event: FAXSession\r\n\r\n", "line 1 is not a line of a recording.*"),
    "of another program": (b'{"@timestamp": "2026-11-23", "level": "info"}\n', "line 1 is not a line of a recording.*"),
    "binary": (bytes(range(256)), "line 1 is not a line of a recording.*"),
    "not gzip": (b"\x1f\x8bno gzip", ".*"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_not_a_recording(database: psycopg.Connection, tmp_path: Path, kind: str) -> None:
    data, reason = FILES[kind]
    file = tmp_path / "pbx.jsonl.gz"
    file.write_bytes(data)
    with pytest.raises(UsageError) as raised:
        import_file(database, str(file), None, lambda _: None)
    assert re.fullmatch(f"{re.escape(str(file))}: {reason}", str(raised.value))
    assert rows(database, "select * from fax.session_history") == []


def test_a_truncated_gzip_file_is_imported_up_to_its_end(
    database: psycopg.Connection, tmp_path: Path, originals: Originals
) -> None:
    packed = truth.path(RECORDING).read_bytes()
    file = tmp_path / "pbx.jsonl.gz"
    file.write_bytes(packed[: len(packed) * 2 // 3])
    with pytest.raises(UsageError, match=r": the gzip data is cut off or damaged after line \d+$"):
        import_file(database, str(file), "pbx", lambda _: None)
    assert rows(database, "select * from fax.session_history")
    file.write_bytes(packed)
    import_file(database, str(file), "pbx", lambda _: None)
    assert sessions(database) == originals(RECORDING)


ROOT = Path(faxstore.__file__).parents[1]


def run(folder: Path, dsn: str, *arguments: str, stdin: bytes | None = None) -> tuple[int, str]:
    """The exit status and standard error."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "--data-dir", str(folder), *arguments]
    done = subprocess.run(command, cwd=folder, env=environ | {"PYTHONPATH": str(ROOT)}, input=stdin,
                          capture_output=True, check=False, timeout=60)  # fmt: skip
    return done.returncode, done.stderr.decode()


def one_line(error: str) -> str:
    assert error.count("\n") == 1
    return error.removesuffix("\n")


def test_one_bad_file_does_not_stop_the_others(dsn: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text("garbage\n")
    status, error = run(tmp_path, dsn, "import", str(bad), str(truth.path("t38-22")))
    assert status == 2
    first, second = error.splitlines()
    assert first.startswith(f"faxstore: {bad}: line 1 is not a line of a recording: expected {{")
    assert re.fullmatch(r"faxstore: \d+ messages read, .* 0 rejected", second)
    with connect(dsn) as database:
        assert len(sessions(database)) == 1


def test_standard_input_is_imported_up_to_an_error(dsn: str, tmp_path: Path) -> None:
    lines = recorded("one-page-22")
    text = "".join(capture.encode(line) + "\n" for line in lines) + "garbage\n"
    status, error = run(tmp_path, dsn, "import", "-", stdin=text.encode())
    assert status == 2
    assert f"faxstore: -: line {len(lines) + 1} is not a line of a recording" in error
    with connect(dsn) as database:
        assert {row["server"] for row in sessions(database)} == {"pbx-22"}
        assert len(sessions(database)) == 2


def test_files_are_imported_in_the_order_of_their_first_lines(dsn: str, tmp_path: Path) -> None:
    """Also standard input; a piece whose predecessor is not among them is rejected, and the others are imported."""
    pieces = write_pieces(tmp_path, recorded(), [(0, 250), (240, 400), (390, 500), (560, 600)])
    first, second, third, alone = pieces
    stdin = gzip.compress(Path(second).read_bytes())
    status, error = run(tmp_path, dsn, "import", "--server", "pbx", alone, third, "-", first, stdin=stdin)
    rejected, counts = error.splitlines()
    assert status == 2
    assert rejected.startswith(f"faxstore: {alone}: begins at 2026-11-23T09:")
    assert re.match(r"faxstore: 499 messages read, .* 0 rejected, 20 lines skipped that were imported before", counts)
    status, _ = run(tmp_path, dsn, "import", "--server", "pbx", "--without-login", alone)
    assert status == 0


def test_a_long_recording_on_standard_input_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first lines are read ahead to find the SystemName, and the lines behind them are still imported."""
    monkeypatch.setattr("faxstore.ingest.importer._LOOK_AHEAD", 100)
    lines = recorded("one-page-22")
    name, found = server_of("-", (line for line in lines))
    assert (name, list(found)) == ("pbx-22", lines)


def test_a_database_that_cannot_be_reached(tmp_path: Path, dsn: str) -> None:
    nowhere = "postgresql://faxstore@127.0.0.1:1/fax"
    with pytest.raises(UnreachableError, match=r"^the database cannot be reached: [^\n]+$"):
        connect(nowhere)
    status, error = run(tmp_path, nowhere, "import", str(truth.path("t38-22")))
    assert status == 3
    assert re.match(r"faxstore: the database cannot be reached: .*127\.0\.0\.1.*", one_line(error))
    status, error = run(tmp_path, make_conninfo(dsn, dbname="no_such_database"), "import", str(truth.path("t38-22")))
    assert status == 3
    assert 'database "no_such_database" does not exist' in one_line(error)


def test_a_database_without_a_schema(tmp_path: Path, empty_database: str) -> None:
    status, error = run(tmp_path, empty_database, "import", str(truth.path("t38-22")))
    assert (status, one_line(error)) == (
        2,
        "faxstore: the database has no schema of faxstore yet: run faxstore migrate",
    )


def test_a_database_of_a_newer_schema(tmp_path: Path, dsn: str) -> None:
    with connect(dsn) as database:
        database.execute("update fax.alembic_version set version_num = '9999'")
    unknown = f"the schema of the database is 9999, which this faxstore does not know (its own is {newest()})"
    line = f"{unknown}: upgrade faxstore"
    with pytest.raises(UsageError) as raised:
        check_schema(dsn)
    assert str(raised.value) == line
    for command in (["import", str(truth.path("t38-22"))], ["migrate"]):
        status, error = run(tmp_path, dsn, *command)
        assert (status, one_line(error)) == (2, f"faxstore: {line}")
    with connect(dsn) as database:
        assert rows(database, "select * from fax.session_history") == []


def test_a_database_that_is_read_only(tmp_path: Path, dsn: str) -> None:
    with connect(dsn) as database:
        name = sql.Identifier(name_of(dsn))
        database.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name))
    status, error = run(tmp_path, dsn, "import", str(truth.path("t38-22")))
    assert status == 2
    assert "read-only" in one_line(error)


def test_a_database_lost_during_an_import(tmp_path: Path, dsn: str, originals: Originals) -> None:
    """One line and exit status 3; the next import completes the history without a repeat or a gap."""
    text = "".join(capture.encode(line) + "\n" for line in recorded()).encode()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "--data-dir", str(tmp_path), "import"]
    with subprocess.Popen([*command, "--server", "pbx", "-"], cwd=tmp_path, env=environ | {"PYTHONPATH": str(ROOT)},
                          stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(text[: len(text) // 2])
        process.stdin.flush()
        others = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
        with psycopg.connect(dsn, autocommit=True) as database:
            while not database.execute(f"{others} and application_name = 'faxstore'").fetchall():
                assert process.poll() is None
        process.stdin.write(text[len(text) // 2 :])
        process.stdin.close()
        error = process.stderr.read().decode()
        assert process.wait(30) == 3
    assert re.match(r"faxstore: .*(terminat|connection|lost).*", one_line(error))
    with psycopg.connect(dsn, autocommit=True) as database:
        imported(database, recorded())
        assert sessions(database) == originals(RECORDING)
