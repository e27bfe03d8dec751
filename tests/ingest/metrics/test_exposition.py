"""Given snapshots of processes, this text."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from faxstore import __version__
from faxstore.ingest.metrics.definitions import METRICS
from faxstore.ingest.metrics.exposition import Exposition
from faxstore.ingest.metrics.samples import State
from faxstore.ingest.snapshot import DatabaseSnapshot, FaxCounts, ServerSnapshot, Snapshot

PBX1 = Snapshot(
    servers={
        "pbx1": ServerSnapshot(
            is_collecting=True,
            is_connected=True,
            connections=3,
            polls=200,
            failed_polls=2,
            poll_seconds=4.5,
            last_poll_at=1796110200.25,
            live_sessions=2,
            gap_seconds=31.5,
        )
    },
    faxes={
        "pbx1": FaxCounts(
            sessions={"sent": {"success": 3, "failed": 1}, "received": {"success": 5}},
            pages={"sent": 7, "received": 11},
            failures={"call_dropped": 1},
            bad_lines=40,
            measured_pages=9,
        )
    },
    rejected={"pbx1": 1},
    spool_records=12,
    spool_oldest_at=1796110199.5,
    appended_records=900,
    last_append_at=1796110200.5,
    append_lag_seconds=0.25,
    has_database=True,
    database=DatabaseSnapshot(1796110190.0, {"totals": 0, "packs": 2}, 1796110100.0, 1796110150.0),
)


def text(*snapshots: Snapshot, workers: int = 1, accept: str = "") -> str:
    state = State(workers, dict(enumerate(snapshots, 1)))
    body, _ = Exposition(lambda: state).text(accept)
    return body.decode()


def samples(*snapshots: Snapshot, name: str, workers: int = 1) -> list[str]:
    """The lines of a metric, without HELP and TYPE."""
    return re.findall(rf"^{name}[{{ ].*$", text(*snapshots, workers=workers), re.MULTILINE)


def test_the_metrics_of_a_server() -> None:
    found = text(PBX1)
    for line in (
        "# TYPE faxstore_sessions_total counter",
        'faxstore_sessions_total{direction="sent",result="success",server="pbx1"} 3.0',
        'faxstore_sessions_total{direction="received",result="failed",server="pbx1"} 0.0',
        'faxstore_failures_total{result_class="call_dropped",server="pbx1"} 1.0',
        'faxstore_pages_total{direction="received",server="pbx1"} 11.0',
        'faxstore_bad_lines_total{server="pbx1"} 40.0',
        'faxstore_measured_pages_total{server="pbx1"} 9.0',
        'faxstore_live_sessions{server="pbx1"} 2.0',
        'faxstore_connected{server="pbx1"} 1.0',
        'faxstore_collecting{server="pbx1"} 1.0',
        'faxstore_reconnects_total{server="pbx1"} 2.0',
        'faxstore_polls_total{server="pbx1"} 200.0',
        'faxstore_failed_polls_total{server="pbx1"} 2.0',
        'faxstore_poll_duration_seconds_count{server="pbx1"} 200.0',
        'faxstore_poll_duration_seconds_sum{server="pbx1"} 4.5',
        'faxstore_last_poll_timestamp_seconds{server="pbx1"} 1.79611020025e+09',
        'faxstore_gap_seconds_total{server="pbx1"} 31.5',
        'faxstore_gap_open{server="pbx1"} 0.0',
        'faxstore_rejected_messages_total{server="pbx1"} 1.0',
        'faxstore_spool_records{worker="1"} 12.0',
        'faxstore_spool_oldest_record_timestamp_seconds{worker="1"} 1.7961101995e+09',
        'faxstore_appended_records_total{worker="1"} 900.0',
        'faxstore_append_lag_seconds{worker="1"} 0.25',
        'faxstore_database_up{worker="1"} 1.0',
        'faxstore_compaction_backlog{kind="packs"} 2.0',
        "faxstore_last_seal_timestamp_seconds 1.7961101e+09",
        "faxstore_unsealed_since_timestamp_seconds 1.79611015e+09",
        'faxstore_worker_up{worker="1"} 1.0',
        f'faxstore_build_info{{version="{__version__}"}} 1.0',
    ):
        assert f"{line}\n" in found, line


def test_what_did_not_happen_yet_has_no_timestamp_but_counts_from_zero() -> None:
    found = text(Snapshot(servers={"pbx1": ServerSnapshot()}))
    assert "_timestamp_seconds{" not in found
    assert 'faxstore_sessions_total{direction="sent",result="failed",server="pbx1"} 0.0\n' in found
    assert 'faxstore_bad_lines_total{server="pbx1"} 0.0\n' in found


def test_a_worker_without_a_report_is_down() -> None:
    assert samples(PBX1, name="faxstore_worker_up", workers=2) == [
        'faxstore_worker_up{worker="1"} 1.0',
        'faxstore_worker_up{worker="2"} 0.0',
    ]


def test_the_faxes_of_a_server_that_moved_to_another_worker_are_one_sum() -> None:
    """The first worker empties the spools of an earlier distribution."""
    other = Snapshot(
        servers={"pbx2": ServerSnapshot()}, faxes={"pbx1": FaxCounts(pages={"sent": 2})}, rejected={"pbx1": 4}
    )
    assert 'faxstore_pages_total{direction="sent",server="pbx1"} 9.0' in samples(
        PBX1, other, name="faxstore_pages_total"
    )
    assert sorted(samples(PBX1, other, name="faxstore_rejected_messages_total")) == [
        'faxstore_rejected_messages_total{server="pbx1"} 5.0',
        'faxstore_rejected_messages_total{server="pbx2"} 0.0',
    ]


def test_the_state_of_the_database_is_the_newest_that_a_worker_read() -> None:
    older = Snapshot(database=DatabaseSnapshot(1796110000.0, {"packs": 9}, 1.0, None))
    assert samples(older, PBX1, name="faxstore_last_seal_timestamp_seconds") == [
        "faxstore_last_seal_timestamp_seconds 1.7961101e+09"
    ]


def test_hostile_names_of_servers_stay_labels() -> None:
    name = 'a"} 1\\n# HELP x\\ny{z="é\u2028'
    snapshot = Snapshot(servers={name: ServerSnapshot(polls=5)})
    families = text_string_to_metric_families(text(snapshot))
    (polls,) = [family for family in families if family.name == "faxstore_polls"]
    assert [(one.labels, one.value) for one in polls.samples] == [({"server": name}, 5.0)]


def test_each_metric_has_its_own_name_and_only_these_labels() -> None:
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))
    labels = {label for metric in METRICS for label in metric.labels}
    assert labels == {"server", "direction", "result", "result_class", "worker", "kind", "version"}


def test_a_scraper_may_ask_for_openmetrics() -> None:
    assert text(PBX1, accept="application/openmetrics-text; version=1.0.0").endswith("# EOF\n")
