"""What the history holds about a server's faxes, in the same form as the server's own log."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow, dict_row

from tests.asterisk.calls import wait_until
from tests.asterisk.dialplan_log import End
from tests.asterisk.real_asterisk import Server

Row = dict[str, Any]
"""A row of fax.sessions, by column."""

Usage = dict[tuple[str | None, str], tuple[int, ...]]
"""By account and direction: sessions, pages, bad lines, successes, failures."""

Session = tuple[int, str, str, str, int, str]
"""Session number, operation, channel, Uniqueid, pages, result."""


def expected_sessions(ends: Iterable[End]) -> list[Session]:
    """The sessions of these ends, by number; an end without a session leaves no row."""
    return sorted(
        (end.session, end.operation, end.channel, end.uniqueid, end.pages, end.result)
        for end in ends
        if end.session is not None
    )


def sessions(dsn: str, server: str) -> list[Session]:
    """fax.sessions of that server, by number, without a gateway's detectors."""
    query: LiteralString = """
        select session_number, operation, channel, uniqueid, pages, result
        from fax.sessions where server = %s and direction <> 'detector' order by session_number
    """
    return [
        (n, operation, channel, uid, pages, result)
        for n, operation, channel, uid, pages, result in _rows(dsn, query, server)
    ]


def wait_until_stored(dsn: str, server: Server) -> None:
    """Waits until the history has every session that the server logged, each with its completion event."""
    expected = len(expected_sessions(server.ends()))
    query: LiteralString = "select count(*) from fax.sessions where server = %s and end_observed_by = 'completion'"
    wait_until(
        f"{expected} completed sessions of {server.name} in the history",
        lambda: _rows(dsn, query, server.name)[0][0] >= expected,
        15,
    )


def wait_until_listed(dsn: str, server: str, channel: str) -> None:
    """Waits until the history has a list that shows a fax on that channel."""
    query: LiteralString = "select count(*) from fax.sessions where server = %s and channel = %s and snapshots > 0"
    wait_until(f"{channel} of {server} in a list", lambda: _rows(dsn, query, server, channel)[0][0] > 0, 20)


def wait_until_ended(dsn: str, server: Server, faxes: int) -> None:
    """Waits until the history has that many faxes of that server and no open session or detector."""
    query: LiteralString = """
        select count(*) filter (where direction is distinct from 'detector'),
               count(*) filter (where end_observed_by = 'open')
        from fax.sessions where server = %s
    """
    wait_until(
        f"{faxes} faxes of {server.name} in the history, none of them open: {_rows(dsn, query, server.name)}",
        lambda: (counts := _rows(dsn, query, server.name)[0])[0] >= faxes and counts[1] == 0,
        20,
    )


def faxes(dsn: str, server: str) -> list[Row]:
    """All rows of fax.sessions of that server except detectors, oldest first."""
    query: LiteralString = """
        select * from fax.sessions
        where server = %s and direction is distinct from 'detector' order by started_at, session_number
    """
    return _dict_rows(dsn, query, server)


def detectors(dsn: str, server: str) -> list[Row]:
    """The detectors (V.21) of that server, oldest first."""
    query: LiteralString = "select * from fax.sessions where server = %s and direction = 'detector' order by started_at"
    return _dict_rows(dsn, query, server)


def usage(dsn: str, server: str) -> Usage:
    """fax.usage_daily of that server, summed over all days."""
    query: LiteralString = """
        select account_code, direction, sum(sessions)::int, coalesce(sum(pages), 0)::int,
               coalesce(sum(bad_lines), 0)::int, sum(successes)::int, sum(failures)::int
        from fax.usage_daily where server = %s group by account_code, direction
    """
    return {(account, direction): tuple(counts) for account, direction, *counts in _rows(dsn, query, server)}


def highest_page_number(dsn: str, row: Row) -> int | None:
    """The highest PageNumber in the snapshots of this session."""
    query: LiteralString = "select max(page_number) from fax.session_history where session_id = %s"
    number: int | None = _rows(dsn, query, row["session_id"])[0][0]
    return number


def bad_lines_by_page(dsn: str, row: Row) -> list[int | None]:
    """fax.session_pages of this session: the bad lines of each page."""
    query: LiteralString = "select bad_lines from fax.session_pages where session_id = %s order by page"
    return [lines for (lines,) in _rows(dsn, query, row["session_id"])]


def states(dsn: str, server: str) -> set[tuple[str, str]]:
    """The states that each kind of snapshot reported for that server's sessions: (event, state)."""
    query: LiteralString = """
        select distinct history.event, history.state
        from fax.session_history as history join fax.sessions as session using (session_id)
        where session.server = %s and history.state is not null
    """
    return {(event, state) for event, state in _rows(dsn, query, server)}


def epochs(dsn: str, server: str) -> int:
    """The number of epochs of that server in the history."""
    query: LiteralString = "select count(distinct epoch_id) from fax.sessions where server = %s"
    return int(_rows(dsn, query, server)[0][0])


def bad_lines(dsn: str, server: str, session_number: int) -> list[int | None]:
    """fax.session_pages of that session: the bad lines of each page."""
    query: LiteralString = """
        select pages.bad_lines
        from fax.session_pages as pages join fax.sessions as session using (session_id)
        where session.server = %s and session.session_number = %s order by pages.page
    """
    return [lines for (lines,) in _rows(dsn, query, server, session_number)]


def measurable(dsn: str, server: str) -> dict[int, bool]:
    """Whether bad lines were measurable, for each session of that server."""
    query: LiteralString = "select session_number, bad_lines_measurable from fax.sessions where server = %s"
    return dict(_rows(dsn, query, server))


def gaps(dsn: str, server: str) -> list[tuple[datetime, datetime]]:
    """The coverage gaps of that server between its first and its last poll."""
    query: LiteralString = """
        select began_at, ended_at from fax.coverage_gaps where server = %s and ended_at is not null order by began_at
    """
    return [(began, ended) for began, ended in _rows(dsn, query, server)]


def _dict_rows(dsn: str, query: LiteralString, server: str) -> list[Row]:
    with psycopg.connect(dsn) as connection:
        return connection.cursor(row_factory=dict_row).execute(query, (server,)).fetchall()


def _rows(dsn: str, query: LiteralString, *values: str | int | UUID) -> list[TupleRow]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query, values).fetchall()


def notes(dsn: str, row: Row) -> list[str]:
    """fax.session_timeline of this session: the notes of its changes, in order."""
    query: LiteralString = """
        select note from fax.session_timeline where session_id = %s and note is not null order by observed_at
    """
    return [note for (note,) in _rows(dsn, query, row["session_id"])]


def attempts(dsn: str, server: str) -> tuple[int, int]:
    """The faxes that the server counted itself, and how many of them the history lacks (fax.reconciliation)."""
    query: LiteralString = """
        select sum(transmit_attempts + receive_attempts)::int, sum(attempts_missed)::int
        from fax.reconciliation where server = %s
    """
    counted, missed = _rows(dsn, query, server)[0]
    return int(counted), int(missed)
