"""Adds up roll-ups, reads which are wrong, and computes usage and failures from fax.sessions alone."""

from __future__ import annotations

from datetime import datetime

import psycopg
from psycopg.rows import dict_row

from tests.kit.given import Row, read

USAGE = """
select
    b.bucket_start,
    case when %(bucket)s = 'hour' then b.bucket_start + %(width)s::interval
         else date_trunc(%(bucket)s, b.bucket_start at time zone %(zone)s + %(width)s::interval) at time zone %(zone)s
         end as bucket_end,
    b.server, b.account_code, b.direction,
    count(*) as sessions, sum(b.pages)::bigint as pages, sum(b.bad_lines)::bigint as bad_lines,
    sum(b.duration_seconds) as seconds,
    count(*) filter (where b.result = 'success') as successes,
    count(*) filter (where b.result = 'failed') as failures,
    count(*) filter (where b.result = 'unknown') as unknown_ends,
    count(*) filter (where b.duration_seconds is null) as unknown_durations,
    'observed' as source
from (
    select date_trunc(%(bucket)s, s.started_at, %(zone)s) as bucket_start, s.*
    from fax.sessions s
    where s.started_at >= %(since)s::timestamp at time zone %(zone)s
      and s.started_at < %(until)s::timestamp at time zone %(zone)s
      and s.direction is distinct from 'detector'
) b
group by 1, 2, 3, 4, 5
order by 1, 3, 4, 5
"""
FAILURES = """
select
    c.day, c.server, c.result_class, c.sessions, c.after_a_page, c.faxes,
    round(c.sessions::numeric / c.faxes, 4) as share,
    round(sum(case when coalesce(c.result_class, 'unknown_error') = 'unknown_error' then c.sessions else 0 end)
          over of_day
          / sum(c.sessions) over of_day, 4) as unknown_share
from (
    select f.day, f.server, f.result_class, f.result, count(*) as sessions,
           count(*) filter (where f.pages > 0) as after_a_page, min(f.faxes) as faxes
    from (
        select (s.started_at at time zone 'UTC')::date as day, s.server, s.result, s.result_class, s.pages,
               count(*) over (partition by (s.started_at at time zone 'UTC')::date, s.server) as faxes
        from fax.sessions s
        where s.direction is distinct from 'detector' and s.end_observed_by <> 'open'
    ) f
    where f.result <> 'success'
    group by f.day, f.server, f.result, f.result_class
) c
window of_day as (partition by c.day, c.server)
order by c::text
"""
BUCKETS = ("hour", "day", "week", "month", "quarter", "year")


def usage(
    database: psycopg.Connection, since: datetime | str, until: datetime | str, zone: str, bucket: str
) -> list[Row]:
    """fax.usage()."""
    return read(database, "select * from fax.usage(%s, %s, %s, %s)", since, until, zone, bucket)


def usage_of_sessions(
    database: psycopg.Connection, since: datetime | str, until: datetime | str, zone: str, bucket: str
) -> list[Row]:
    """What fax.usage() must return, from fax.sessions."""
    width = "3 months" if bucket == "quarter" else f"1 {bucket}"
    bound = {"since": since, "until": until, "zone": zone, "bucket": bucket, "width": width}
    return database.cursor(row_factory=dict_row).execute(USAGE, bound).fetchall()


def failures_of_sessions(database: psycopg.Connection) -> list[Row]:
    """What fax.failures must show, from fax.sessions, in the order of their texts."""
    return read(database, FAILURES)


def merge(database: psycopg.Connection, most: int = 1_000_000) -> int | None:
    """Adds up rows of fax.usage_rollup once; returns their number, None if another connection is at it."""
    ((merged,),) = database.execute("select fax.merge_rollups(%s)", [most]).fetchall()
    return None if merged is None else int(merged)


def wrong_rollups(database: psycopg.Connection) -> list[tuple[datetime, int, str]]:
    """Start, hours and server of the spans whose counts are not those of the totals."""
    query = "select span_start, hours, server from fax.wrong_rollups('-infinity', 'infinity') order by 1, 2, 3"
    return database.execute(query).fetchall()
