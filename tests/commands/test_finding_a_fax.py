"""`faxstore sessions` with --number, --file, --last and --newest-first, also for the helpdesk, which reads masked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from faxstore.export import datasets
from faxstore.export.rows import compile_query
from faxstore.export.selection import Selection
from tests.kit.command_line import Ran, run_command
from tests.kit.databases import fresh
from tests.kit.given import append, gone, on_channel, read, snapshot
from tests.kit.given_attempts import DAY, HOUR, Attempt, append_attempts

NUMBER = "+49 151 99999992"
OTHER = "+49 151 99999993"
SHORT = "4711"

MASKED = "-c role=fax_masked"
READER = "-c role=fax_reader"


@pytest.fixture(scope="module")
def given(server: str, template: str) -> Iterator[str]:
    """Seven faxes, one a day; 0, 2, 3 and 6 have the number, each in another spelling."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as database:
            append_attempts(
                database,
                Attempt(0, called="4915199999992", files=("/fax/out/a.tif",), result="success"),
                Attempt(DAY, called="4915199999993", files=("/fax/out/b.tif", "/fax/out/c_d.tif"), account="law"),
                Attempt(2 * DAY, called="004915199999992", files=("/fax/in/a.tif",), account="law"),
                Attempt(3 * DAY, direction="received", caller="+49 151 9999\u00a09992", called="30", files=("r.tif",)),
                Attempt(4 * DAY, called=SHORT, files=()),
                Attempt(5 * DAY, called="04915199999992", server="other"),
                Attempt(5 * DAY + HOUR, called="sip:4915199999992@trunk", server="other"),
            )
        yield dsn


def listed(dsn: str, *arguments: str, options: str = READER) -> list[dict[str, Any]]:
    """The rows as objects."""
    ran = asked(dsn, *arguments, "--format", "jsonl", options=options)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def asked(dsn: str, *arguments: str, options: str = READER) -> Ran:
    return run_command(f"{dsn} options='{options}'", "sessions", *arguments)


def days(rows: list[dict[str, Any]]) -> list[int]:
    """The days of sessions or jobs since the first one."""
    return [int((row.get("started_at") or row["first_attempt_at"])[8:10]) - 2 for row in rows]


@pytest.mark.parametrize(
    "spelling", [NUMBER, "4915199999992", "0049 151 9999 9992", "+49 (0)151/9999-9992", "+49\u00a0151\u201199999992"]
)
def test_a_number_is_found_in_any_spelling(given: str, spelling: str) -> None:
    assert days(listed(given, "--number", spelling)) == [0, 2, 3, 5]


@pytest.mark.parametrize(
    ("channel", "dialled"),
    [("Local/0151w99999992@fax-00000001;1", None), ("PJSIP/trunk-00000001", "trunk/sip:0151w9999w9992@192.0.2.1")],
)
def test_a_number_with_pauses_is_found(dsn: str, channel: str, dialled: str | None) -> None:
    """The view leaves the pauses out, and the rows of the session have them."""
    dial = (
        [on_channel(0, "DialBegin", {"DialString": dialled, "DestChannel": channel}, channel=channel)]
        if dialled
        else []
    )
    with psycopg.connect(dsn, autocommit=True) as database:
        append(database, snapshot(1, operation="send", channel=channel), dial, gone(2))
        (row,) = read(database, "select called_number from fax.sessions")
    found = listed(dsn, "--number", "0151 99999992")
    assert [fax["called_number"] for fax in found] == [row["called_number"]] == ["015199999992"]


def test_the_number_is_that_of_either_end(given: str) -> None:
    assert days(listed(given, "--number", "5550001")) == [0, 1, 2, 4, 5, 5]
    assert days(listed(given, "--number", "5550001", "--direction", "received")) == []


def test_did_the_fax_arrive_is_one_command(given: str) -> None:
    (fax,) = listed(given, "--number", NUMBER, "--file", "a.tif", "--last", "1", "--newest-first", "--to", "2026-11-03")
    assert (fax["result"], fax["called_number"], fax["file_names"]) == ("success", "4915199999992", ["/fax/out/a.tif"])


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a.tif", [0, 2]),
        ("/fax/out/a.tif", [0]),
        ("out/a.tif", [0]),
        ("c_d.tif", [1]),
        ("cxd.tif", []),
        ("%", []),
        ("tif", []),
        ("r.tif", [3]),
    ],
)
def test_a_file_is_found_by_its_path_or_its_name(given: str, file: str, expected: list[int]) -> None:
    assert days(listed(given, "--file", file)) == expected


@pytest.mark.parametrize("jobs", [(), ("--jobs",)])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--last", "2"), [5, 5]),
        (("--last", "3", "--newest-first"), [5, 5, 4]),
        (("--newest-first",), [5, 5, 4, 3, 2, 1, 0]),
        (("--last", "100"), [0, 1, 2, 3, 4, 5, 5]),
        (("--last", "1", "--account", "law"), [2]),
        (("--last", "1", "--to", "2026-11-04"), [1]),
        (("--last", "2", "--from", "2026-11-07"), [5, 5]),
        (("--last", "9", "--from", "2026-11-06"), [4, 5, 5]),
        (("--last", "2", "--number", NUMBER), [3, 5]),
    ],
)
@pytest.mark.parametrize("options", [READER, MASKED])
def test_the_last_ones(
    given: str, jobs: tuple[str, ...], arguments: tuple[str, ...], expected: list[int], options: str
) -> None:
    if options == MASKED and "--number" in arguments:
        expected = [5, 5]  # 04915199999992 may be it too
    assert days(listed(given, *jobs, *arguments, options=options)) == expected


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "table"])
def test_every_format_has_the_last_ones(given: str, form: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    if form == "parquet":
        pytest.importorskip("pyarrow")
    arguments = ("--last", "2", "--columns", "session_id,result")
    ran = asked(given, *arguments, "--format", form) if form != "parquet" else None
    if ran is not None:
        assert ran.returncode == 0
        assert sum(line.count("failed") for line in ran.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--number", "12"), "--number '12': expected 4 to 20 digits"),
        (("--number", "my fax"), "--number 'my fax': expected 4 to 20 digits"),
        (("--last", "0"), "--last 0 is too small; the least is 1"),
        (("--last", "some"), "--last some is not a whole number"),
        (("--file", ""), "--file is empty"),
    ],
)
def test_wrong_use_is_one_line_before_anything_connects(arguments: tuple[str, ...], said: str) -> None:
    ran = run_command("host=/none/such dbname=fax", "sessions", *arguments)
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)
    assert said in ran.stderr


@pytest.mark.parametrize(("totals", "read_from"), [(0, "i"), (100, "t")])
@pytest.mark.parametrize("options", [READER, MASKED])
@pytest.mark.parametrize("newest_first", [True, False])
def test_the_last_ones_do_not_read_the_other_sessions(
    given: str, options: str, newest_first: bool, totals: int, read_from: str
) -> None:
    """Neither those without a total (fax.session_untotalled i) nor those with one (fax.session_total t)."""
    dataset = datasets.sessions if options == READER else datasets.masked_sessions
    wanted = replace(dataset(Selection()), last=2, newest_first=newest_first)
    statement, parameters = compile_query(wanted.ordered(*wanted.columns))
    with psycopg.connect(given, options="-c enable_seqscan=off") as connection:
        connection.execute("select fax.write_totals(%s, 0)", [totals])
        connection.execute(f"set local {options.removeprefix('-c ')}".encode())
        explained = connection.execute(f"explain (analyze, format json) {statement}".encode(), parameters).fetchone()
        connection.rollback()
    assert explained is not None
    (read,) = (node["Actual Rows"] for node in nodes(explained[0][0]["Plan"]) if node.get("Alias") == read_from)
    assert read == 3  # the next one shows that the second has no equal


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


# -- the helpdesk ---------------------------------------------------------------------------------------------


def test_the_helpdesk_lists_masked_sessions(given: str) -> None:
    rows = listed(given, options=MASKED)
    assert days(rows) == [0, 1, 2, 3, 4, 5, 5]
    assert {row["called_number"] for row in rows[:3]} == {"***********92", "***********93", "*************92"}
    assert [row["files"] for row in rows] == [1, 2, 1, 1, None, 1, 1]
    table = asked(given, options=MASKED).stdout
    assert "to ***********92" in table
    assert "9999" not in table


def test_the_helpdesk_finds_the_faxes_that_may_have_a_number(given: str) -> None:
    """The visible end of 04915199999992 fits too, and of the URI, whose visible end has no digits."""
    rows = listed(given, "--number", NUMBER, options=MASKED)
    assert days(rows) == [0, 2, 3, 5, 5]
    ran = asked(given, "--number", NUMBER, options=MASKED)
    assert ran.stderr == (
        "faxstore: --number: this user reads masked numbers, so each row has a number that only may be this one\n"
    )


@pytest.mark.parametrize("guess", ["4915199999993", "4915100000093", "1111111111193"])
def test_no_guess_tells_the_helpdesk_more_than_the_masked_number(given: str, guess: str) -> None:
    assert days(listed(given, "--number", guess, options=MASKED)) == [1, 5]


def test_the_helpdesk_cannot_guess_a_short_number(given: str) -> None:
    assert days(listed(given, "--number", SHORT, options=MASKED)) == days(
        listed(given, "--number", "9999", options=MASKED)
    )


def test_file_names_are_masked(given: str) -> None:
    ran = asked(given, "--file", "a.tif", options=MASKED)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("faxstore: --file: file names are masked for this user: grant fax_reader to it")


@pytest.mark.parametrize(("option", "known"), [("--server", "; known: other, pbx"), ("--account", "; --no-account")])
def test_a_typo_of_the_helpdesk_is_an_error(given: str, option: str, known: str) -> None:
    ran = asked(given, option, "typo", options=MASKED)
    assert (ran.returncode, ran.stderr.count("\n")) == (2, 1)
    assert known in ran.stderr


def test_the_helpdesk_shows_a_masked_session(given: str) -> None:
    session = listed(given, options=MASKED)[0]["session_id"]
    for form in ("table", "json"):
        ran = run_command(f"{given} options='{MASKED}'", "show", session[:8], "--format", form)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "***********92" in ran.stdout
        assert "9999" not in ran.stdout
        assert ".tif" not in ran.stdout
