"""Records: what the log covers beside the rows of the history (coverage.py says which tables).

Triggers note each change of a reference table in fax.unsealed_change.  Sealing moves the changes to fax.log_record in a
fixed order, and adds a digest of the new rows of each table that only grows.  A checkpoint states the number of records
and their digest: SHA-256 of the digest in the checkpoint before and of the records since, so that sealing reads only
what is new, and verification finds the checkpoint between which and the one before a record was changed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from faxstore import sql
from faxstore.counted import counted
from faxstore.errors import FaxstoreError
from faxstore.log.coverage import RUNS
from faxstore.log.keys import PublicKey
from faxstore.log.note import Records
from faxstore.store.database import Connection

WINDOW = 65_536
"""Records to read at a time."""

ALONE_AFTER = "1 hour"
"""Age of the newest checkpoint after which new runs alone are sealed: servers are observed each minute, always."""

SETTINGS = "set timezone = 'UTC'; set bytea_output = 'hex'"
"""Settings of the connection on which the text of a row depends."""

# In the two statements below, an array makes the planner look up each session by its key, however many there are.
_SALTS = """
insert into fax.session_salt (session_id)
select s.session_id
from fax.session s
where s.session_id = any (array(select c.row_key::uuid from fax.unsealed_change c where c.relation = 'session'))
  and s.channel is not null
on conflict do nothing
"""
"""The channel of a session is personal: its record has a digest, with the salt of the session."""

_MOVE = """
with of_change as materialized (
    select s.session_id, s.channel
    from fax.session s
    where s.session_id = any (array(select c.row_key::uuid from fax.unsealed_change c where c.relation = 'session'))
),
known as materialized (
    select c.*, s.session_id is not null as is_session, s.channel,
           (select k.salt from fax.session_salt k where k.session_id = s.session_id) as salt
    from fax.unsealed_change c
    left join of_change s on s.session_id = case when c.relation = 'session' then c.row_key::uuid end
),
moved as (
    delete from fax.unsealed_change c
    -- a channel that was added since the salts were waits for the next seal
    where c.change_id in (select k.change_id from known k where k.channel is null or k.salt is not null)
    returning c.change_id
)
insert into fax.log_record (ordinal, relation, row_key, content, changed_at, changed_by)
select
    %s + row_number() over (order by k.change_id), k.relation, k.row_key,
    k.content || case when k.is_session then
        jsonb_build_object('channel_digest', encode(fax.personal_digest(k.salt, 'channel', k.channel), 'hex'))
        else '{}' end,
    k.changed_at, k.changed_by
from known k
join moved m on m.change_id = k.change_id
"""
_ADD = """
insert into fax.log_record (ordinal, relation, row_key, content, changed_at, changed_by)
values (%s, %s, %s, %s::jsonb, clock_timestamp(), session_user)
"""
_KEY = "select jsonb_build_object('public_key', %s::text)::text"
_RUN = (
    "select jsonb_build_object('after', %s::bigint, 'last', %s::bigint, 'rows', %s::bigint, 'sha256', %s::text)::text"
)
_LAST_RUN = "select row_key::bigint from fax.log_record where relation = %s order by ordinal desc limit 1"
_RECORDS = """
select ordinal, relation, row_key, content::text, (extract(epoch from changed_at) * 1000000)::bigint, changed_by
from fax.log_record where ordinal between %s and %s order by ordinal
"""
_IS_DUE = f"""
select exists (select from fax.unsealed_change)
    or ((select max(c.made_at) from fax.checkpoint c) < clock_timestamp() - interval '{ALONE_AFTER}'
        and (exists (select from fax.server_history where ordinal > %s)
             or exists (select from fax.rejected_message where ordinal > %s)))
"""


def is_due(connection: Connection) -> bool:
    """Return whether records are due without new rows of the history."""
    ends = [_last_run(connection, relation) for relation in ("server_history", "rejected_message")]
    return connection.execute(_IS_DUE, ends).fetchone() == (True,)


def add(connection: Connection, before: Records, key: PublicKey | None, size: int) -> Records:
    """Add a record of each change and run since the last checkpoint; return the number of records and their digest.

    `key` is the key that begins to sign with the next checkpoint, which covers `size` rows of the history.
    """
    connection.execute(SETTINGS)
    ((last,),) = connection.execute("select coalesce(max(ordinal), 0) from fax.log_record")
    if last != before.number:
        raise FaxstoreError(
            f"fax.log_record has {counted(last, 'records')}, the checkpoint {before.number}: run faxstore verify"
        )
    connection.execute(_SALTS)
    count = last + connection.execute(_MOVE, [last]).rowcount
    if key is not None:
        ((content,),) = connection.execute(_KEY, [str(key)])
        count += 1
        connection.execute(_ADD, [count, "signing_key", key.short, content])
    for relation in RUNS:
        for place, content in _new_runs(connection, relation, size):
            count += 1
            connection.execute(_ADD, [count, relation, str(place), content])
    return Records(count, digest(connection, before, count))


def _new_runs(connection: Connection, relation: str, size: int) -> Iterator[tuple[int, str]]:
    """Yield last place and content of each run of rows of a table that is not sealed yet."""
    after, until = _last_run(connection, relation), size
    if relation != "append_batch":
        order = f"select coalesce(max({RUNS[relation]}), 0) from fax.{relation}"
        ((until,),) = connection.execute(order.encode())
    while run := read_run(connection, relation, after, until):
        last, rows, found = run
        ((content,),) = connection.execute(_RUN, [after, last, rows, found])
        yield last, content
        after = last


def read_run(connection: Connection, relation: str, after: int, until: int) -> tuple[int, int, str] | None:
    """Return last place, number and SHA-256 (hex) of the first rows after one place and up to another.

    Returns None if there are no such rows.  The connection needs SETTINGS.
    """
    row = connection.execute(sql.text(f"queries/log/run_{relation}"), {"after": after, "until": until}).fetchone()
    return (int(row[0]), int(row[1]), str(row[2])) if row and row[1] else None


def _last_run(connection: Connection, relation: str) -> int:
    row = connection.execute(_LAST_RUN, [relation]).fetchone()
    return int(row[0]) if row else 0


def digest(connection: Connection, before: Records, count: int) -> bytes:
    """Return the digest of the records up to `count`, from that of the checkpoint before.

    If records are missing, it is another digest.
    """
    found = sha256(before.digest)
    for first in range(before.number + 1, count + 1, WINDOW):
        for record in connection.execute(_RECORDS, [first, min(first + WINDOW - 1, count)]):
            found.update(_entry(record))
    return found.digest()


def _entry(record: tuple[Any, ...]) -> bytes:
    """Return the canonical bytes of a record: each value as its length (4 bytes, -1 for NULL) and its bytes."""
    ordinal, relation, row_key, content, changed_at, changed_by = record
    values = [struct.pack(">q", ordinal), relation, row_key, content, struct.pack(">q", changed_at), changed_by]
    return b"".join(_field(value.encode() if isinstance(value, str) else value) for value in values)


def _field(data: bytes | None) -> bytes:
    return struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data
