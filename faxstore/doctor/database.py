"""The database: reachable, its version, the schema, the rights; and what it has heard of each server."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from faxstore.doctor.findings import Finding, Verdict
from faxstore.errors import FaxstoreError, UnreachableError, one_line
from faxstore.settings.loading import Settings
from faxstore.store import migrate
from faxstore.store.database import Connection, connect, open_dsn

SUBJECT = "database"
OLDEST = 150000
"""server_version_num of the oldest Postgres that faxstore is tested with."""

_HEARD = """
select
    count(distinct s.session_id),
    count(*) filter (where h.event = 'FAXStatus'),
    count(*) filter (where h.event in ('SendFAX', 'ReceiveFAX')),
    count(*) filter (where h.event in ('SendFAX', 'ReceiveFAX') and fax.channel_variable(h.details, 'FAXSTATUS') <> ''),
    count(*) filter (where h.event = 'VarSet')
from (
    select session_id, started_at from fax.session
    where server = %s and operation in ('send', 'receive') and started_at > now() - interval '30 days' and not is_open
    order by started_at desc limit 100
) s
join fax.session_history h using (session_id, started_at)
"""


@dataclass(frozen=True)
class Heard:
    """What came from one server with its newest faxes: up to 100 that ended, none older than 30 days."""

    sessions: int
    status_events: int
    completions: int
    results: int
    """Completion events that carried FAXSTATUS."""
    variables: int


def examine(settings: Settings) -> tuple[dict[str, Heard], list[Finding]]:
    """What was heard of each server, as far as the history can be read, and the findings."""
    try:
        with open_dsn(settings) as dsn, connect(dsn, autocommit=True) as connection:
            reachable = Finding(SUBJECT, "reachable", Verdict.OK, _where(connection))
            findings = [reachable, version(connection.info.server_version), *schema(dsn)]
            if findings[-1].verdict is not Verdict.OK:
                return {}, findings
            findings += [may_append(connection), may_read(connection), writable(connection)]
            return _heard_of_all(settings, connection), findings
    except FaxstoreError as error:
        gone = isinstance(error, UnreachableError)
        change = "check database.dsn of the settings file, FAXSTORE_DSN and --dsn, and that the server runs"
        return {}, [Finding(SUBJECT, "reachable", Verdict.FAIL, str(error), change, unreachable=gone)]
    except psycopg.Error as error:
        return {}, [Finding(SUBJECT, "rights", Verdict.FAIL, one_line(error))]


def version(number: int) -> Finding:
    """Postgres' own number, 150004 for 15.4."""
    text = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number >= OLDEST:
        return Finding(SUBJECT, "version", Verdict.OK, text)
    return Finding(SUBJECT, "version", Verdict.FAIL, text, f"upgrade it: faxstore needs {OLDEST // 10000} or newer")


def schema(dsn: str) -> list[Finding]:
    """Whether it is the one of this version."""
    try:
        migrate.require_current(dsn)
    except FaxstoreError as error:
        return [Finding(SUBJECT, "schema", Verdict.FAIL, str(error))]
    return [Finding(SUBJECT, "schema", Verdict.OK, f"at {migrate.newest()}, as this version needs it")]


def may_append(connection: Connection) -> Finding:
    """What ingest and import need."""
    allowed = _one(
        connection,
        "select has_function_privilege('fax.append(uuid, text)', 'execute')"
        " and has_table_privilege('fax.staged_row', 'insert')",
    )
    if allowed:
        return Finding(SUBJECT, "may append", Verdict.OK, f"{connection.info.user} may run ingest and import")
    text = f"{connection.info.user} may not run ingest and import"
    return Finding(SUBJECT, "may append", Verdict.FAIL, text, _grant("fax_ingest", connection))


def may_read(connection: Connection) -> Finding:
    """What sessions, show and reports need."""
    if _one(connection, "select has_table_privilege('fax.sessions', 'select')"):
        return Finding(SUBJECT, "may read", Verdict.OK, f"{connection.info.user} may run sessions and show")
    text = f"{connection.info.user} may not run sessions and show; ingest and import do not need it"
    return Finding(SUBJECT, "may read", Verdict.NOTE, text, _grant("fax_reader", connection))


def writable(connection: Connection) -> Finding:
    """A standby, or a database that was set to read-only, takes no rows."""
    if _one(connection, "show transaction_read_only") == "on":
        change = "use the primary's address, or: alter database ... set default_transaction_read_only = off"
        return Finding(SUBJECT, "writable", Verdict.FAIL, "it is read-only; ingest and import cannot append", change)
    return Finding(SUBJECT, "writable", Verdict.OK, "it takes new rows")


def _heard_of_all(settings: Settings, connection: Connection) -> dict[str, Heard]:
    try:
        rows = {one.name: connection.execute(_HEARD, [one.name]).fetchone() for one in settings.servers}
    except psycopg.errors.InsufficientPrivilege:
        return {}  # the findings on rights have said so
    return {name: Heard(*row) for name, row in rows.items() if row is not None}


def _where(connection: Connection) -> str:
    info = connection.info
    return f"{info.dbname} on {info.host or 'this machine'} as {info.user}"


def _grant(role: str, connection: Connection) -> str:
    name = connection.info.user.replace('"', '""')
    return f'grant {role} to "{name}";'


def _one(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
