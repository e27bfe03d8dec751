"""Variants of a database that benchmarks.fill made: without the totals of the newest sessions, with earlier years.

Each can be applied again: 0 % restores all totals, and years that exist are not added twice.
"""

from __future__ import annotations

from datetime import datetime

import psycopg

from faxstore.store.compaction import merge_all_rollups, write_all_totals
from faxstore.store.database import Connection

BATCH = 10_000
"""Sessions whose totals are removed in one statement."""

NEWEST = """
select session_id from fax.session_total
where started_at >= (
    select started_at from fax.session order by started_at desc
    offset (select floor(count(*) * %s / 100)::bigint from fax.session where started_at >= %s) - 1 limit 1
)
"""
FORGET = "select fax.forget_totals(%s)"

ENABLE_TRIGGERS = """
do $$ declare name text; begin
    for name in select tgname from pg_trigger where tgrelid = 'fax.session'::regclass and not tgisinternal loop
        execute 'alter table fax.session enable always trigger ' || quote_ident(name);
    end loop;
end $$
"""

EXISTS = "select exists (select from fax.session where started_at < %s::timestamptz - %s * interval '365 days')"
EARLIER = (
    "alter table fax.session disable trigger user",
    "create temporary table earlier on commit drop as select * from fax.session_total where started_at >= %(year)s",
    """
    insert into fax.epoch (epoch_id, server, started_at, first_seen_at, last_seen_at)
    select
        md5(concat(e.epoch_id, ' ', %(years)s))::uuid, e.server, e.started_at - l.later, e.first_seen_at - l.later,
        e.last_seen_at - l.later
    from fax.epoch e
    cross join (select %(years)s * interval '365 days' as later) l
    where e.first_seen_at >= %(year)s
    """,
    """
    insert into fax.session (
        session_id, started_at, session_number, epoch_id, is_open, server, operation, channel, uniqueid, technology)
    select
        md5(concat(s.session_id, ' ', %(years)s))::uuid, s.started_at - %(years)s * interval '365 days',
        s.session_number, md5(concat(s.epoch_id, ' ', %(years)s))::uuid, s.is_open, s.server, s.operation, s.channel,
        s.uniqueid, s.technology
    from fax.session s
    where s.started_at >= %(year)s
    """,
    """
    update earlier e
    set session_id = md5(concat(e.session_id, ' ', %(years)s))::uuid,
        epoch_id = md5(concat(e.epoch_id, ' ', %(years)s))::uuid,
        started_at = e.started_at - l.later,
        first_snapshot_at = e.first_snapshot_at - l.later,
        last_snapshot_at = e.last_snapshot_at - l.later,
        completed_at = e.completed_at - l.later,
        gone_at = e.gone_at - l.later,
        last_row_at = e.last_row_at - l.later,
        last_shown_at = e.last_shown_at - l.later,
        first_position = null,
        last_position = null,
        page_moments = (
            select array_agg(array[p[n][1] - l.later, p[n][2] - l.later, p[n][3] - l.later] order by n)
            from (select e.page_moments as p) m
            cross join generate_subscripts(e.page_moments, 1) n)
    from (select %(years)s * interval '365 days' as later) l
    """,
    "insert into fax.session_total select * from earlier order by started_at",
    ENABLE_TRIGGERS,
)


def remove_newest_totals(connection: Connection, percent: float, year: datetime) -> int:
    """Remove the totals of the newest percent of the sessions of the year, write all others; return their number."""
    write_all_totals(connection, 0, lambda _: None)
    newest = [row[0] for row in connection.execute(NEWEST, [percent, year]).fetchall()] if percent else []
    for place in range(0, len(newest), BATCH):
        connection.execute(FORGET, [newest[place : place + BATCH]])
    _finish(connection)
    return len(newest)


def add_earlier_years(connection: Connection, years: int, year: datetime) -> None:
    """Add the sessions of the year once more for each of some years before it, with their totals and without rows."""
    for number in range(1, years + 1):
        if connection.execute(EXISTS, [year, number - 0.5]).fetchone() != (True,):
            with connection.transaction():
                for statement in EARLIER:
                    psycopg.ClientCursor(connection).execute(statement, {"year": year, "years": number})
    _finish(connection)


def _finish(connection: Connection) -> None:
    merge_all_rollups(connection)
    connection.execute("vacuum (analyze)")
    connection.execute("checkpoint")
