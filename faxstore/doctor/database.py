"""The doctor's checks of the database: reachable, version, schema, rights, writable, compaction."""

from __future__ import annotations

from collections.abc import Callable

from faxstore.counted import counted
from faxstore.doctor import history_checks
from faxstore.doctor.facts import RecentFaxes
from faxstore.doctor.findings import Finding, Verdict
from faxstore.doctor.retention import retention
from faxstore.errors import FaxstoreError, UnreachableError
from faxstore.settings.values import Settings
from faxstore.store import backlog, embedded
from faxstore.store.database import Connection, connect, one_line_errors, open_dsn
from faxstore.store.schema_version import newest, require_current

SUBJECT = "database"
_MAY_APPEND = """
select bool_and(has_function_privilege(oid, 'execute')) from pg_proc
where pronamespace = 'fax'::regnamespace and proname = 'append'
"""
_MAY_READ_TOTALS = "select has_table_privilege('fax.session_untotalled', 'select')"
_MAY_READ_ROLLUPS = "select has_column_privilege('fax.usage_rollup', 'merged', 'select')"
_MAY_READ_COVERAGE = "select has_function_privilege('fax.uncovered_days(timestamptz)', 'execute')"
_MAY_READ_DAYS = "select has_column_privilege('fax.reconciliation_day', 'since', 'select')"
_MAY_PACK = "select has_function_privilege('fax.periods_to_pack(timestamptz)', 'execute')"
OLDEST = 150000
"""server_version_num of the oldest Postgres that faxstore is tested with."""


def examine(settings: Settings) -> tuple[dict[str, RecentFaxes], list[Finding]]:
    """Return the recent faxes by server name, as far as this user may read them, and the findings.

    It starts the embedded server, but does not create its files.
    """
    if settings.dsn is None and not (settings.data_dir / embedded.FOLDER).exists():
        return {}, [_not_created(settings)]
    try:
        with open_dsn(settings) as dsn, connect(dsn) as connection, one_line_errors(connection, "fax_ingest"):
            info = connection.info
            where = f"{info.dbname} on {info.host or 'this machine'} as {info.user}"
            findings = [Finding(SUBJECT, "reachable", Verdict.OK, where), version(info.server_version)]
            for check in CHECKS:
                findings.append(check(connection))
                if check is schema and findings[-1].verdict is not Verdict.OK:
                    return {}, findings
            findings += [packs(connection, settings.pack_after), retention(connection, settings.retention)]
            return history_checks.recent_faxes(connection, [server.name for server in settings.servers]), findings
    except UnreachableError as error:
        change = "check that the server runs, and database.dsn in faxstore.toml, FAXSTORE_DSN or --dsn"
        return {}, [Finding(SUBJECT, "reachable", Verdict.FAIL, str(error), change, unreachable=True)]
    except FaxstoreError as error:
        return {}, [Finding(SUBJECT, "usable", Verdict.FAIL, str(error))]


def _not_created(settings: Settings) -> Finding:
    text = f"no DSN is set, and {settings.data_dir} has no embedded database yet"
    change = "run faxstore migrate, or set database.dsn in faxstore.toml, FAXSTORE_DSN or --dsn"
    return Finding(SUBJECT, "created", Verdict.FAIL, text, change)


def version(number: int) -> Finding:
    """Check the version of Postgres, from its server_version_num: 150004 is 15.4."""
    text = f"PostgreSQL {number // 10000}.{number % 10000}"
    if number >= OLDEST:
        return Finding(SUBJECT, "version", Verdict.OK, text)
    change = f"upgrade Postgres: faxstore needs version {OLDEST // 10000} or newer"
    return Finding(SUBJECT, "version", Verdict.FAIL, text, change)


def schema(connection: Connection) -> Finding:
    """Check that the schema is the one that this version of faxstore needs."""
    try:
        with one_line_errors(connection, "fax_ingest"):
            require_current(connection)
    except FaxstoreError as error:
        return Finding(SUBJECT, "schema", Verdict.FAIL, str(error))
    return Finding(SUBJECT, "schema", Verdict.OK, f"{newest()}, current")


def may_append(connection: Connection) -> Finding:
    """Check the rights that ingest and import need."""
    user = connection.info.user
    if _value(connection, _MAY_APPEND):
        return Finding(SUBJECT, "may append", Verdict.OK, f"{user} may run ingest and import")
    text, change = f"{user} may not run ingest or import", _grant("fax_ingest", user)
    return Finding(SUBJECT, "may append", Verdict.FAIL, text, change)


def may_read(connection: Connection) -> Finding:
    """Check the right that sessions, show and the reports need."""
    user = connection.info.user
    if _value(connection, "select has_table_privilege('fax.sessions', 'select')"):
        return Finding(SUBJECT, "may read", Verdict.OK, f"{user} may run sessions and show")
    text = f"{user} may not run sessions or show; ingest and import do not need this right"
    return Finding(SUBJECT, "may read", Verdict.NOTE, text, _grant("fax_reader", user))


def writable(connection: Connection) -> Finding:
    """Check that the database is neither a standby nor read-only."""
    if _value(connection, "show transaction_read_only") == "on":
        text = "the database is read-only; ingest and import cannot append"
        change = "use the primary's address, or: alter database ... set default_transaction_read_only = off"
        return Finding(SUBJECT, "writable", Verdict.FAIL, text, change)
    return Finding(SUBJECT, "writable", Verdict.OK, "the database accepts new rows")


def totals(connection: Connection) -> Finding:
    """Check that sessions get their totals; without one, a session is folded for each query."""
    if not _value(connection, _MAY_READ_TOTALS):
        return Finding(SUBJECT, "totals", Verdict.NOTE, f"{connection.info.user} may not read which sessions have one")
    waiting, oldest = backlog.sessions_without_totals(connection)
    if not waiting:
        return Finding(SUBJECT, "totals", Verdict.OK, "every session that has been quiet for an hour has one")
    found = counted(waiting, "sessions") if waiting < 1000 else "1,000 or more sessions"
    text = f"none yet for {found} without a row for an hour, the oldest since {oldest:%Y-%m-%d}"
    return Finding(SUBJECT, "totals", Verdict.WARN, text, "run faxstore compact; faxstore ingest then writes new ones")


def rollups(connection: Connection) -> Finding:
    """Check that the counts of usage are added up; queries read those that are not one by one."""
    if not _value(connection, _MAY_READ_ROLLUPS):
        return Finding(SUBJECT, "roll-ups", Verdict.NOTE, f"{connection.info.user} may not read which are added up")
    if backlog.unmerged_rollups(connection) < backlog.MANY_ROLLUPS:
        few = f"fewer than {counted(backlog.MANY_ROLLUPS, 'rows')} of usage wait to be added up"
        return Finding(SUBJECT, "roll-ups", Verdict.OK, few)
    text = f"{backlog.MANY_ROLLUPS:,} or more rows of usage wait to be added up; reports of usage read them one by one"
    change = "run faxstore compact; faxstore ingest then adds up new ones"
    return Finding(SUBJECT, "roll-ups", Verdict.WARN, text, change)


def coverage(connection: Connection) -> Finding:
    """Check that the coverage of past days is stored; queries compute that of others from each poll."""
    if not _value(connection, _MAY_READ_COVERAGE):
        return Finding(SUBJECT, "coverage", Verdict.NOTE, f"{connection.info.user} may not read which days are stored")
    days, oldest = backlog.uncovered_days(connection)
    if not days:
        return Finding(SUBJECT, "coverage", Verdict.OK, "stored up to a day ago or later")
    text = (
        f"not stored: {counted(days, 'days')} of a server, the oldest {oldest:%Y-%m-%d}; queries read each poll of them"
    )
    change = "run faxstore compact; faxstore ingest then stores new ones"
    return Finding(SUBJECT, "coverage", Verdict.WARN, text, change)


def reconciliation(connection: Connection) -> Finding:
    """Check that the reconciliation of past days is stored; queries compute that of others from each reading."""
    if not _value(connection, _MAY_READ_DAYS):
        text = f"{connection.info.user} may not read which days are stored"
        return Finding(SUBJECT, "reconciliation", Verdict.NOTE, text)
    days, oldest = backlog.unreconciled_days(connection)
    if not days:
        return Finding(SUBJECT, "reconciliation", Verdict.OK, "stored up to three days ago or later")
    missing = f"{counted(days, 'days')} of a server, the oldest {oldest:%Y-%m-%d}"
    text = f"not stored: {missing}; queries compare each reading of them"
    change = "run faxstore compact; faxstore ingest then stores new ones"
    return Finding(SUBJECT, "reconciliation", Verdict.WARN, text, change)


def packs(connection: Connection, pack_after: float) -> Finding:
    """Check that the rows of past days are packed; rows that are not take ten times the space."""
    if not _value(connection, _MAY_PACK):
        return Finding(SUBJECT, "packs", Verdict.NOTE, f"{connection.info.user} may not read which days are packed")
    late = pack_after + backlog.LATE_DAYS
    waiting, oldest = backlog.unpacked_days(connection, pack_after)
    if not waiting:
        return Finding(SUBJECT, "packs", Verdict.OK, f"no row is over {late:g} days old and not packed")
    text = f"rows since {oldest:%Y-%m-%d} are over {late:g} days old and not packed; they take ten times the space"
    return Finding(SUBJECT, "packs", Verdict.WARN, text, "run faxstore compact; faxstore ingest then packs new ones")


def _grant(role: str, user: str) -> str:
    name = user.replace('"', '""')
    return f'grant {role} to "{name}";'


def _value(connection: Connection, query: str) -> object:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


CHECKS: tuple[Callable[[Connection], Finding], ...] = (
    schema, may_append, may_read, writable, totals, rollups, coverage, reconciliation,
)  # fmt: skip
"""Without a current schema, the checks after `schema` do not run."""
