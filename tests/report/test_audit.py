"""`faxstore report audit`: each section over given rows with gaps and losses, and the totals over recordings."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from faxstore import cli
from faxstore.export.rows import fetch_statement
from faxstore.ingest.importer import import_file
from faxstore.observations import Rejected
from faxstore.report import audit as report
from faxstore.report.audit import NOTHING, Audit, gather
from faxstore.report.audit_sections import SECTIONS
from faxstore.report.screen import Screen
from faxstore.settings.period import Period
from faxstore.store.database import connect
from tests.cookbook.given_faxes import BEGAN, DROPPED, fax, open_fax
from tests.kit import truth
from tests.kit.archives import archived, compacted, dropped, history
from tests.kit.billing_batches import export
from tests.kit.databases import fresh
from tests.kit.given import (
    Row,
    append,
    at,
    channel_status,
    completed,
    gone,
    hangup,
    life,
    moment,
    of,
    of_server,
    read,
    sending,
    stats,
)
from tests.kit.log_faxes import sealed

UTC = ZoneInfo("UTC")
DAY = timedelta(days=1)
HOSTILE = "no header: \x1b[31mred\x1b]0;owned\x07"


def audited(dsn: str, since: datetime, until: datetime, *servers: str) -> Audit:
    with connect(dsn) as connection:
        return gather(connection, Period(since, until), servers)


def rows(found: Audit, name: str) -> list[Row]:
    """The rows of a section."""
    return [dict(row) for row in found.rows[name]]


def unknown(found: Audit, server: str) -> dict[str, Any]:
    """The numbers of the section `unknown` for a server, by text."""
    return {row["what"]: row["number"] for row in rows(found, "unknown") if row["server"] == server}


# -- given rows -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def given(server: str, template: str) -> Iterator[str]:
    """Five minutes of `pbx` with a gap of 52 seconds, and a server that was never polled."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        append(connection, of_server(10, "Connected"), [of_server(10 + n * 60, "Polled") for n in range(3)])
        append(connection, counted(10, 4, 0), fax(20, 1, 3), fax(40, 2, 2, DROPPED), fax(60, 3, 1, None))
        append(connection, of_server(150, "Disconnected", Reason="Connection reset by peer", LastPolled=149.0))
        append(connection, fax(140, 4, 5, lasts=30), of_server(200, "Connected"), of_server(201, "Polled"))
        append(connection, open_fax(210, 5, 1), of_server(261, "Polled"), counted(270, 10, 0))
        append(connection, of_server(290, "Dropped", Reason="no room", Records="12", From=280.0, To=285.0))
        append(connection, fax(1000, 6, 100))
        append(connection, *[Rejected("pbx", moment(second), HOSTILE, f"raw {second}") for second in (30, 50, 5000)])
        other = life("pbx2", -60)
        append(connection, sending((100, 1), (105, 2), of=other), gone(106, of=other))
        yield dsn


def counted(second: float, transmit: int, receive: int) -> Any:
    return stats(second, TransmitAttempts=str(transmit), ReceiveAttempts=str(receive))


@pytest.fixture(scope="module")
def found(given: str) -> Audit:
    return audited(given, at(0), at(300))


def test_faxes_seen_equal_the_view(found: Audit) -> None:
    names = ("server", "direction", "result", "sessions", "pages")
    assert [of(row, *names) for row in rows(found, "seen")] == [
        ("pbx", "sent", "unknown", 2, 2), ("pbx", "sent", "success", 2, 8), ("pbx", "sent", "failed", 1, 2),
        ("pbx2", "sent", "unknown", 1, 1),
    ]  # fmt: skip


def test_servers_have_their_first_and_last_poll(found: Audit) -> None:
    pbx, other = rows(found, "servers")
    assert of(pbx, "server", "first_polled_at", "last_polled_at") == ("pbx", at(10), at(261))
    assert of(other, "server", "first_observed_at", "first_polled_at", "starts") == ("pbx2", at(100), None, 0)


def test_coverage_begins_with_the_first_poll(found: Audit) -> None:
    pbx, other = rows(found, "coverage")
    without = (201 - 149) + (300 - 261)  # there is no poll after the last one on record
    assert of(pbx, "from_at", "to_at", "seconds", "seconds_without_poll") == (at(10), at(300), 290, without)
    assert pbx["share_covered"] == (1 - Decimal(without) / 290).quantize(Decimal("0.000001"), "ROUND_DOWN")
    assert of(other, "from_at", "seconds", "share_covered") == (None, None, None)


def test_gaps_have_reasons_and_sessions(found: Audit) -> None:
    first, last = rows(found, "gaps")
    assert of(first, "began_at", "ended_at", "seconds", "sessions") == (at(149), at(201), 52, 1)
    assert of(first, "reasons", "messages") == (["connection lost"], ["Connection reset by peer"])
    assert of(last, "began_at", "ended_at", "seconds") == (at(261), None, 300 - 261)


def test_reconciliation_compares_the_counters_of_the_server(found: Audit) -> None:
    (row,) = rows(found, "reconciliation")
    assert of(row, "server", "from_at", "to_at", "restarts") == ("pbx", at(10), at(270), 0)
    assert of(row, "attempts", "attempts_seen", "attempts_missed") == (6, 5, 1)


def test_rejected_messages_are_counted_by_reason(found: Audit) -> None:
    (row,) = rows(found, "rejected")
    assert of(row, "server", "messages", "first_at", "last_at") == ("pbx", 2, at(30), at(50))


def test_dropped_records_have_a_reason(found: Audit) -> None:
    (row,) = rows(found, "dropped")
    assert of(row, "server", "records", "from_at", "to_at", "reason") == ("pbx", 12, at(280), at(285), "no room")


def test_unknown_figures_are_counted(found: Audit) -> None:
    assert list(unknown(found, "pbx").values()) == [1, 0, 1, 0, 0, 0, 5, 0, 2, 10]
    assert list(unknown(found, "pbx2").values()) == [0, 0, 1, 0, 0, 0, 1, 0, 1, 300]  # it was never polled


def test_faxes_without_a_duration_are_counted(server: str, template: str) -> None:
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            append(connection, completed(90, 10), hangup(91))
        found = audited(dsn, at(0), at(300))
    (without,) = [number for what, number in unknown(found, "pbx").items() if "duration" in what]
    assert without == 1


def test_the_report_states_which_faxes_cannot_be_observed(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In text and in JSON, whatever the history contains."""
    for form in ("table", "json"):
        assert run(given, "--from", "2026-11-02", "--to", "2026-11-03", "--format", form) == 0
        out = capsys.readouterr().out
        assert "Faxes that never enter res_fax (T.38 passed through, HylaFAX) are in no figure." in out


def test_a_report_of_one_server(given: str) -> None:
    found = audited(given, at(0), at(300), "pbx2")
    assert found.scope.servers == ["pbx2"]
    for answer in found.rows.values():
        assert {row["server"] for row in answer if "server" in row} <= {"pbx2"}


def test_text_from_the_wire_cannot_steer_the_terminal(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ("table", "json"):
        assert run(given, "--from", "2026-11-02", "--to", "2026-11-03", "--format", form) == 0
        out, error = capsys.readouterr()
        assert "owned" in out
        assert not set(out + error) & {"\x1b", "\x07", "\x9b"}


def test_each_section_has_its_title_and_meaning(given: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(given, "--from", "2026-11-02", "--to", "2026-11-03", "--time-zone", "Europe/Berlin") == 0
    out = capsys.readouterr().out
    assert "from     2026-11-01 23:00:00 UTC  (2026-11-02 00:00:00+0100 Europe/Berlin)" in out
    for section in SECTIONS:
        assert f"\n{section.title}\n{section.meaning}\n" in out


# -- many servers ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fleet(server: str, template: str) -> Iterator[str]:
    """41 servers that were polled all the time, and one with a gap and a fax, from a minute before the period on."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        names = [f"pbx{number}" for number in range(1, 43)]
        polls = [of_server(n * 60, "Polled", server=name) for name in names[:-1] for n in range(-1, 7)]
        append(connection, polls, [of_server(second, "Polled") for second in (-60, 0, 200, 260, 320)])
        append(connection, fax(250, 1, 3))
        yield dsn


QUIET = {
    "Servers": "42 servers: nothing",
    "Faxes seen": "41 servers: nothing",
    "Coverage": "41 servers: nothing",
    "Gaps": "41 servers: nothing",
    "Reconciliation": "42 servers: nothing",
    "Rejected messages": "42 servers: nothing",
    "Dropped records": "42 servers: nothing",
    "Billing corrections": "42 servers: nothing",
    "Checkpoints": "none",
    "Months archived, dropped, restored, erased or deleted": "none",
    "Erasures": "none",
    "Unknown": "41 servers: nothing",
}


def test_a_table_has_only_lines_with_something_to_report(fleet: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fleet, "--from", "2026-11-02T08:00", "--to", "2026-11-02T08:05") == 0
    head, *sections = capsys.readouterr().out.replace("\n\n", "\n").split("\nServers\n")
    out = "Servers\n" + sections[0]
    titles = [section.title for section in SECTIONS]
    ends = {}
    for title, following in zip(titles, [*titles[1:], None], strict=True):
        text = out.partition(f"{title}\n")[2]
        ends[title] = text.partition(f"\n{following}\n")[0] if following else text
    assert {title: ends[title].strip().splitlines()[-1] for title in QUIET} == QUIET
    assert "1  sessions whose bad lines cannot be measured" in ends["Unknown"]
    assert ends["Unknown"].count("pbx") == 1
    assert "pbx41" in head
    assert "pbx41" not in out


def test_json_has_every_row(fleet: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(fleet, "--from", "2026-11-02T08:00", "--to", "2026-11-02T08:05", "--format", "json") == 0
    sections = json.loads(capsys.readouterr().out)["sections"]
    assert [len(sections[name]["rows"]) for name in ("servers", "coverage", "unknown")] == [42, 42, 420]


def test_equal_counters_are_nothing_to_report(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A server whose counters show one more fax than the history has a line."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, transmit in (("equal", "1"), ("differs", "2")):
            append(connection, counters(name, 1, "0"), counters(name, 100, transmit))
            append(connection, fax(10, 1, 2, of=life(name, -60)))
    assert run(dsn, "--from", "2026-11-02", "--to", "2026-11-03") == 0
    section = capsys.readouterr().out.partition("\nReconciliation\n")[2].partition("\nRejected messages\n")[0]
    assert "differs" in section
    assert "equal" not in section.partition("\n")[2]
    assert "1 server: nothing" in section


def counters(server: str, second: float, transmitted: str) -> Any:
    """A FAXStats answer of a server that only sends."""
    counted = {"TransmitAttempts": transmitted, "CompletedFAXes": transmitted}
    return of_server(second, "FAXStats", server=server, **counted, ReceiveAttempts="0", FailedFAXes="0")


def test_a_section_is_printed_before_the_next_one_is_queried(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    printed: list[int] = []

    def watched(*arguments: Any) -> Iterator[Row]:
        for row in fetch_statement(*arguments):
            printed.append(out.getvalue().count("\n"))
            yield row

    monkeypatch.setattr(report, "fetch_statement", watched)
    with connect(given) as connection:
        report.print_audit(connection, Period(at(0), at(300)), (), Screen(out, None))
    titles = [section.title for section in SECTIONS if f"\n{section.title}\n" in out.getvalue()]
    assert len(titles) == len(SECTIONS)
    assert len(set(printed)) >= 6  # sections with rows, each further down


# -- billing and the log -------------------------------------------------------------------------------------


def test_corrections_and_checkpoints(server: str, template: str, tmp_path: Path) -> None:
    """A fax is exported for billing, then a late account code makes a correction."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            append(connection, fax(0, 1, 1), fax(100, 2, 1))
            sealed(dsn)
            export(dsn, tmp_path, "bill")
            append(connection, channel_status(3, 1, of=BEGAN, AccountCode="law"))
            export(dsn, tmp_path, "bill")
            size, last = read(connection, "select min(last_position), max(last_position) from fax.append_batch")[
                0
            ].values()
            (root,) = connection.execute("select encode(root, 'hex') from fax.checkpoint").fetchall()[0]
        found = audited(dsn, at(0), at(300))
        (correction,) = rows(found, "corrections")
        assert of(correction, "consumer", "server", "sessions", "corrections") == ("bill", "pbx", 1, 1)
        (log,) = rows(found, "log")
        assert of(log, "rows", "first_position", "last_position", "rows_without_checkpoint") == (
            last,
            1,
            last,
            last - size,
        )
        (checkpoint,) = rows(found, "checkpoints")
        assert of(checkpoint, "size", "root") == (size, root)


def test_months_and_erasures(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    history(database)
    compacted(database)
    ids = [
        row["session_id"] for row in read(database, "select session_id from fax.session order by started_at limit 2")
    ]
    database.execute("select fax.erase_sessions(%s, 'older than a year')", [ids])
    compacted(database)
    sealed(dsn)
    archived(dsn, tmp_path)
    dropped(dsn)
    today = datetime.now(UTC)
    for found in (audited(dsn, at(-62 * 86400), at(-60 * 86400)), audited(dsn, today - DAY, today + DAY)):
        assert [of(row, "month", "change", "rows", "rule") for row in rows(found, "months")] == [
            ("2026-09", "archived", 320, "faxstore partitions archive"),
            ("2026-09", "dropped", 320, "a test"),
        ]
    (erasure,) = rows(found, "erasures")
    assert of(erasure, "sessions", "reason") == (2, "older than a year")
    assert rows(audited(dsn, at(0), at(300)), "months") == []


# -- recordings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recording", ["failures-22", "twenty-22", "names-16"])
def test_the_totals_are_those_of_the_recorded_faxes(dsn: str, recording: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        import_file(connection, str(truth.path(recording)), None, lambda _: None)
    found = audited(dsn, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    ends = [*truth.ends(recording), *truth.failed_early(recording)]
    seen = {of(row, "direction", "result"): of(row, "sessions", "pages") for row in rows(found, "seen")}
    directions, results = {"send": "sent", "receive": "received"}, {"SUCCESS": "success", "FAILED": "failed"}
    sessions = Counter((directions[end.operation], results[end.status]) for end in ends)
    pages: Counter[tuple[str, str]] = Counter()
    for end in ends:
        pages[directions[end.operation], results[end.status]] += end.pages
    assert {key: count for key, (count, _) in seen.items()} == sessions
    assert {key: count or 0 for key, (_, count) in seen.items()} == dict(pages)


def test_reconciliation_equals_the_sums_of_the_view(dsn: str) -> None:
    """The recordings include restarts and kills."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for recording in ("restart-22", "restart-hard-16", "failures-22", "churn-22"):
            import_file(connection, str(truth.path(recording)), None, lambda _: None)
        summed = read(
            connection,
            "select server, collector_id, min(from_at) as from_at, max(to_at) as to_at,"
            " sum(attempts_missed)::bigint as attempts_missed, sum(completed)::bigint as completed,"
            " sum(completed_seen)::bigint as completed_seen, sum(failed)::bigint as failed,"
            " count(*) filter (where restarted) as restarts"
            " from fax.reconciliation group by 1, 2 order by 1, 2",
        )
    found = audited(dsn, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert len(summed) >= 3
    assert sum(row["restarts"] for row in summed) > 0
    assert [{name: row[name] for name in summed[0]} for row in rows(found, "reconciliation")] == summed


# -- the command ----------------------------------------------------------------------------------------------


def run(dsn: str, *arguments: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--dsn", dsn, "report", "audit", *arguments])
    return int(leaving.value.code or 0)


def test_the_report_of_an_empty_database(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(dsn, "--from", "2026-11-01", "--to", "2026-12-01") == 0
    out, error = capsys.readouterr()
    assert NOTHING in out
    assert error == ""
    assert run(dsn, "--from", "2026-11-01", "--to", "2026-12-01", "--format", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert of(report, "report", "from", "to", "servers") == (
        "audit", "2026-11-01T00:00:00+00:00", "2026-12-01T00:00:00+00:00", [],
    )  # fmt: skip
    assert list(report["sections"]) == [section.name for section in SECTIONS]
    assert not any(section["rows"] for section in report["sections"].values())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--from", "2026-11-01"], "Missing option '--to'"),
        (["--from", "2026-12-01", "--to", "2026-12-01"], "--from 2026-12-01T00:00:00 is not before --to"),
        (["--from", "yesterday", "--to", "2026-12-01"], "--from: 'yesterday' is not a date or time"),
        (
            ["--from", "2026-11-01", "--to", "2026-12-01", "--time-zone", "Europe/Berlim"],
            "the database has no time zone",
        ),
        (
            ["--from", "2026-11-01", "--to", "2026-12-01", "--server", "x"],
            "--server x: no server is known yet",
        ),
    ],
)
def test_bad_use_is_one_line(dsn: str, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(dsn, *arguments) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert said in error
    assert error.count("\n") == 1


def test_fax_reader_may_run_the_report(dsn: str) -> None:
    """No other role is needed."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        append(connection, fax(0, 1, 1, of=BEGAN))
    with connect(dsn) as connection:
        connection.execute("set role fax_reader")
        assert rows(gather(connection, Period(at(0), at(300)), ()), "seen")[0]["pages"] == 1
