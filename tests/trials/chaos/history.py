"""Compares the history with the ledger, row by row: nothing missing, nothing twice, nothing wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.trials.chaos import expected_rows as rows
from tests.trials.chaos.ledger import Ledger, Message

Row = dict[str, Any]

CLOCK = 1.5
"""Seconds by which a busy machine may delay the ingestor between reading bytes and reading the clock."""


@dataclass
class Differences:
    """The differences, as text by kind, and the counts."""

    found: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, text: str) -> None:
        self.found[kind].append(text)


class History:
    """Compares the tables with one ledger."""

    def __init__(self, ledger: Ledger, differences: Differences) -> None:
        self._ledger = ledger
        self._out = differences
        self._seen: dict[int, str] = {}
        self._held = 0.0
        self.sessions: dict[UUID, list[Row]] = defaultdict(list)
        """The rows of each session, in the order of their positions."""
        self.fax_of: dict[UUID, int] = {}
        """The fax of each listed session."""
        self.halves: set[UUID] = set()
        """Sessions with a row from half a message; their other values are not judged."""

    def compare(self, connection: psycopg.Connection[Any], waiting: set[int]) -> None:
        """Compares everything; `waiting` are the serials that are still in the spool."""
        cursor = connection.cursor(row_factory=dict_row)
        for row in cursor.execute(
            "select h.*, s.session_number, s.channel, s.uniqueid, s.is_fax from fax.session_history h"
            " join fax.session s using (session_id) where s.server = 'chaos' order by h.position"
        ):
            self.sessions[row["session_id"]].append(row)
            self._session_row(row)
        for row in cursor.execute(
            "select event, details from fax.server_history where server = 'chaos' and details ? 'Serial'"
        ).fetchall():
            self._server_row(row)
        self._missing(waiting)
        self._identities()
        self._gone()

    # -- rows ----------------------------------------------------------------------------------------

    def _session_row(self, row: Row) -> None:
        where = f"position {row['position']}, {row['event']}"
        if row["event"] in rows.CONCLUDED:
            self._out.counts[row["event"]] += 1
            return
        messages = self._messages(row, where)
        if not messages:
            self.halves.add(row["session_id"])
            return
        message, entry = messages[0], (messages[1] if len(messages) > 1 else None)
        if any(part.sent_at is None for part in messages):
            self.halves.add(row["session_id"])
            return
        expected = rows.of_session(message, entry)
        for name in rows.COLUMNS:
            if row[name] != expected[name]:
                self._out.add("wrong", f"{where}: {name} is {row[name]!r}, the ledger has {expected[name]!r}")
        if row["event"] != message.kind:
            self._out.add("wrong", f"{where}: the ledger has a {message.kind}")
        at, sent, read = row["observed_at"].timestamp(), message.sent_at or 0.0, message.read_at
        if not sent - CLOCK <= at <= (read or at) + CLOCK:
            self._out.add("wrong", f"{where}: observed at {at:.3f}, sent at {sent:.3f} and read at {read}")

    def _server_row(self, row: Row) -> None:
        where = f"server history, {row['event']}"
        for message in self._messages(row, where):
            if message.sent_at is not None and rows.of_server(message) != row["details"]:
                self._out.add("wrong", f"{where}: {row['details']}, the ledger has {rows.of_server(message)}")

    def _messages(self, row: Row, where: str) -> list[Message]:
        """The messages that form the row; marks each as seen."""
        try:
            found = [self._ledger.messages[serial] for serial in rows.serials(row["details"])]
        except (ValueError, IndexError) as error:
            self._out.add("half a message", f"{where}: {error}")
            return []
        if not found:
            self._out.add("wrong", f"{where}: of no message at all: {row['details']}")
        for message in found:
            self._out.counts[message.kind] += 1
            if message.sent_at is None:
                self._out.add("half a message", f"{where} of {_named(message)}: {row['details']}")
            if message.serial in self._seen:
                self._out.add("double", f"{where}: message {message.serial} is also at {self._seen[message.serial]}")
            self._seen[message.serial] = where
        return found

    def _missing(self, waiting: set[int]) -> None:
        spooled = set().union(*(kill.spooled for kill in self._ledger.kills))
        for message in self._ledger.messages:
            if message.kind not in rows.KINDS or message.serial in self._seen:
                continue
            if message.serial in waiting and message.kind in rows.CHANNEL_KINDS:
                self._out.counts["waiting in the spool"] += 1
            elif message.serial in spooled:
                self._out.add("missing", f"{_named(message)}, which was in the spool after a kill")
            elif message.read_at is None:
                self._out.counts["in flight or cut, not there"] += 1
            elif kill := self._ledger.killed_with(message):
                self._out.counts["lost in memory at a kill"] += 1
                if message.kind != "FAXSessionsEntry":
                    self._held = max(self._held, kill.at - message.read_at)
            else:
                self._out.add("missing", f"{_named(message)}, read at {message.read_at:.3f}")
        in_flight = sum(1 for serial in self._seen if self._ledger.messages[serial].read_at is None)
        self._out.counts["in flight, there"] = in_flight
        self._out.counts["milliseconds that the oldest lost was in memory"] = round(1000 * self._held)

    # -- sessions ------------------------------------------------------------------------------------

    def _identities(self) -> None:
        """Checks that each fax has one session and each session has one fax."""
        sessions: dict[int, set[UUID]] = defaultdict(set)
        unlisted: dict[UUID, set[int]] = {}
        merged: Counter[int] = Counter()
        for session_id, of_session in self.sessions.items():
            faxes = {self._fax(row, rows.LISTED_KINDS) for row in of_session} - {None}
            for fax in faxes:
                sessions[fax].add(session_id)
            if len(faxes) > 1 and self._lives_run_together(faxes):
                merged[max(self._ledger.faxes[fax].registry for fax in faxes)] += 1
            elif len(faxes) > 1:
                self._out.add("wrong", f"session {session_id} is {len(faxes)} faxes: {self._known(faxes)}")
            elif faxes:
                self.fax_of[session_id] = fax = faxes.pop()
                self._is(of_session[0], fax)
                for row in of_session:
                    other = self._fax(row, rows.CHANNEL_KINDS)
                    if other is not None and other != fax:
                        text = f"position {row['position']}, {row['event']} of {self._known({other})}"
                        self._out.add("wrong", f"{text} is tied to {self._known({fax})}")
            elif not of_session[0]["is_fax"]:
                self._out.counts["calls without a fax"] += 1
            else:
                unlisted[session_id] = {self._fax(row, rows.CHANNEL_KINDS) for row in of_session} - {None}
        for fax, ids in sessions.items():
            if len(ids) > 1:
                self._out.add("wrong", f"{self._known({fax})} is {len(ids)} sessions: {sorted(map(str, ids))}")
        for life, count in merged.items():
            self._out.add("reload unseen", f"life {life} of the registry is taken for the one before: {count} sessions")
        for session_id, faxes in unlisted.items():
            self._unlisted(session_id, faxes, sessions.keys() & faxes)
        self._out.counts["sessions"] = len(self.fax_of)

    def _lives_run_together(self, faxes: set[int]) -> bool:
        """Whether no recorded Load separates their lives: nobody watched when res_fax was reloaded."""
        lives = sorted({self._ledger.faxes[fax].registry for fax in faxes})
        between = range(lives[0] + 1, lives[-1] + 1)
        return len(lives) == len(faxes) and all(life in self._unseen_reloads for life in between)

    @cached_property
    def _unseen_reloads(self) -> set[int]:
        seen = (self._ledger.messages[serial] for serial in self._seen)
        return self._ledger.reloads - {message.registry for message in seen if message.kind == "Load"}

    def _unlisted(self, session_id: UUID, faxes: set[int], listed: set[int]) -> None:
        """Checks a session that has only events: of one fax that no list showed in time.

        `listed` are its faxes that a list did show.
        """
        if len(faxes) > 1:
            self._out.add("wrong", f"the unlisted session {session_id} is {len(faxes)} faxes: {self._known(faxes)}")
        self._out.counts["unlisted sessions"] += 1
        if listed:
            self._out.add("listed and unlisted", f"session {session_id} is unlisted, of {self._known(listed)}")

    def _is(self, row: Row, fax: int) -> None:
        known = self._ledger.faxes[fax]
        recorded = (row["session_number"], row["channel"])
        if recorded != (known.number, known.channel) or row["uniqueid"] not in (None, known.uniqueid):
            self._out.add(
                "wrong", f"session {row['session_id']} is {recorded} {row['uniqueid']}, the ledger has {known}"
            )

    def _fax(self, row: Row, kinds: frozenset[str]) -> Any:
        if row["event"] not in kinds:
            return None
        try:
            return self._ledger.messages[rows.serials(row["details"])[0]].fax
        except (ValueError, IndexError):
            return None  # reported already

    def _known(self, faxes: set[int]) -> str:
        return "; ".join(f"fax {fax} ({self._ledger.faxes[fax]})" for fax in sorted(faxes)[:3])

    def _gone(self) -> None:
        """Checks that a session that is gone is never seen again."""
        for session_id in self.fax_of:
            gone = [row["observed_at"] for row in self.sessions[session_id] if row["event"] == "Gone"]
            later = [
                row for row in self.sessions[session_id]
                if gone and row["event"] in ("FAXSession", "FAXSessionsEntry") and row["observed_at"] > min(gone)
            ]  # fmt: skip
            if later:
                self._out.add(
                    "wrong", f"session {session_id} is gone at {min(gone)}, and listed at {later[-1]['observed_at']}"
                )
            if len(gone) > 1:
                self._out.add("double", f"session {session_id} is gone {len(gone)} times: {list(map(str, gone))}")


def _named(message: Message) -> str:
    return f"message {message.serial} ({message.kind}, fax {message.fax}, connection {message.connection})"
