"""Fills a database with a generated year, day by day, through the append and the compaction of observed faxes.

A day is the same in each run, and rows that are there already are ignored.  So a run continues where an earlier one was
interrupted or ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from faxstore import sql
from faxstore.demo.progress import Progress
from faxstore.demo.year_plan import SERVERS, Fax, Server, faxes_of
from faxstore.demo.year_records import FaxRecords
from faxstore.demo.year_servers import DAY, Gap, connections, gaps_of, life_of, observations
from faxstore.errors import UsageError
from faxstore.observations import Listing, Observation, Record, microseconds
from faxstore.store import packs
from faxstore.store.append import Appender
from faxstore.store.compaction import merge_all_rollups, write_all_days, write_all_totals
from faxstore.store.database import Connection
from faxstore.store.known_values import known_servers
from faxstore.visible import visible

COLLECTOR = "faxstore demo --year"
PACK_AFTER = 2.0
"""Days, as in the settings."""

COMPACTION = 0.4
"""The share of the work that compaction is, about."""

_POLLS = sql.text("queries/demo/add_polls")
_NEWEST = "select max(started_at) from fax.session"


def require_generated(connection: Connection) -> None:
    """Raises UsageError if the database has a server that a generated year does not have."""
    generated = {server.name for server in SERVERS}
    others = [name for name in known_servers(connection) if name not in generated]
    if others:
        raise UsageError(
            f"--year: the database has observed faxes (server {visible(others[0])}): give the --dsn of another one, or"
            " none for the demo's own"
        )


def first_day(now: datetime) -> date:
    """Return the first day of the year until now: that of the same month a year ago, when the servers restarted."""
    return date(now.year - 1, now.month, 1)


def fill(connection: Connection, first: date, now: datetime, progress: Progress) -> None:
    """Append and compact the days from the first of a month until now, as far as the database lacks them."""
    ((newest,),) = connection.execute(_NEWEST).fetchall()
    begin = max(first, newest.astimezone(UTC).date()) if newest else first
    appender, months = Appender(connection, COLLECTOR), [_Month(server) for server in SERVERS]
    days = (now.date() - first).days + 1
    for number in range(days):
        day = first + number * DAY
        records = [record for month in months for record in month.observed(day, now)]
        if day >= begin:
            _append_day(connection, appender, day, now, records)
        progress((number + 1) / days * (1 - COMPACTION))
    _compact(connection, progress)


@dataclass
class _Month:
    """The faxes of a server since its last restart: their numbers count from there."""

    server: Server
    faxes: list[Fax] = field(default_factory=list)

    def observed(self, day: date, now: datetime) -> list[Record]:
        """Return the records of a day that polls observed by now; a fax that would still be in progress has none."""
        gaps = gaps_of(self.server, day)
        return [record for record in self._records(day, now, gaps) if _is_observed(record, gaps, now)]

    def _records(self, day: date, now: datetime, gaps: Sequence[Gap]) -> Iterator[Record]:
        if day.day == 1:
            self.faxes = []
        life, first = life_of(self.server, day), len(self.faxes)
        self.faxes += faxes_of(self.server, day)
        for number, fax in enumerate(self.faxes[first:], first):
            if _end(fax) < now:
                yield from FaxRecords(fax, number, life).records()
        for gap in gaps:
            numbers = [number for number, fax in enumerate(self.faxes) if fax.at < gap.ended < _end(fax)]
            yield Listing(life, microseconds(gap.ended), tuple(numbers))
        yield from observations(self.server, day, gaps, self.faxes)


def _end(fax: Fax) -> datetime:
    return fax.at + timedelta(seconds=fax.seconds)


def _is_observed(record: Record, gaps: Sequence[Gap], now: datetime) -> bool:
    if isinstance(record, Observation) and any(gap.hides(record.observed_at) for gap in gaps):
        return False
    return record.observed_at < microseconds(now)


def _append_day(connection: Connection, appender: Appender, day: date, now: datetime, records: list[Record]) -> None:
    for server in SERVERS:
        for since, until in connections(day, gaps_of(server, day), now):
            polled = {"server": server.name, "collector": COLLECTOR, "since": since, "until": until}
            connection.execute(_POLLS, polled)
    records.sort(key=lambda record: record.observed_at)
    appender.append(enumerate(records))


def _compact(connection: Connection, progress: Progress) -> None:
    steps: Sequence[Callable[[], object]] = (
        lambda: write_all_totals(connection, 0, lambda _: None),
        lambda: merge_all_rollups(connection),
        lambda: write_all_days(connection),
        lambda: packs.pack_all(connection, PACK_AFTER, lambda _: None),
        lambda: connection.execute("vacuum (analyze)"),
        lambda: packs.drop_packed(connection),
    )
    for number, step in enumerate(steps, 1):
        step()
        progress(1 - COMPACTION + COMPACTION * number / len(steps))
