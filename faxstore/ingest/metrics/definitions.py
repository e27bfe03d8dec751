"""The metrics: name, kind, labels and meaning, and where their values come from.

Names follow the conventions of Prometheus: base units, `_total` for counters, timestamps rather than ages.  Labels are
the server, the number of the worker, and words of fixed lists; never a number, an account or a remote station.
docs/reference/metrics.md is generated from this list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from faxstore import __version__
from faxstore.ingest.metrics.samples import (
    Sample,
    State,
    of_database,
    of_faxes,
    of_servers,
    of_workers,
    pages,
    rejected,
    sessions,
    workers_up,
)


class Metric(NamedTuple):
    """A metric family."""

    name: str
    kind: str
    """counter, gauge or summary."""
    labels: tuple[str, ...]
    meaning: str
    """One or two sentences, for HELP and the documentation."""
    samples: Callable[[State], Iterator[Sample]]


SERVER = ("server",)
WORKER = ("worker",)

METRICS = (
    Metric(
        "faxstore_sessions_total", "counter", ("server", "direction", "result"),
        "Finished faxes by direction (sent, received, gateway, unknown) and result (success, failed, unknown).",
        of_faxes(sessions),
    ),
    Metric(
        "faxstore_failures_total", "counter", ("server", "result_class"),
        "Failed faxes by class of the result, as in Asterisk's fax show stats.",
        of_faxes(lambda counts: {(name,): number for name, number in counts.failures.items()}),
    ),
    Metric(
        "faxstore_pages_total", "counter", ("server", "direction"), "Pages of finished faxes.", of_faxes(pages),
    ),
    Metric(
        "faxstore_bad_lines_total", "counter", SERVER,
        "Bad lines on accepted pages of finished faxes whose bad lines are measurable (received without ECM).",
        of_faxes(lambda counts: {(): counts.bad_lines}),
    ),
    Metric(
        "faxstore_measured_pages_total", "counter", SERVER,
        "Pages of finished faxes whose bad lines are measurable.",
        of_faxes(lambda counts: {(): counts.measured_pages}),
    ),
    Metric(
        "faxstore_live_sessions", "gauge", SERVER,
        "Faxes in the newest list of the server.", of_servers(lambda server: server.live_sessions),
    ),
    Metric(
        "faxstore_connected", "gauge", SERVER,
        "1 if the server is connected and accepted the login, else 0.",
        of_servers(lambda server: server.is_connected),
    ),
    Metric(
        "faxstore_collecting", "gauge", SERVER,
        "1 if this ingestor is to collect from the server, 0 if it is standby for another one.",
        of_servers(lambda server: server.is_collecting),
    ),
    Metric(
        "faxstore_reconnects_total", "counter", SERVER,
        "Accepted logins after the first one.", of_servers(lambda server: max(0, server.connections - 1)),
    ),
    Metric(
        "faxstore_polls_total", "counter", SERVER,
        "Polls that returned a complete list of sessions.", of_servers(lambda server: server.polls),
    ),
    Metric(
        "faxstore_failed_polls_total", "counter", SERVER,
        "Polls that were refused, not answered in time, or answered with an incomplete list.",
        of_servers(lambda server: server.failed_polls),
    ),
    Metric(
        "faxstore_poll_duration_seconds", "summary", SERVER,
        "Seconds from the request of a list to the last answer of a good poll.",
        of_servers(lambda server: (server.polls, server.poll_seconds)),
    ),
    Metric(
        "faxstore_poll_lag_seconds", "gauge", SERVER,
        "Seconds that the newest poll began later than it was due.",
        of_servers(lambda server: server.poll_lag_seconds),
    ),
    Metric(
        "faxstore_last_poll_timestamp_seconds", "gauge", SERVER,
        "When the newest good poll ended, in seconds since 1970. Absent before the first one.",
        of_servers(lambda server: server.last_poll_at),
    ),
    Metric(
        "faxstore_gap_seconds_total", "counter", SERVER,
        "Seconds without coverage while this ingestor was to collect: from a good poll to the next one, if the"
        " connection was lost in between or more than 30 s passed.",
        of_servers(lambda server: server.gap_seconds),
    ),
    Metric(
        "faxstore_gap_open", "gauge", SERVER,
        "1 if such a gap is open now, else 0.", of_servers(lambda server: server.has_gap),
    ),
    Metric(
        "faxstore_rejected_messages_total", "counter", SERVER,
        "Messages that could not be understood or stored (fax.rejected_messages).", rejected,
    ),
    Metric(
        "faxstore_spool_records", "gauge", WORKER,
        "Records in the spool that are not appended yet; counted every 5 s, and by their keys beyond 10,000.",
        of_workers(lambda snapshot: snapshot.spool_records),
    ),
    Metric(
        "faxstore_spool_oldest_record_timestamp_seconds", "gauge", WORKER,
        "When the first record in the spool was observed, in seconds since 1970. Absent if the spool is empty. An event"
        " that waits for its session may be older than all others.",
        of_workers(lambda snapshot: snapshot.spool_oldest_at),
    ),
    Metric(
        "faxstore_spool_memory_bytes", "gauge", WORKER,
        "Bytes of records in memory that are not on disk yet.",
        of_workers(lambda snapshot: snapshot.spool_memory_bytes),
    ),
    Metric(
        "faxstore_dropped_records_total", "counter", WORKER,
        "Records that were dropped because the disk refused them; each loss is a gap in fax.coverage_gaps.",
        of_workers(lambda snapshot: snapshot.dropped_records),
    ),
    Metric(
        "faxstore_appended_records_total", "counter", WORKER,
        "Records that were appended to the database.", of_workers(lambda snapshot: snapshot.appended_records),
    ),
    Metric(
        "faxstore_last_append_timestamp_seconds", "gauge", WORKER,
        "When records were appended last, in seconds since 1970. Absent before the first append.",
        of_workers(lambda snapshot: snapshot.last_append_at),
    ),
    Metric(
        "faxstore_append_lag_seconds", "gauge", WORKER,
        "Seconds from the observation of the oldest record of the newest append until it was committed.",
        of_workers(lambda snapshot: snapshot.append_lag_seconds),
    ),
    Metric(
        "faxstore_database_up", "gauge", WORKER,
        "1 if the newest attempt to append succeeded, else 0.", of_workers(lambda snapshot: snapshot.has_database),
    ),
    Metric(
        "faxstore_compaction_backlog", "gauge", ("kind",),
        "What compaction should have done by now, by kind: totals (sessions, 1,000 at most), rollups (rows, 10,000 at"
        " most), coverage, reconciliation, packs (days). The same as faxstore doctor reports.",
        of_database(lambda reading: {(kind,): count for kind, count in reading.backlog.items()}),
    ),
    Metric(
        "faxstore_last_seal_timestamp_seconds", "gauge", (),
        "When the transparency log was sealed last, in seconds since 1970. Absent if it never was.",
        of_database(lambda reading: {(): reading.last_seal_at}),
    ),
    Metric(
        "faxstore_unsealed_since_timestamp_seconds", "gauge", (),
        "When the first rows were appended that are not sealed yet, in seconds since 1970. Absent if all are sealed, or"
        " if the log was never sealed.",
        of_database(lambda reading: {(): reading.unsealed_since}),
    ),
    Metric(
        "faxstore_database_read_timestamp_seconds", "gauge", (),
        "When the three metrics above were read from the database, in seconds since 1970. They are read once a minute.",
        of_database(lambda reading: {(): reading.read_at}),
    ),
    Metric(
        "faxstore_worker_up", "gauge", WORKER, "1 if the worker runs and has reported, else 0.", workers_up,
    ),
    Metric(
        "faxstore_build_info", "gauge", ("version",), "Always 1; the label is the version of faxstore.",
        lambda state: iter([((__version__,), 1)]),
    ),
)  # fmt: skip
"""All metrics, in the order of the documentation."""
