"""One session, one file, gateways and the load of the real recordings, against the wire."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from itertools import groupby

import psycopg

from tests.cookbook import recorded_faxes as wire
from tests.cookbook.statements import ask, lines
from tests.kit import truth


def test_7_every_change_of_one_session(recordings: psycopg.Connection) -> None:
    """Its events, the answers that differ from the previous one, and the first list without it."""
    (fax,) = (fax for fax in wire.received() if fax.server == "pbx-22")
    assert fax.number == 1
    alike = groupby(fax.answers, lambda answer: (answer.page, answer.rate, answer.ecm, answer.resolution))
    changed = [next(answers) for _, answers in alike]
    moments = [(answer.at, "FAXSession") for answer in changed]
    # Of the variables only the result counts: FAXSTATUS is FAILED, then blank, before a fax begins.
    events = [
        (at, message["Event"]) for at, message in fax.on_channel if message.get("Variable", "FAXSTATUS") == "FAXSTATUS"
    ]
    result = max(at for at, event in events if event == "VarSet")
    moments += [(at, event) for at, event in events if event != "VarSet" or at == result]
    assert fax.first_list_without is not None
    moments.append((fax.first_list_without, "Gone"))
    rows = ask(recordings, 7)
    assert lines(rows, "at", "event") == [(clock(at), event) for at, event in sorted(moments)]


def test_7_pages_and_lines_are_in_the_rows_where_they_changed(recordings: psycopg.Connection) -> None:
    (fax,) = (fax for fax in wire.received() if fax.server == "pbx-22")
    rows = [row for row in ask(recordings, 7) if row["event"] == "FAXSession"]
    turned = next(answer for answer in fax.answers if answer.page == 2)
    (second_page,) = (row for row in rows if row["page"] == 2)
    assert (second_page["at"], second_page["pages_delta"], second_page["bad_lines_delta"]) == (clock(turned.at), 1, 0)
    assert [row["data_rate"] for row in rows] == [None, 14400, 14400, 14400]  # there is no rate before the negotiation


def test_14_the_peak_of_sessions_in_progress(recordings: psycopg.Connection) -> None:
    """The most faxes (without detectors) that a server had listed and that had not ended, when it listed one more."""
    peaks: dict[tuple[str, datetime], int] = defaultdict(int)
    for fax in wire.no_detectors():
        at = fax.listed[0]
        under_way = [other for other in beside(fax) if other.listed[0] <= at and not over(other, at)]
        hour = wire.moment(at).replace(minute=0, second=0, microsecond=0)
        peaks[fax.server, hour] = max(peaks[fax.server, hour], len(under_way))
    expected = {key: peak for key, peak in peaks.items() if peak >= 10}
    rows = ask(recordings, 14)
    assert {(row["server"], row["hour"]): row["peak"] for row in rows} == expected
    assert [row["peak"] for row in rows] == sorted(expected.values(), reverse=True)


def test_18_sessions_with_a_file(recordings: psycopg.Connection) -> None:
    """A file name with spaces, a colon and an accent; its rows have exactly the positions in the answer.

    Each server sent it alone, and together with another file, which failed before it became a session.
    """
    name = "/var/spool/asterisk/fax/out/séance: no 1.tif"
    faxes = [(fax.server, wire.moment(fax.began_at)) for fax in wire.no_detectors() if fax.file_name == name]
    early = [(server, wire.moment(at)) for server, at, files in wire.called_in_vain() if name in files]
    rows = ask(recordings, 18)
    assert (len(faxes), len(early)) == (2, 2)
    assert Counter(lines(rows, "server", "direction", "started_at")) == Counter(
        (server, "sent", at) for server, at in faxes + early
    )
    assert len({row["session_id"] for row in rows}) == len(rows)
    for row in rows:
        query = "select min(position), max(position) from fax.session_history where session_id = %s"
        places = recordings.execute(query, [row["session_id"]]).fetchone()
        assert places == (row["first_position"], row["last_position"])


def test_22_pages_that_gateways_relayed(recordings: psycopg.Connection) -> None:
    """PageNumber minus one; ECM and rate once a rate is reported; the V.21 sessions before it on its channel."""
    expected = []
    for fax in wire.faxes():
        if fax.operation == "gateway":
            assert fax.end is not None
            assert fax.end.status == "SUCCESS"
            (passed_on,) = {int(end["pages"]) for end in truth.truth_of(fax.recording)["ends"] if end["op"] == "send"}
            assert fax.answers[-1].page - 1 == passed_on
            detectors = [other for other in wire.faxes() if is_detector_of(other, fax)]
            ecm, rate = (fax.agreed[-1].ecm, fax.agreed[-1].rate) if fax.agreed else (None, None)
            expected.append((fax.server, fax.number, fax.answers[-1].page - 1, "success", ecm, rate, len(detectors)))
    assert lines(ask(recordings, 22)) == sorted(expected)
    assert len(expected) == 3


def is_detector_of(other: wire.Fax, fax: wire.Fax) -> bool:
    return other.operation == "V.21" and (other.recording, other.channel) == (fax.recording, fax.channel)


def beside(fax: wire.Fax) -> list[wire.Fax]:
    """The faxes on the same connection."""
    here = (fax.recording, fax.connection)
    return [other for other in wire.no_detectors() if (other.recording, other.connection) == here]


def over(fax: wire.Fax, at: int) -> bool:
    """Whether it had completed, or a complete list no longer contained it."""
    ended_at = fax.completed_at or fax.first_list_without
    return ended_at is not None and ended_at <= at


def clock(at: int) -> str:
    """The time in the format of question 7, to the millisecond."""
    return wire.moment(at).strftime("%H:%M:%S.%f")[:-3]
