"""The stores that benchmarks.append_rate compares: faxstore, its peers, and a bare COPY as the limit.

Each appends the same snapshots of fax sessions.  A batch is one transaction, durable when the call returns.  What a
store appends is made before (`made`), so only the append is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from importlib.util import find_spec
from typing import Any, Protocol
from uuid import UUID, uuid4

import psycopg
from msgspec.structs import asdict
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from faxstore.observations import MICROSECONDS, Life, Observation, moment
from faxstore.sessions.identity import session_id
from faxstore.spool.progress import Progress
from faxstore.store import migrate
from faxstore.store.append import Appender
from faxstore.store.database import connect

LIVE = 200
"""Sessions that are live at a time."""

LIFETIME = 50
"""Snapshots of each session."""

MESSAGE_DB = "FAXSTORE_MESSAGE_DB"
"""Environment variable with the folder of message-db that contains install.sh.

The embedded server lacks pgcrypto: empty extensions/pgcrypto.sql, which gen_random_uuid() no longer needs.
"""

STARTED = int(time.time()) * MICROSECONDS
"""Fresh rows, as an ingestor appends them: late ones cost more."""

LIFE = Life("pbx1", STARTED, started_at=STARTED)
EPOCH = UUID(int=7)

_COLUMNS = """
session_id, started_at, observed_at, position, data_rate, x_resolution, y_resolution, page_number, pages_transmitted,
pages_received, total_bad_lines, collector, words, error_correction_mode, file_name
"""
_TYPES = ["uuid", *["timestamptz"] * 2, "int8", *["int4"] * 8, "int2", "bool", "text"]


def snapshot(number: int) -> Observation:
    """Return observation `number` of a server that polls its live sessions in turn; each has a channel of its own."""
    poll, place = divmod(number, LIVE)
    session = poll // LIFETIME * LIVE + place
    page = 1 + poll % LIFETIME // 10
    return Observation(
        LIFE, STARTED + poll * MICROSECONDS + place, "FAXSession", session, f"PJSIP/trunk-{session:08x}", None,
        "Spandsp", "receive", "Active", "G.711", False, 9600, 8031, 3850, page, 0, page - 1, poll % 10,
        f"/var/spool/asterisk/fax/in-{session:06d}.tif",
    )  # fmt: skip


UNLIMITED = 1_000_000
"""Rows of a batch, for a store without a limit."""


class Store(Protocol):
    """A store in a database of its own."""

    largest: int
    """Rows of the largest batch that it can append."""

    def made(self, batch: list[Observation]) -> Any:
        """Return a batch in the form in which the store appends it."""

    def append(self, made: Any) -> None:
        """Append a batch and return when it is durable."""


class Faxstore:
    """faxstore as the ingestor appends: observations in, sessions resolved, rows in fax.session_history."""

    largest = UNLIMITED

    def __init__(self, dsn: str) -> None:
        migrate.upgrade(dsn)
        connection = connect(dsn)
        self.backend = connection.info.backend_pid
        self._appender = Appender(connection, "benchmark")
        self._spool = Progress(uuid4(), 0)

    def made(self, batch: list[Observation]) -> Any:
        """Return the observations."""
        return batch

    def append(self, made: Any) -> None:
        """Append a batch."""
        rows = self._appender.append(enumerate(made), self._spool).rows
        self._spool = self._spool._replace(appended=self._spool.appended + rows)
        if rows != len(made):
            raise SystemExit("faxstore: rows are missing")


class BareCopy:
    """The limit: binary COPY of finished rows into a table with the columns and indexes of fax.observation."""

    largest = UNLIMITED

    def __init__(self, dsn: str) -> None:
        migrate.upgrade(dsn)
        self._connection = connect(dsn)
        self._connection.execute("create table public.copied (like fax.observation_default including all)")
        self._position = 0

    def made(self, batch: list[Observation]) -> Any:
        """Return rows with their positions."""
        return [self._row(seen) for seen in batch]

    def append(self, made: Any) -> None:
        """Copy a batch."""
        statement = f"copy public.copied ({_COLUMNS}) from stdin (format binary)"
        with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            copy.set_types(_TYPES)
            for row in made:
                copy.write_row(row)

    def _row(self, seen: Observation) -> tuple[Any, ...]:
        self._position += 1
        return (
            session_id(EPOCH, seen.session_number or 0), moment(STARTED), moment(seen.observed_at), self._position,
            seen.data_rate, seen.x_resolution, seen.y_resolution, seen.page_number, seen.pages_transmitted,
            seen.pages_received, seen.total_bad_lines, 1, 211, seen.error_correction_mode, seen.file_name,
        )  # fmt: skip


class Eventsourcing:
    """eventsourcing's application recorder as it is by default: a lock on the table, so that no reader skips an event.

    Its pipeline hangs in larger batches (seen with eventsourcing 9.5.6 and psycopg 3.3.9).
    """

    largest = 1
    _function = False
    """Whether a database function inserts the events."""

    def __init__(self, dsn: str) -> None:
        from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

        parts = {name: str(value) for name, value in conninfo_to_dict(dsn).items()}
        datastore = PostgresDatastore(
            parts.get("dbname", ""), parts.get("host", ""), parts.get("port", "5432"),
            parts.get("user", ""), parts.get("password", ""), enable_db_functions=self._function,
        )  # fmt: skip
        self._recorder = PostgresApplicationRecorder(datastore)
        self._recorder.create_table()
        self._versions: dict[int | None, int] = {}

    def made(self, batch: list[Observation]) -> Any:
        """Return stored events whose state is JSON, numbered per session."""
        from eventsourcing.persistence import StoredEvent

        events = []
        for seen in batch:
            version = self._versions[seen.session_number] = self._versions.get(seen.session_number, 0) + 1
            session = session_id(EPOCH, seen.session_number or 0)
            events.append(StoredEvent(session, version, seen.event, _json(seen).encode()))
        return events

    def append(self, made: Any) -> None:
        """Insert a batch."""
        self._recorder.insert_events(made)


class EventsourcingFunction(Eventsourcing):
    """eventsourcing's fastest mode: a database function without the lock, so a reader can skip events."""

    largest = UNLIMITED
    _function = True


class MessageDb:
    """message-db: one call of write_message() per message, in one transaction per batch."""

    largest = UNLIMITED

    def __init__(self, dsn: str) -> None:
        parts = conninfo_to_dict(dsn)
        names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password"}
        where = {name: str(parts[key]) for name, key in names.items() if parts.get(key)}
        environment = os.environ | where | {"DATABASE_NAME": "message_store"}
        folder = os.environ[MESSAGE_DB]
        subprocess.run(["bash", "install.sh"], cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
        options = "-c search_path=message_store,public"
        self._connection = psycopg.connect(make_conninfo(dsn, dbname="message_store", options=options), autocommit=True)

    def made(self, batch: list[Observation]) -> Any:
        """Return stream names and JSON."""
        return [(f"fax-{seen.session_number}", _json(seen)) for seen in batch]

    def append(self, made: Any) -> None:
        """Write a batch."""
        with self._connection.transaction(), self._connection.cursor() as cursor:
            cursor.executemany("select write_message(gen_random_uuid()::varchar, %s, 'FAXSession', %s)", made)


def _json(seen: Observation) -> str:
    fields = asdict(seen)
    del fields["life"]
    return json.dumps(fields)


def available() -> dict[str, type[Any] | None]:
    """Return the stores by name; None for one that is not installed."""
    return {
        "faxstore": Faxstore,
        "eventsourcing": Eventsourcing if find_spec("eventsourcing") else None,
        "eventsourcing, without its lock": EventsourcingFunction if find_spec("eventsourcing") else None,
        "message-db": MessageDb if MESSAGE_DB in os.environ else None,
        "bare COPY": BareCopy,
    }
