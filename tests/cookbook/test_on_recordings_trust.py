"""Counters, restarts, gaps and order of the real recordings, against the wire."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime

import psycopg

from faxstore.ingest.importer import import_file
from tests.cookbook import recorded_faxes as wire
from tests.cookbook.statements import ask, lines
from tests.kit import truth


def test_15_counters_sessions_and_call_records(recordings: psycopg.Connection) -> None:
    """Attempts counted between two FAXStats of a connection, attempts that began in between, and call records."""
    expected = []
    for recording in truth.RECORDINGS:
        readings = attempts_by_connection(recording)
        counted = sum(each[-1][1] - each[0][1] for each in readings.values())
        seen = sum(each[0][0] < at <= each[-1][0] for each in readings.values() for at in attempts(recording))
        calls = {
            message["Uniqueid"]
            for _, _, message in wire.messages(recording)
            if message.get("Event") == "Newexten" and message["Application"] in ("SendFAX", "ReceiveFAX")
        }
        if readings and not counted == seen == len(calls):
            line = (date(2026, 11, 23), wire.server_of(recording), counted, seen, len(calls), counted - seen)
            expected.append(line)
    assert lines(ask(recordings, 15)) == sorted(expected)
    assert {line[-1] for line in expected} == {0}  # no recording lacks an attempt


def test_16_numbers_that_were_used_again(recordings: psycopg.Connection) -> None:
    """Two connections to one server that list the same number are two lives with two sessions."""
    lives: dict[tuple[str, int], list[wire.Fax]] = defaultdict(list)
    for fax in wire.faxes():
        lives[fax.server, fax.number].append(fax)
    expected = [
        (*key, *[len(faxes)] * 3, ["completion" if fax.completion else "server_restart" for fax in faxes])
        for key, faxes in sorted(lives.items())
        if len(faxes) > 1
    ]
    assert lines(ask(recordings, 16)) == expected
    assert len(expected) == 8


def test_17_one_number_in_one_second_on_several_servers(recordings: psycopg.Connection) -> None:
    servers: dict[tuple[int, datetime], list[str]] = defaultdict(list)
    for fax in wire.faxes():
        servers[fax.number, wire.moment(fax.began_at).replace(microsecond=0)].append(fax.server)
    expected = [
        (number, second, len(set(named)), len(named))
        for (number, second), named in servers.items()
        if len(set(named)) > 1
    ]
    assert lines(ask(recordings, 17)) == sorted(expected, key=lambda line: (line[1], line[0]))


def test_19_no_more_was_known_earlier(recordings: psycopg.Connection) -> None:
    """The current answers beside those of an earlier time, when no more was known."""
    for row in ask(recordings, 19):
        faxes = [fax for fax in wire.no_detectors() if fax.server == row["server"]]
        assert (row["sessions_now"], row["pages_now"]) == (len(faxes), sum(fax.pages for fax in faxes))
        assert row["sessions_then"] <= row["sessions_now"]
        assert (row["pages_then"] or 0) <= row["pages_now"]


def test_20_a_reader_gets_each_answer_once(recordings: psycopg.Connection) -> None:
    """In steps of a thousand positions to the end, there are as many FAXSession rows as answers on the wire."""
    seen: list[int] = []
    events: Counter[str] = Counter()
    while True:
        cursor = seen[-1] if seen else 0
        window = {"position > 20 and position <= 24": f"position > {cursor} and position <= {cursor + 1000}"}
        rows = ask(recordings, 20, window)
        assert rows == ask(recordings, 20, window)
        seen += [row["position"] for row in rows]
        events.update(row["event"] for row in rows)
        if not rows:
            break
    assert seen == list(range(1, len(seen) + 1))
    message = [message.get("Event") for recording in truth.RECORDINGS for _, _, message in wire.messages(recording)]
    assert events["FAXSession"] == message.count("FAXSession")


def test_21_no_row_was_changed_by_other_means(recordings: psycopg.Connection) -> None:
    assert ask(recordings, 21) == []


def test_23_a_gap_is_from_the_last_list_to_the_next(recordings: psycopg.Connection) -> None:
    expected = []
    for recording in truth.RECORDINGS:
        if len({connection for _, connection, _ in wire.messages(recording)}) == 1:
            continue
        lists = [
            (at, connection)
            for at, connection, message in wire.messages(recording)
            if message.get("Event") == "FAXSessionsComplete"
        ]
        began = max(at for at, connection in lists if connection == 1)
        ended = min(at for at, connection in lists if connection == 2)
        faxes = [fax for fax in wire.no_detectors() if fax.recording == recording and fax.connection == 1]
        under_way = [fax for fax in faxes if (fax.first_list_without or ended) >= began]
        seconds = round((ended - began) / 1e6, 1)
        why = ("connection lost", ["connection lost"])
        missed = 0  # of the faxes that the server counted since its restart
        expected.append((recording, clock(began), clock(ended), seconds, *why, len(under_way), missed))
    found = [(*line[:3], float(line[3]), *line[4:]) for line in lines(ask(recordings, 23))]
    assert found == expected
    assert [line[0] for line in expected] == ["restart-22", "restart-hard-16"]


def test_25_neither_order_nor_repetition_matters(recordings: psycopg.Connection, another: psycopg.Connection) -> None:
    """Recordings imported in reverse order and then again in order give the same sums as the truth files."""
    (expected,) = ask(recordings, 25)
    for names in (truth.RECORDINGS[::-1], truth.RECORDINGS):
        for recording in names:
            import_file(another, str(truth.path(recording)), None, lambda _: None)
        assert ask(another, 25) == [expected]
    assert expected["sessions"] == len(wire.faxes()) + len(wire.failed_early())
    assert expected["pages"] == sum(fax.pages for fax in wire.no_detectors())
    without_ecm = [fax for fax in wire.received() if fax.ecm is False]
    assert expected["bad_lines"] == sum(sum(fax.noted_bad_lines) for fax in without_ecm)


def attempts_by_connection(recording: str) -> dict[int, list[tuple[int, int]]]:
    """For each connection, the times of FAXStats and the attempts counted until then."""
    readings: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for at, connection, message in wire.messages(recording):
        if message.get("Event") == "FAXStats":
            readings[connection].append((at, int(message["TransmitAttempts"]) + int(message["ReceiveAttempts"])))
    return readings


def attempts(recording: str) -> list[int]:
    """The start of each fax that the server counts: no gateway, no detector, no conflicting arguments."""
    faxes = [fax for fax in wire.no_detectors() if fax.recording == recording and fax.operation != "gateway"]
    early = [at for server, end, at in wire.failed_early() if server == recording and end.error != "INVALID_ARGUMENTS"]
    return [fax.began_at for fax in faxes] + early


def clock(at: int) -> str:
    """The time in the format of question 23."""
    return wire.moment(at).strftime("%H:%M:%S")
