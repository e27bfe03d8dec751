"""Exports that are killed, interrupted or lose the database leave no partial file under the final name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from tests.kit import truth
from tests.kit.databases import fresh
from tests.kit.given import append, receiving

PAUSED = """
import signal, sys
from contextlib import contextmanager
from faxstore.commands import progress

at = int(sys.argv.pop(1))

@contextmanager
def counting(what, unit):
    def count(number, total=None):
        if number == at:
            print(number, file=sys.stderr, flush=True)
            sys.stdin.read()
    yield count

progress.counting = counting  # before the commands import it
from faxstore import cli
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored if the tests run in the background
cli.main(sys.argv[1:])
"""
"""The command line; it prints the number of a row on standard error, and waits there until its input is closed."""

INTERRUPTED, UNREACHABLE = 130, 3


@pytest.fixture(scope="module")
def imported(server: str, template: str) -> Iterator[str]:
    """The DSN of a database with about 2,000 history rows."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            import_file(connection, str(truth.path("bad-lines-16")), "pbx", lambda _: None)
        yield dsn


@contextmanager
def in_the_middle(dsn: str, output: Path, form: str, rows: int = 200, *more: str) -> Iterator[subprocess.Popen[str]]:
    """An export of the history that has written that many rows and waits."""
    command = [sys.executable, "-c", PAUSED, str(rows), "--dsn", dsn, "export", "history", *place(form, output), *more]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"{rows}\n"
        yield process
        if process.poll() is None:
            process.kill()


def export(dsn: str, output: Path, form: str) -> None:
    """Runs the export to its end."""
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "export", "history", *place(form, output)]
    subprocess.run(command, check=True, capture_output=True)


def place(form: str, output: Path) -> list[str]:
    """The options that name the format, and its file or folder."""
    return ["--format", form, "--folder" if form == "parquet" else "--output", str(output)]


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Lets it go on; its exit status and the last line on standard error."""
    _, error = process.communicate(timeout=120)
    return process.returncode, error.strip().rpartition("\n")[2]


FORMS = pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])


@FORMS
def test_after_kill_9_the_next_run_is_complete(imported: str, tmp_path: Path, form: str) -> None:
    output, whole = tmp_path / "a" / "history", tmp_path / "b" / "history"
    output.parent.mkdir()
    whole.parent.mkdir()
    export(imported, whole, form)
    for rows in (1, 150, 700):
        with in_the_middle(imported, output, form, rows) as process:
            process.kill()
            assert process.wait(60) == -signal.SIGKILL
        assert [one.name for one in output.parent.iterdir()] == [".history.faxstore-part"]
    export(imported, output, form)
    assert contents(output.parent) == contents(whole.parent)


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of each file in a folder, by relative name."""
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@FORMS
def test_sigint_leaves_nothing(imported: str, tmp_path: Path, form: str) -> None:
    with in_the_middle(imported, tmp_path / "history", form) as process:
        process.send_signal(signal.SIGINT)
        status, _ = ended(process)
    assert status == INTERRUPTED
    assert list(tmp_path.iterdir()) == []


@FORMS
def test_a_lost_database_is_one_line_and_leaves_nothing(imported: str, tmp_path: Path, form: str) -> None:
    with in_the_middle(imported, tmp_path / "history", form) as process:
        with psycopg.connect(imported, autocommit=True) as connection:
            cut = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
            connection.execute(f"{cut} and datname = current_database() and application_name = 'faxstore'")
        status, said = ended(process)
    assert status == UNREACHABLE
    assert said.startswith("faxstore: the database could not answer: ")
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_complete(imported: str, tmp_path: Path) -> None:
    output = tmp_path / "history"
    output.write_text("old")
    with in_the_middle(imported, output, "csv", 1, "--force") as process:
        assert (tmp_path / ".history.faxstore-part").exists()
        process.kill()
    assert output.read_text() == "old"


def test_rows_appended_during_an_export_are_not_in_it(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving(*((second, 1, 0) for second in range(400))))
    output = tmp_path / "history"
    with in_the_middle(dsn, output, "jsonl", 20) as process:
        append(database, receiving(*((second + 0.5, 1, 0) for second in range(400)), number=1))
        status, _ = ended(process)
    assert status == 0
    assert len(output.read_bytes().splitlines()) == 400
    assert database.execute("select count(*) from fax.session_history").fetchone() == (800,)


def test_a_closed_pipe_ends_an_export_quietly(imported: str) -> None:
    command = f"{sys.executable} -m faxstore --dsn '{imported}' export history | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, env=os.environ)
    header, status = done.stdout.splitlines()
    assert header.startswith("session_id,server,")
    assert (status, done.stderr) == ("0", "")


@pytest.mark.parametrize("buffered", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize("arguments", ["export history", "export history --format jsonl", "sessions", "--help"])
def test_a_full_disk_is_one_line(imported: str, arguments: str, buffered: dict[str, str]) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | buffered
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "faxstore", "--dsn", imported, *arguments.split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environ)
    assert done.returncode == 2
    assert done.stderr == "faxstore: standard output cannot be written: No space left on device\n"
