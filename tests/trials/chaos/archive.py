"""The archive: recordings of an old month, imported in pieces during a run, so that there are rows to pack.

The faxes of the simulated Asterisk are of today, and rows are packed after days.  So recordings, moved to an old month,
arrive beside them, in pieces and more than once, while `faxstore compact` runs; both are killed at random.  Some of
their sessions are erased.  At the end a database that never compacted imports the same pieces, and must show the same.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from faxstore.capture import recording
from faxstore.ingest.importer import import_file
from faxstore.store import migrate
from tests.kit.imported_pieces import write_pieces
from tests.kit.truth import CAPTURES
from tests.trials.chaos.commands import Commands
from tests.trials.chaos.postgres import Postgres

RECORDINGS = ("one-page-22", "ten-pages-22", "restart-22", "t38-22", "churn-22")
EARLIER = 45 * 86_400.0
"""Seconds by which the recordings are moved."""

_OF_SERVER = "where v.server like 'archive%'"
_OF_SESSION = "join fax.session s using (session_id) where s.server like 'archive%'"
VIEWS = {
    **dict.fromkeys(("session_history", "session_timeline"), _OF_SESSION),
    **dict.fromkeys(("sessions", "session_pages", "usage_daily", "failures"), _OF_SERVER),
    **dict.fromkeys(("reconciliation", "coverage_gaps"), _OF_SERVER),
}
"""What must not depend on kills and compaction, with the condition for the rows of the archive."""

ROWS = """
select (to_jsonb(v) - '{{position,first_position,last_position}}'::text[])::text from fax.{view} v {condition}
"""

ERASE = "select fax.erase_sessions(%s, 'asked for')"


class Archive:
    """Imports and compacts until it is cancelled, and then completes both."""

    def __init__(self, folder: Path, postgres: Postgres, dsn: str, rng: random.Random) -> None:
        self._postgres, self._rng = postgres, rng
        self.commands = Commands(dsn, rng)
        self._as_owner = Commands(postgres.dsn_url, rng)
        self._pieces = [
            (f"archive{n}", _pieces(folder / f"archive{n}", name, rng)) for n, name in enumerate(RECORDINGS)
        ]
        self._complete: set[str] = set()
        """Servers with a recording in whole: only they are erased, because an import needs the names of channels."""
        self.erased: set[Any] = set()

    @property
    def unclean(self) -> list[str]:
        """What went wrong with a command."""
        return [*self.commands.unclean, *self._as_owner.unclean]

    async def runs(self) -> None:
        """Import, compact, erase, vacuum and seal at random moments, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for work, pause in ((self._imports, 3.0), (self._compacts, 1.5), (self._changes, 4.0)):
                group.create_task(self._again(work, pause))

    async def _again(self, work: Any, pause: float) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(0, 2 * pause))
            with suppress(psycopg.OperationalError):
                await work()

    async def _imports(self) -> None:
        server, paths = self._rng.choice(self._pieces)
        place = self._rng.randrange(len(paths))
        status = await self.commands.run("import", "--server", server, paths[place], kills=0.3)
        if status == 0 and place == len(paths) - 1:
            self._complete.add(server)

    async def _compacts(self) -> None:
        await self.commands.run("compact", "--everything", kills=0.7)

    async def _changes(self) -> None:
        what = self._rng.choice((self._erases, self._vacuums, self._seals))
        await what()

    async def _erases(self) -> None:
        await asyncio.to_thread(self._erase_one)

    def _erase_one(self) -> None:
        options = "-c default_transaction_read_only=off"
        with psycopg.connect(self._postgres.dsn, autocommit=True, connect_timeout=3, options=options) as connection:
            query = "select session_id from fax.session where server = any (%s) order by random() limit 1"
            found = [session for (session,) in connection.execute(query, [list(self._complete)])]
            self.erased.update(found)
            connection.execute(ERASE, [found])

    async def _vacuums(self) -> None:
        await self._postgres.execute("vacuum fax.observation")

    async def _seals(self) -> None:
        await self._as_owner.run("seal", kills=0.3)

    async def complete(self) -> None:
        """Import everything, erase what was erased, and compact."""
        for server, paths in self._pieces:
            assert await self.commands.run("import", "--server", server, *paths) == 0, self.commands.ends
        await asyncio.to_thread(self._erase_again)
        for _ in range(2):  # the second drops what is empty after the vacuum
            assert await self.commands.run("compact", "--everything") == 0, self.commands.ends
            await self._vacuums()
        assert await self._as_owner.run("seal") == 0, self._as_owner.ends

    def _erase_again(self) -> None:
        with psycopg.connect(self._postgres.dsn, autocommit=True) as connection:
            connection.execute(ERASE, [list(self.erased)])

    def differences(self) -> list[str]:
        """What the database shows otherwise than one that imported the same and never compacted."""
        with psycopg.connect(self._postgres.dsn, autocommit=True) as connection:
            connection.execute("create database reference")
            found = _shown(connection)
        reference = make_conninfo(self._postgres.dsn, dbname="reference")
        migrate.upgrade(reference)
        with psycopg.connect(reference, autocommit=True) as connection:
            for server, paths in self._pieces:
                for path in paths:
                    import_file(connection, path, server, lambda _: None)
            connection.execute(ERASE, [list(self.erased)])
            expected = _shown(connection)
        return [*_texts("missing", expected - found), *_texts("not expected", found - expected)]


def _pieces(folder: Path, name: str, rng: random.Random) -> list[str]:
    """Write a recording, moved to an old month, in three overlapping pieces; return their paths in order."""
    folder.mkdir()
    lines = [replace(line, ts=line.ts - EARLIER) for line in recording.read(str(CAPTURES / f"{name}.jsonl.gz"))]
    first, second = sorted(rng.sample(range(len(lines) // 10, len(lines)), 2))
    return write_pieces(folder, lines, [(0, first), (max(0, first - 20), second), (max(0, second - 20), len(lines))])


def _shown(connection: psycopg.Connection) -> set[tuple[str, str]]:
    """The rows of all queries, as texts; none of these queries returns a row twice."""
    connection.execute("set timezone = 'UTC'")
    return {
        (view, text)
        for view, condition in VIEWS.items()
        for (text,) in connection.execute(ROWS.format(view=view, condition=condition).encode())
    }


def _texts(what: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{what} in {name}: {text}" for name, text in sorted(rows)]
