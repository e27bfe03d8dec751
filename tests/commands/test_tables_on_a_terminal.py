"""Tables of commands on a pseudo-terminal: no figure is cut, hidden columns are named, and the pager ends quietly."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from rich.cells import cell_len

from tests.kit.cluster import wait_until
from tests.kit.command_line import run_command
from tests.kit.databases import fresh
from tests.kit.given_attempts import DAY, Attempt, append_attempts
from tests.kit.terminal import on_terminal

WIDTHS = (40, 60, 80, 120, 200)
MANY = 150
WORDS = re.compile(r"\S+(?: \S+)*")
WIDE_NAME = "東京ファックス \u001b[31mZu\u0308rich"


@pytest.fixture(scope="module")
def filled(server: str, template: str) -> Iterator[str]:
    """Received faxes of 121.5 seconds with many bad lines, failed and sent ones, and one with a hostile account."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as database:
            append_attempts(
                database,
                *(Attempt(60 * n, called=f"+49 30 555{n:04}", seconds=121.5, pages=100 + n) for n in range(MANY)),
                Attempt(DAY, direction="received", caller=WIDE_NAME, server="other", result="success"),
                Attempt(DAY + 60, direction="received", caller=None, server="other", result="unknown", pages=None),
            )
        yield dsn


def shown(dsn: str, width: int, *arguments: str) -> tuple[list[str], str]:
    """The lines on a terminal of that width, and standard error."""
    with on_terminal(width, "--dsn", dsn, *arguments) as command:
        status, screen, error = command.end()
    assert status == 0, error
    return screen.splitlines(), error


def cells(line: str, titles: str) -> dict[str, str]:
    """The cells of a row by title: each begins or ends where its title does."""
    spans = {(title.start(), title.end()): title[0] for title in WORDS.finditer(titles)}
    return {
        title: cell[0]
        for cell in WORDS.finditer(line)
        for (start, end), title in spans.items()
        if cell.start() == start or cell.end() == end
    }


@pytest.mark.parametrize("width", WIDTHS)
def test_no_figure_and_no_result_is_cut(filled: str, width: int) -> None:
    titles, _, *lines = shown(filled, width, "sessions")[0]
    assert len(lines) == MANY + 2
    for number, line in enumerate(lines[:MANY]):
        row = cells(line, titles)
        assert row["result"] == "failed"
        expected = {"pages": str(100 + number), "seconds": "121.5", "other end": f"to +49 30 555{number:04}"}
        assert {title: row[title] for title in expected if title in titles} == {
            title: value for title, value in expected.items() if title in titles
        }


@pytest.mark.parametrize("width", [40, 80])
@pytest.mark.parametrize("command", ["sessions", "sessions --jobs", "billing list", "report audit", "show 8913a75e"])
def test_hidden_columns_are_named_in_one_line(filled: str, width: int, command: str) -> None:
    period = ("--from", "2026-11-01", "--to", "2026-12-01") if command == "report audit" else ()
    lines, error = shown(filled, width, *command.split(), *period)
    everything, nothing = shown(filled, width, *command.split(), *period, "--wide")
    assert nothing == ""
    assert max(map(cell_len, lines)) <= max(width, cell_len(WIDE_NAME) + 60)
    if max(map(cell_len, everything)) <= width:
        assert error == ""
    elif error:
        assert error.startswith("faxstore: no room for ")
        assert error.endswith(f" in {width} columns; --wide shows every column\n")
        hidden = error.removeprefix("faxstore: no room for ").rpartition(" in ")[0].split(", ")
        assert not [title for title in hidden if f"  {title}" in lines[0]]


def test_a_pipe_has_every_column(filled: str) -> None:
    ran = run_command(filled, "sessions")
    assert ran.stderr == ""
    titles, _, first, *_ = ran.stdout.splitlines()
    assert set(cells(first, titles)) >= {"session", "server", "no", "other end", "seconds", "pages", "result"}
    assert first.endswith("The call dropped prematurely")


def test_wide_has_every_column_on_a_terminal_too(filled: str) -> None:
    lines, error = shown(filled, 40, "sessions", "--wide")
    assert (lines, error) == (run_command(filled, "sessions").stdout.splitlines(), "")


def test_named_columns_are_never_hidden(filled: str) -> None:
    lines, error = shown(filled, 40, "sessions", "--columns", "session_id,called_number, pages,result_text")
    assert error == ""
    assert lines[0].split() == ["session_id", "called_number", "pages", "result_text"]
    assert lines[2].endswith("  +49 30 5550000    100  The call dropped prematurely")


@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_other_formats_have_the_named_columns(filled: str, form: str) -> None:
    ran = run_command(filled, "sessions", "--columns", "result,pages", "--format", form)
    if form == "csv":
        assert next(csv.reader(io.StringIO(ran.stdout))) == ["result", "pages"]
    assert ran.stdout.count("failed") == MANY
    assert "server" not in ran.stdout


def test_an_unknown_column_is_one_line(filled: str) -> None:
    ran = run_command(filled, "sessions", "--jobs", "--columns", "server,session_id")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("faxstore: --columns session_id: there is no such column; there are job_id, server,")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("width", [40, 200])
def test_text_from_the_wire_cannot_control_the_terminal(filled: str, width: int) -> None:
    lines, _ = shown(filled, width, "sessions", "--server", "other")
    assert "\x1b" not in "".join(lines)
    if width == 200:
        assert r"from 東京ファックス \x1b[31mZu" in lines[2]
        assert lines[0].index("started") - lines[0].index("other end") <= 60


# -- the pager ------------------------------------------------------------------------------------------------


def test_the_pager_shows_everything(filled: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    with on_terminal(120, "--dsn", filled, "sessions", environment={"FAXSTORE_PAGER": f"tee {copy}"}) as command:
        status, screen, _ = command.end()
    assert status == 0
    assert copy.read_text() == screen
    assert len(screen.splitlines()) == MANY + 4


@pytest.mark.parametrize(("first", "is_used"), [("", True), ("cat", False)])
def test_the_common_pager_is_the_second_choice(filled: str, tmp_path: Path, first: str, is_used: bool) -> None:
    copy = tmp_path / "copy"
    environment = {"FAXSTORE_PAGER": first, "PAGER": f"tee {copy}"}
    with on_terminal(120, "--dsn", filled, "sessions", environment=environment) as command:
        assert command.end()[0] == 0
    assert copy.exists() is is_used


NEEDS_LESS = pytest.mark.skipif(shutil.which("less") is None, reason="less is not installed")


@NEEDS_LESS
def test_quitting_less_ends_quietly(filled: str) -> None:
    with on_terminal(80, "--dsn", filled, "sessions", environment={"FAXSTORE_PAGER": "less -FRX"}) as command:
        command.read_until("2026-11-02 08:10:00")
        command.type("q")
        status, _, error = command.end()
    assert status == 0
    assert error.startswith("faxstore: no room for ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("sessions", "--wide"),
        ("report", "usage", "--bucket", "hour", "--from", "2026-10-01", "--to", "2026-12-01"),
        ("report", "audit", "--from", "2026-10-01", "--to", "2026-12-01", "--wide"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_pager_left_before_the_last_row_ends_quietly(filled: str, arguments: tuple[str, ...]) -> None:
    with on_terminal(80, "--dsn", filled, *arguments, environment={"FAXSTORE_PAGER": "head -n 1"}) as command:
        status, screen, error = command.end()
    assert status == 0
    assert screen.count("\n") == 1
    assert all(line.startswith("faxstore: no room for ") for line in error.splitlines())


@NEEDS_LESS
def test_less_exits_by_itself_if_everything_fits(filled: str) -> None:
    with on_terminal(
        200, "--dsn", filled, "sessions", "--server", "other", environment={"FAXSTORE_PAGER": "less -FRX"}
    ) as command:
        status, screen, error = command.end()
    assert (status, error) == (0, "")
    assert "received" in screen


def test_a_pager_that_does_not_start_is_one_line(filled: str) -> None:
    with on_terminal(200, "--dsn", filled, "sessions", environment={"FAXSTORE_PAGER": "/none/such -x"}) as command:
        status, screen, error = command.end()
    assert (status, len(screen.splitlines())) == (0, MANY + 4)
    assert error == "faxstore: the pager '/none/such -x' of $FAXSTORE_PAGER does not start: No such file or directory\n"


def test_programs_get_their_format_without_a_pager(filled: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    arguments = ("sessions", "--format", "csv")
    with on_terminal(40, "--dsn", filled, *arguments, environment={"FAXSTORE_PAGER": f"tee {copy}"}) as command:
        assert command.end()[:2] == (0, run_command(filled, *arguments).stdout)
    assert not copy.exists()


# -- Ctrl-C ---------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_a_query(filled: str) -> None:
    with (
        psycopg.connect(filled) as blocking,
        on_terminal(80, "--dsn", filled, "sessions", environment={"FAXSTORE_PAGER": "head -n 100000"}) as command,
    ):
        blocking.execute("lock table fax.session")
        wait_until(lambda: waiting_for_a_lock(filled))
        command.type("\x03")
        status, _, error = command.end()
    assert status == 130
    assert "Traceback" not in error


def test_ctrl_c_in_the_pager_is_for_the_pager(filled: str) -> None:
    pager = "sh -c 'trap \"echo stopped the search\" INT; cat; until read key; do :; done < /dev/tty'"
    with on_terminal(80, "--dsn", filled, "sessions", environment={"FAXSTORE_PAGER": pager}) as command:
        command.read_until("from unknown")
        wait_until(lambda: has_answered(filled))
        command.type("\x03")
        command.read_until("stopped the search")
        command.type("q\n")
        assert command.end()[0] == 0


def waiting_for_a_lock(dsn: str) -> bool:
    return bool(count(dsn, "wait_event_type = 'Lock'"))


def has_answered(dsn: str) -> bool:
    return bool(count(dsn, "state = 'idle'"))


def count(dsn: str, condition: str) -> int:
    """The number of connections of faxstore to the database for which the condition holds."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'faxstore'"
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(f"{query} and {condition}".encode()).fetchone()
    assert row is not None
    return int(row[0])
