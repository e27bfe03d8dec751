"""Checks what is sealed beside the rows of the history: see faxstore/log/records.py.

The records must have the digests that checkpoints state, the rows of tables that only grow those of their runs, and
each row of a reference table the content of its last record.  A change that its trigger recorded is no finding: it is
on record, with its time and its user.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from psycopg import sql

from faxstore.counted import counted
from faxstore.log import records, stored
from faxstore.log.coverage import RECORDED, RUNS, Recorded
from faxstore.log.keys import NoteError
from faxstore.log.note import NO_RECORDS, Checkpoint, Records, StoredCheckpoint
from faxstore.log.records import WINDOW
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope

_RUN_RECORDS = """
select ordinal, row_key, (content ->> 'after')::bigint, (content ->> 'last')::bigint, (content ->> 'rows')::bigint,
       content ->> 'sha256'
from fax.log_record where relation = %s and ordinal > %s order by ordinal limit %s
"""
_CHANGED = """
with change as (
    select r.row_key, r.content, false as pending, r.ordinal as place from fax.log_record r where r.relation = %(table)s
    union all
    select c.row_key, c.content, true, c.change_id from fax.unsealed_change c where c.relation = %(table)s
),
newest as (
    select distinct on (c.row_key) c.row_key, c.pending, c.content
    from change c order by c.row_key, c.pending desc, c.place desc
)
select coalesce(n.row_key, r.row_key), n.content, r.content, n.row_key is not null
from newest n
full join (
    select array_to_string(array(select t.row ->> k.name from unnest(%(key)s::text[]) k (name)), ' ') as row_key,
           t.row - %(left_out)s::text[] || {} as content
    -- offset 0: where rows are distributed, they are read before they are compared
    from (select to_jsonb(s) as row from {} s offset 0) t
) r on r.row_key = n.row_key
where n.row_key is null
   or n.content is distinct from case when n.pending then r.content - 'channel_digest' else r.content end
order by 1
"""
_CHANNEL = """
jsonb_build_object('channel_digest', encode(fax.personal_digest(
    (select k.salt from fax.session_salt k where k.session_id = (t.row ->> 'session_id')::uuid),
    'channel', t.row ->> 'channel'), 'hex'))
"""
"""What sealing adds to the record of a session."""

_REPEATED = """
select n.row_key, n.changed_at, n.changed_by
from (
    select r.*, row_number() over (partition by r.row_key order by r.ordinal) as version
    from fax.log_record r where r.relation = %s
) n
where n.version > 1 or n.content is null
order by n.ordinal
"""


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each record, run of rows and row that differs from what was sealed."""
    if not scope.whole:
        return
    connection.execute(records.SETTINGS)
    yield from _digests(connection, scope)
    for relation in RUNS:
        yield from _runs(connection, relation)
    for table, recorded in RECORDED.items():
        yield from _rows(connection, table, recorded)


def _digests(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each checkpoint with another digest of its records than these have now."""
    ((last,),) = connection.execute("select coalesce(max(ordinal), 0) from fax.log_record")
    stated = {0: NO_RECORDS.digest}
    before = NO_RECORDS
    for checkpoint in _checkpoints(connection):
        if records.digest(connection, before, checkpoint.records.number) != checkpoint.records.digest:
            yield _changed(checkpoint, before)
        before = checkpoint.records
        stated[before.number] = before.digest
    if last > before.number:
        yield Finding("records", _range(before.number + 1, last), "added: no checkpoint covers them")
    published = scope.published.records if scope.published else NO_RECORDS
    if stated.get(published.number) != published.digest:
        where = f"published checkpoint of {counted(published.number, 'records')}"
        missing = (
            f"fax.checkpoint has none of {counted(published.number, 'records')}: checkpoints or records are missing"
        )
        known = "was rewritten: fax.checkpoint states another digest of them"
        yield Finding("records", where, known if published.number in stated else missing)


def _checkpoints(connection: Connection) -> Iterator[Checkpoint]:
    """Yield the checkpoints in order, without damaged ones: checkpoints.check reports them."""
    for row in connection.execute(f"{stored.CHECKPOINTS} order by size, records").fetchall():
        try:
            yield StoredCheckpoint(*row).parse()
        except NoteError:
            continue


def _changed(checkpoint: Checkpoint, before: Records) -> Finding:
    where = _range(before.number + 1, checkpoint.records.number)
    return Finding(
        "records", where, f"not as sealed: they differ from the checkpoint of {counted(checkpoint.size, 'rows')}"
    )


def _range(first: int, last: int) -> str:
    return f"record {first}" if first == last else f"records {first} to {last}"


def _runs(connection: Connection, relation: str) -> Iterator[Finding]:
    """Yield a finding for each run whose rows have another number or digest now."""
    after = read = 0
    while runs := connection.execute(_RUN_RECORDS, [relation, read, WINDOW]).fetchall():
        for ordinal, key, begin, last, rows, digest in runs:
            where = f"fax.{relation}, {RUNS[relation]} {after + 1} to {last}"
            if (begin, key) != (after, str(last)):
                yield Finding("records", where, f"record {ordinal} does not continue the run before it")
            elif records.read_run(connection, relation, after, last) != (last, rows, digest):
                yield Finding(
                    "records", where, f"not as sealed: a row was changed, removed or added; {rows} were sealed"
                )
            after, read = last, ordinal


def _rows(connection: Connection, table: str, recorded: Recorded) -> Iterator[Finding]:
    """Yield a finding for each row that is not as its last record states, and for each change of what only grows."""
    added = _CHANNEL if table == "session" else "'{}'"
    query = sql.SQL(_CHANGED).format(sql.SQL(added), sql.Identifier("fax", table))
    values = {"table": table, "key": list(recorded.key), "left_out": list(recorded.left_out)}
    for key, sealed, now, on_record in connection.execute(query, values).fetchall():
        yield Finding("records", f"fax.{table} {key}", _difference(sealed, now, on_record))
    if recorded.only_grows:
        for key, at, by in connection.execute(_REPEATED, [table]).fetchall():
            yield Finding(
                "records", f"fax.{table} {key}", f"was changed at {at.isoformat()} by {by}; such rows never change"
            )


def _difference(sealed: dict[str, Any] | None, now: dict[str, Any] | None, on_record: bool) -> str:
    if not on_record:
        return "was added without a record"
    if now is None:
        return f"was removed without a record; it was {sealed}"
    if sealed is None:
        return "was removed on record, and added again without one"
    parts = [f"{name} is {now.get(name)}, was {sealed.get(name)}" for name in now if now.get(name) != sealed.get(name)]
    return f"was changed without a record: {'; '.join(parts)}"
