"""What a store returns, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

import faxstore
from tests.kit.command_line import run_command
from tests.kit.given import append, completed, gone, read, receiving

OPTIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"last": 3}, ["--last", "3"]),
    ({"last": 3, "newest_first": True}, ["--last", "3", "--newest-first"]),
    ({"result": "failed", "direction": ["sent", "received"], "server": ["bad-lines-22", "detect-22"]},
     ["--result", "failed", "--direction", "sent", "--direction", "received", "--server", "bad-lines-22",
      "--server", "detect-22"]),
    ({"since": "2026-10-01", "until": date(2027, 1, 1), "time_zone": "Europe/Berlin", "no_account": True},
     ["--from", "2026-10-01", "--to", "2027-01-01", "--time-zone", "Europe/Berlin", "--no-account"]),
]  # fmt: skip
"""Arguments, and the options of the command that mean the same."""


@pytest.mark.parametrize(("arguments", "options"), OPTIONS)
def test_it_lists_what_the_command_lists(
    recorded: str, store: faxstore.Store, arguments: dict[str, Any], options: list[str]
) -> None:
    def of_command(*more: str) -> list[dict[str, Any]]:
        ran = run_command(recorded, "sessions", "--format", "jsonl", *options, *more)
        assert ran.returncode == 0, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]

    found = [(str(one.session_id), one.pages, one.result) for one in store.sessions(**arguments)]
    assert found == [(row["session_id"], row["pages"], row["result"]) for row in of_command()]
    jobs = [(str(one.job_id), one.attempts) for one in store.jobs(**arguments)]
    assert jobs == [(row["job_id"], row["attempts"]) for row in of_command("--jobs")]


def test_one_session_by_the_beginning_of_its_id(recorded: str, store: faxstore.Store) -> None:
    fax = next(one for one in store.sessions(server="bad-lines-22") if one.bad_lines)
    details = store.session(str(fax.session_id)[:8])
    shown = json.loads(run_command(recorded, "show", str(fax.session_id), "--format", "json").stdout)
    assert details.session == fax
    assert [page.bad_lines for page in details.pages] == [page["bad_lines"] for page in shown["pages"]]
    assert [change.position for change in details.timeline] == [change["position"] for change in shown["timeline"]]


def test_usage_by_bucket_of_local_time(recorded: str, store: faxstore.Store) -> None:
    ran = run_command(
        recorded, "export", "usage", "--bucket", "month", "--time-zone", "Asia/Tokyo", "--format", "jsonl"
    )
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    found = list(store.usage(bucket="month", time_zone="Asia/Tokyo"))
    assert [(one.server, one.sessions, one.pages, one.bad_lines) for one in found] == [
        (row["server"], row["sessions"], row["pages"], row["bad_lines"]) for row in rows
    ]
    assert {one.bucket_start.hour for one in found} == {15}  # midnight in Tokyo, in UTC


def test_calls_may_be_nested_and_times_are_in_utc(store: faxstore.Store) -> None:
    seen = []
    for fax in store.sessions(last=3):
        assert fax.started_at.utcoffset() == timedelta()
        seen.append(store.session(fax.session_id).session)
    assert seen == list(store.sessions(last=3))


def test_several_threads_may_read(store: faxstore.Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: list(store.sessions(last=3)), range(4)))
    assert [each == found[0] for each in found] == [True] * 4


def test_a_list_that_is_left_early_blocks_nothing(store: faxstore.Store) -> None:
    for _ in range(3):
        assert next(store.sessions())
    assert next(store.query("select count(*) as faxes from fax.sessions"))["faxes"] > 3


def test_a_query_with_parameters(store: faxstore.Store) -> None:
    query = "select server, count(*) as faxes from fax.sessions where server = %s group by 1"
    (row,) = store.query(query, ["bad-lines-22"])
    assert row["server"] == "bad-lines-22"
    assert list(store.query("select 'a%b' as text;")) == [{"text": "a%b"}]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("delete from fax.session", "query: .*; allowed is one SELECT, VALUES or TABLE statement"),
        ("select 1; select 2", "cannot insert multiple commands"),
        (
            "select set_config('transaction_read_only', 'off', true)",
            "transaction read-write mode must be set before any",
        ),
        ("select fax.lock_append(), nextval('fax.none')", "does not exist"),
        ("select fax.erase_session(gen_random_uuid(), 'test')", "a store only reads|there is no session"),
        ("select nothing from fax.sessions", 'column "nothing" does not exist'),
    ],
)
def test_a_query_cannot_write(store: faxstore.Store, statement: str, problem: str) -> None:
    with pytest.raises(faxstore.FaxstoreError, match=problem):
        list(store.query(statement))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"server": "pbx9"}, "server pbx9: the history has no such server; known: bad-lines-22, "),
        ({"account": ["law"]}, "account law: no account is known yet"),
        ({"since": "yesterday"}, "since: 'yesterday' is not a date or time; use 2026-11-30"),
        ({"since": 5}, "since must be a text, a date or a datetime, not 5"),
        ({"since": "2026-11-02", "until": datetime(2026, 11, 1)}, "since 2026-11-02T00:00:00 is not before until"),
        ({"time_zone": "Mars"}, "time_zone: the database has no time zone 'Mars'"),
        ({"result": ["success", 1]}, r"result must be a text or a list of texts, not \['success', 1\]"),
        ({"number": "12"}, "number '12': expected 4 to 20 digits"),
        ({"number": 5550100}, "number must be a text, not 5550100"),
        ({"last": 0}, "last must be a positive number, not 0"),
    ],
)
def test_wrong_arguments_are_refused_at_the_call(
    store: faxstore.Store, arguments: dict[str, Any], problem: str
) -> None:
    for method in (store.sessions, store.jobs):
        with pytest.raises(faxstore.UsageError, match=problem):
            method(**arguments)


def test_other_wrong_arguments(store: faxstore.Store) -> None:
    with pytest.raises(
        faxstore.UsageError, match="direction 'up' is not one of 'sent', 'received', 'gateway', 'detector'"
    ):
        store.sessions(direction="up")
    with pytest.raises(faxstore.UsageError, match="direction of jobs: 'gateway' is not one of 'sent', 'received'"):
        store.jobs(direction="gateway")
    with pytest.raises(faxstore.UsageError, match="bucket 'minute' is not one of 'hour', 'day'"):
        store.usage(bucket="minute")  # type: ignore[arg-type]
    with pytest.raises(faxstore.UsageError, match="session: no session id begins with ffffffff"):
        store.session("ffffffff")
    with pytest.raises(faxstore.UsageError, match="session: 'x' is not a session id or the beginning of one"):
        store.session("x")


def test_a_database_that_cannot_be_read(empty_database: str, tmp_path: Any) -> None:
    with pytest.raises(faxstore.UsageError, match="the database has no schema of faxstore yet: run faxstore migrate"):
        faxstore.open(empty_database)
    with pytest.raises(faxstore.UnreachableError, match="the database cannot be reached"):
        faxstore.open(f"host={tmp_path} dbname=fax")
    with pytest.raises(faxstore.UsageError, match="dsn is not a connection string of PostgreSQL"):
        faxstore.open("nonsense")


def test_without_a_dsn_it_is_the_database_of_the_commands(recorded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAXSTORE_DSN", recorded)
    with faxstore.open() as store:
        assert next(store.sessions())
    with pytest.raises(faxstore.UsageError, match="this store is closed"):
        store.session("0")


def test_a_missing_right_is_named(recorded: str) -> None:
    with (
        faxstore.open(make_conninfo(recorded, options="-c role=fax_masked")) as store,
        pytest.raises(faxstore.UsageError, match=r'no right to SELECT on fax.sessions as user "fax_masked": grant'),
    ):
        list(store.sessions())


def test_a_lost_connection_costs_one_call(recorded: str, database: psycopg.Connection) -> None:
    with faxstore.open(make_conninfo(recorded, application_name="lost")) as store:
        database.execute("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'lost'")
        with pytest.raises(faxstore.UnreachableError, match="the database could not answer"):
            next(store.sessions())
        assert next(store.sessions())


def test_an_empty_history(dsn: str) -> None:
    with faxstore.open(dsn) as store:
        assert [*store.sessions(), *store.jobs(last=3), *store.usage()] == []


def test_a_row_that_is_appended_later_is_in_the_next_answer(dsn: str, database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), completed(3, 1), gone(4))
    with faxstore.open(dsn) as store:
        listed = store.sessions()
        first = next(listed)
        append(database, receiving((100, 1, 0), number=1))
        assert list(listed) == []
        assert [one.session_number for one in store.sessions()] == [0, 1]
        assert first.started_at == read(database, "select min(started_at) as t from fax.session")[0]["t"]
        assert first.started_at.tzinfo is not None
        assert first.started_at == datetime(2026, 11, 2, 8, tzinfo=UTC)


def test_the_import_loads_no_database_driver() -> None:
    program = "import sys, faxstore; print(sorted({'psycopg', 'sqlalchemy', 'typer', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    with pytest.raises(AttributeError, match="module 'faxstore' has no attribute 'opne'"):
        faxstore.opne  # noqa: B018
