"""SIGINT, SIGTERM and SIGHUP at random moments of every command: one line, the documented status, nothing left.

Commands run on a pseudo-terminal, where SIGINT is a typed Ctrl-C, and in pipes.  The moments are random but the same in
each run.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from faxstore.system import interruption
from tests.kit import truth
from tests.kit.billing_batches import export, lines
from tests.kit.command_line import Ran
from tests.kit.databases import check_schema, fresh
from tests.kit.forked_commands import Forks, forks, wait_until_handled
from tests.kit.imported_pieces import contents, empty, import_all
from tests.kit.log_faxes import a_history, as_lines, sealed, verified
from tests.kit.typical_use import ARGUMENTS, commands, filled_in

DRAWS = 2
"""Interrupted runs of each command."""

RUNS_UNTIL_STOPPED = {"follow", "ingest", "record", "watch"}
"""Commands that a signal ends regularly, as soon as they watch a server or the history: with status 0."""

SAYS_MORE = RUNS_UNTIL_STOPPED | {"psql"}
"""Commands that log, or that run a program with messages of its own."""

SECONDS_OF_A_SERVICE = 1.5
PARQUET = {"export pages", "export history"}
"""Commands that this test also runs with --format parquet."""


@dataclass
class Place:
    """A database with an import, a checkpoint and a batch; the process that forks commands; and how long each takes."""

    forks: Forks
    dsn: str
    session: str
    settings: Path
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, words: list[str], folder: Path, draw: random.Random | None = None) -> tuple[Ran, int, bool]:
        """Run a command, with a signal at a random moment.

        Return how it ended, the signal (0 for none), and whether it ran on a terminal, which has standard output too.
        """
        general = ["--config", str(self.settings), "--dsn", self.dsn, "--data-dir", str(folder / "data")]
        terminal = draw is not None and draw.random() < 0.5
        began = time.monotonic()
        running = self.forks.start(*general, *words, cwd=folder, terminal=terminal)
        if draw is None:
            ran = running.wait()
            self.seconds[" ".join(words[:2])] = time.monotonic() - began
            return ran, 0, False
        number = draw.choice(interruption.SIGNALS)
        wait_until_handled(running)
        time.sleep(draw.random() * self.seconds.get(" ".join(words[:2]), SECONDS_OF_A_SERVICE))
        running.send(number)
        return running.wait(), number, terminal


@pytest.fixture(scope="module")
def place(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("signals")
    settings = folder / "faxstore.toml"
    settings.write_text('[[server]]\nname = "pbx"\nhost = "127.0.0.1"\nport = 1\nusername = "u"\nsecret = "s"\n')
    settings.chmod(0o600)
    with fresh(server, template) as dsn, forks() as forked:
        with psycopg.connect(dsn, autocommit=True) as connection:
            import_all(connection, [str(truth.path("bad-lines-16"))])
            row = connection.execute("select session_id from fax.sessions order by started_at limit 1").fetchone()
            assert row is not None
        sealed(dsn)
        export(dsn, folder)
        yield Place(forked, dsn, str(row[0]), settings)


def variants() -> Iterator[list[str]]:
    """Each command in its typical use, into a file if it can write one; and further uses that write files."""
    for name, command in commands():
        if name in ARGUMENTS:
            writes = any("--output" in parameter.opts for parameter in command.params)
            yield [*filled_in(name, "SESSION", Path("FOLDER")), *(["--output", "FOLDER/out"] if writes else [])]
    for data_set in ("pages", "history"):
        yield ["export", data_set, "--format", "parquet", "--folder", "FOLDER/out"]
    yield ["seal", "--new-key", "FOLDER/out"]
    yield ["seal", "--publish", "FOLDER/out"]


def typical_seconds_and_status(place: Place, words: list[str], folder: Path) -> int:
    """Run a command to its end; return the exit status."""
    if words[0] in interruption.UNTIL_STOPPED:
        return 0
    return place.run(words, folder)[0].returncode


@pytest.mark.parametrize("words", list(variants()), ids=" ".join)
def test_a_signal_at_a_random_moment(place: Place, words: list[str], tmp_path: Path) -> None:
    draw = random.Random(" ".join(words))
    uninterrupted = put_into(words, place, tmp_path / "whole")
    status = typical_seconds_and_status(place, uninterrupted, tmp_path / "whole")
    whole = contents_of(tmp_path / "whole" / "out")
    for number in range(DRAWS):
        folder = tmp_path / str(number)
        ran, sent, terminal = place.run(put_into(words, place, folder), folder, draw)
        assert "Traceback" not in ran.stderr
        if ran.returncode == 128 + sent:
            assert_one_line(ran.stderr, sent, others=100 if terminal or words[0] in SAYS_MORE else 1)
        else:
            assert ran.returncode == status, ran
        left = contents_of(folder / "out")
        assert left in ({}, whole) or words[0] in {"report", "seal"}, left.keys()
        assert {one.name for one in folder.iterdir()} <= {"out", "data"} or words[0] == "billing"
        assert list(folder.rglob("*.faxstore-part")) == []


def put_into(words: list[str], place: Place, folder: Path) -> list[str]:
    """The words with a new folder and a session in their places."""
    folder.mkdir()
    return [word.replace("FOLDER", str(folder)).replace("SESSION", place.session) for word in words]


def contents_of(path: Path) -> dict[str, bytes]:
    """The bytes of a file, or of each file in a folder."""
    files = [one for one in (path, *path.rglob("*")) if one.is_file()]
    return {str(one.relative_to(path)): one.read_bytes() for one in files}


def assert_one_line(text: str, number: int, *, others: int) -> None:
    """The last line is that of the signal; at most `others` precede it, such as the last message of a command."""
    *before, last = [line for line in text.splitlines() if "\x1b" not in line or "faxstore: " in line]
    assert last.endswith(f"faxstore: {interruption.outcome(number)[1]}")
    assert not any("interrupted by" in line for line in before)
    assert len(before) <= others
    assert text.rfind("\x1b[?25l") <= text.rfind("\x1b[?25h"), "the terminal has its cursor again"


def until_complete(place: Place, words: list[str], folder: Path) -> int:
    """Run a command, each time with a signal at a random moment, until it ends by itself; return the attempts.

    The moments become later by and by, so that the command ends even on a machine where it takes much longer.
    """
    name = " ".join(words[:2])
    draw = random.Random(name)
    for attempts in range(1, 200):
        ran, number, _ = place.run(words, folder, draw)
        place.seconds[name] *= 1.05
        assert ran.returncode in (0, 128 + number), ran
        if ran.returncode == 0:
            return attempts
    raise AssertionError(f"{words} never ended")


def test_an_interrupted_import_is_completed_by_the_next(
    place: Place, server: str, template: str, tmp_path: Path
) -> None:
    path = str(truth.path("t38-22"))
    with empty(server, template) as whole:
        import_all(whole, [path])
        expected = contents(whole)
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        words = ["import", "--server", "pbx", path]
        other = Place(place.forks, dsn, place.session, place.settings, {" ".join(words[:2]): 1.0})
        until_complete(other, words, tmp_path)
        assert contents(database) == expected


def test_an_interrupted_ledger_log_and_erasure_are_completed_by_the_next_run(
    place: Place, server: str, template: str, tmp_path: Path
) -> None:
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        a_history(database, faxes=30)
        whole = export(dsn, put_folder(tmp_path / "whole"), "whole")
        for words in (["billing", "export", "--folder", str(tmp_path)], ["seal"], ["verify"]):
            until_complete(Place(place.forks, dsn, "", place.settings, {" ".join(words[:2]): 0.6}), words, tmp_path)
        assert len(lines(tmp_path)) == sum(batch.lines for batch in whole)
        assert as_lines(verified(dsn)) == []
        words = ["erase", "--number", "5550101", "--yes"]
        until_complete(Place(place.forks, dsn, "", place.settings, {" ".join(words[:2]): 0.6}), words, tmp_path)
        found = "select count(*) from fax.sessions where caller_number like '%5550101'"
        assert database.execute(found.encode()).fetchone() == (0,)
        assert as_lines(verified(dsn)) == []


def put_folder(path: Path) -> Path:
    """The folder, created."""
    path.mkdir()
    return path


def test_an_interrupted_migration_is_completed_by_the_next(place: Place, empty_database: str, tmp_path: Path) -> None:
    until_complete(Place(place.forks, empty_database, "", place.settings, {"migrate": 2.0}), ["migrate"], tmp_path)
    check_schema(empty_database)


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGINT, 0.2), (signal.SIGTERM, 3.0), (signal.SIGHUP, 8.0)])
def test_an_interrupted_demo_leaves_no_process(number: int, seconds: float, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    command = [sys.executable, "-m", "faxstore", "--data-dir", str(folder), "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert "embedded Postgres" in process.stderr.readline()
        time.sleep(seconds)
        process.send_signal(number)
        said = process.stderr.read()
        process.wait(60)
    assert "Traceback" not in said
    assert (process.returncode, said.splitlines()[-1]) == (128 + number, f"faxstore: {interruption.outcome(number)[1]}")
    assert processes_of(folder) == []
    assert list(folder.rglob("*.faxstore-part")) == []


def processes_of(folder: Path) -> list[str]:
    """The command lines of the processes that name the folder."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(one.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in found if str(folder) in line]
