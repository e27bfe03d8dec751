"""Rates, times and ECM of the real recordings, against the answers on the wire and the servers' logs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import psycopg
import pytest

from tests.cookbook import recorded_faxes as wire
from tests.cookbook.fax_on_wire import called_of
from tests.cookbook.statements import ask, lines

DIRECTIONS = {"send": "sent", "receive": "received", "gateway": "gateway"}


def test_5_where_the_rate_dropped(recordings: psycopg.Connection) -> None:
    """Between two answers after the negotiation; the defaults before it are not rates."""
    expected = [
        (fax.server, fax.number, DIRECTIONS[fax.operation], after.page, before.rate, after.rate)
        for fax in wire.no_detectors()
        for before, after in pairwise(fax.agreed)
        if after.rate < before.rate
    ]
    assert lines(ask(recordings, 5)) == sorted(expected)
    assert expected


def test_5_an_end_that_never_had_14400_has_no_drop(recordings: psycopg.Connection) -> None:
    """The faxes of `rates` ran at 9600 and at 4800 from the start, and reported 14400 before it."""
    faxes = [fax for fax in wire.faxes() if fax.recording.startswith("rates") and fax.answers]
    assert {fax.answers[0].rate for fax in faxes} == {14400}
    assert {fax.agreed[0].rate for fax in faxes} == {14400, 9600, 4800}
    assert not {row["server"] for row in ask(recordings, 5)} & {fax.server for fax in faxes}


def test_6_seconds_per_page_between_first_polls(recordings: psycopg.Connection) -> None:
    groups: dict[tuple[str | None, bool | None], list[float]] = defaultdict(list)
    for fax in wire.no_detectors():
        if fax.operation != "gateway":
            groups[fax.station, fax.ecm] += fax.seconds_of_pages()
    rows = {(row["station"], row["ecm"]): row for row in ask(recordings, 6)}
    assert rows.keys() == {key for key, seconds in groups.items() if seconds}
    for key, row in rows.items():
        seconds = groups[key]
        assert row["pages"] == len(seconds)
        expected = (percentile(seconds, 0.5), percentile(seconds, 0.95), max(seconds))
        for name, value in zip(("p50", "p95", "slowest"), expected, strict=True):
            assert float(row[name]) == pytest.approx(value, abs=0.0501)  # rounded to a tenth of a second


def test_12_the_same_stations_over_g711_and_t38(recordings: psycopg.Connection) -> None:
    groups: dict[tuple[str | None, str | None], list[wire.Fax]] = defaultdict(list)
    for fax in wire.no_detectors():
        if fax.ecm and fax.operation != "gateway":
            groups[fax.peer, fax.transport].append(fax)
    over_t38 = {peer for peer, transport in groups if transport == "T.38"}
    both = {peer for peer, transport in groups if transport == "G.711"} & over_t38
    assert both == {"+1 555 0100", "+1 555 0199"}
    expected = []
    for (peer, transport), faxes in sorted(groups.items(), key=str):
        if peer in both:
            results = [result for fax in faxes if (result := known_result(fax))]
            seconds = [second for fax in faxes for second in fax.seconds_of_pages()]
            mean = pytest.approx(sum(seconds) / len(seconds), abs=0.0051)  # rounded to a hundredth
            successes, failures = results.count("SUCCESS"), results.count("FAILED")
            expected.append((peer, transport, len(faxes), successes, failures, 0, None, mean))
    found = [(*line[:-1], float(line[-1])) for line in lines(ask(recordings, 12))]
    assert found == expected


def test_13_stations_with_ecm(recordings: psycopg.Connection) -> None:
    """A peer is the station id of the other end if reported, else its number."""
    counts: dict[str, dict[bool | None, int]] = defaultdict(lambda: dict.fromkeys((True, False, None), 0))
    for peer, ecm in peers():
        if peer is not None:
            counts[peer][ecm] += 1
    expected = [
        (peer, with_[True], with_[False], with_[None], bool(with_[False] and not with_[True]))
        for peer, with_ in sorted(counts.items())
    ]
    assert lines(ask(recordings, 13)) == expected


def peers() -> Iterator[tuple[str | None, bool | None]]:
    """The peer of each fax, and whether ECM was in use."""
    yield from ((fax.peer, fax.ecm) for fax in wire.no_detectors())
    for server, end, _ in wire.failed_early():
        on_channel = [message for _, _, message in wire.messages(server) if message.get("Channel") == end.channel]
        begins = next(message for message in on_channel if message.get("Application") in ("SendFAX", "ReceiveFAX"))
        yield called_of(begins), None


def known_result(fax: wire.Fax) -> str | None:
    """The status that the server logged, where it could be on the wire."""
    return fax.end.status if fax.end and not fax.recording.startswith("no-ecm") else None


def percentile(values: list[float], share: float) -> float:
    """The interpolated percentile, as percentile_cont computes it."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
