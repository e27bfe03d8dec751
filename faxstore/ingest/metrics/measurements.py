"""The Measurements of one ingestor process: where its parts count, and a Snapshot of all counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from faxstore.ami.collector import Collector
from faxstore.ami.poll_figures import PollFigures
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.leader_election import LeaderElection
from faxstore.ingest.leadership import Leadership
from faxstore.ingest.metrics.append_figures import AppendFigures
from faxstore.ingest.metrics.database_readings import DatabaseReadings
from faxstore.ingest.metrics.finished_faxes import FinishedFaxes
from faxstore.ingest.snapshot import ServerSnapshot, Snapshot
from faxstore.ingest.spool_writer import SpoolWriter
from faxstore.observations import MICROSECONDS
from faxstore.reader.coverage import LONGEST_PAUSE
from faxstore.store.append import Appended


class Measurements:
    """What one process counts."""

    def __init__(self, servers: Iterable[str], pack_after: float) -> None:
        self.polls = {name: PollFigures(LONGEST_PAUSE / MICROSECONDS) for name in servers}
        """By server."""
        self.appends = AppendFigures()
        self.faxes = FinishedFaxes()
        self.database = DatabaseReadings(pack_after)

    def appended(self, batch: Appended) -> None:
        """Count a committed batch; the carrier calls this."""
        self.appends.add(batch)
        self.faxes.add(batch.sessions)

    def snapshot(
        self,
        now: float,
        collectors: Mapping[str, Collector],
        election: LeaderElection,
        writer: SpoolWriter,
        carrier: Carrier,
    ) -> Snapshot:
        """Return all counts; only the thread of the event loop may call this.  `now` is event loop time."""
        spool_records, spool_oldest_at = writer.backlog
        return Snapshot(
            servers={
                name: _server(now, figures, collectors.get(name), election.leaderships[name])
                for name, figures in self.polls.items()
            },
            faxes=self.faxes.counts,
            rejected=dict(self.appends.rejected),
            spool_records=spool_records,
            spool_oldest_at=spool_oldest_at,
            spool_memory_bytes=writer.memory_bytes,
            dropped_records=writer.dropped_records,
            appended_records=self.appends.records,
            last_append_at=self.appends.last_at,
            append_lag_seconds=self.appends.lag_seconds,
            has_database=carrier.has_database,
            database=self.database.newest,
        )


def _server(now: float, polls: PollFigures, collector: Collector | None, leadership: Leadership) -> ServerSnapshot:
    return ServerSnapshot(
        is_collecting=leadership.is_collecting,
        is_standby=leadership.is_standby,
        is_connected=collector is not None and collector.connected,
        connections=polls.connections,
        polls=polls.polls,
        failed_polls=polls.failed_polls,
        poll_seconds=polls.poll_seconds,
        poll_lag_seconds=collector.lag_seconds if collector else 0.0,
        last_poll_at=polls.last_poll_at,
        live_sessions=polls.live_sessions,
        gap_seconds=polls.gap_seconds(now),
        has_gap=polls.has_gap(now),
    )
