"""Incomplete lists, missing answers, lost connections and refused logins."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import psycopg
import pytest

from faxstore.capture.recording import Line
from tests.kit import truth
from tests.kit.damaged_recordings import (
    RECORDING,
    Originals,
    imported,
    middle,
    reconnected,
    recorded,
    rejected,
    rows,
    sessions,
    with_header,
    without,
)


def ends_of_lists(lines: list[Line]) -> list[int]:
    return [at for at, line in enumerate(lines) if line.text.startswith("Event: FAXSessionsComplete")]


@pytest.mark.parametrize("recording", [RECORDING, "no-ecm-16"])
@pytest.mark.parametrize("difference", [-1, 1, 1000])
def test_lists_with_a_wrong_total(
    database: psycopg.Connection, originals: Originals, recording: str, difference: int
) -> None:
    """Every fourth list is wrong: its entries count, but no session is Gone because of it."""
    lines = recorded(recording)
    wrong = []
    for at in ends_of_lists(lines)[1::4]:
        total = re.search(r"\r\nTotal: (\d+)", lines[at].text)
        assert total is not None
        if int(total[1]) + difference >= 0:
            text = with_header(lines[at].text, "Total", str(int(total[1]) + difference))
            lines[at] = replace(lines[at], text=text)
            wrong.append(text)
    imported(database, lines)
    columns = ("ended_at", "duration_seconds", "snapshots") if recording == "no-ecm-16" else ("snapshots",)
    assert sessions(database, *columns) == without(originals(recording), *columns)
    found = rejected(database)
    assert [raw for _, raw in found] == wrong
    assert all(
        re.fullmatch(r"FAXSessionsComplete: Total is not the number of entries received, \d+", why) for why, _ in found
    )


def test_missing_answers(database: psycopg.Connection, originals: Originals) -> None:
    """About a third of the FAXSession events is missing: the list entry takes their place."""
    rng = random.Random(3)
    detail = "Event: FAXSession\r\n"
    lines = [line for line in recorded("no-ecm-16") if not line.text.startswith(detail) or rng.random() > 0.3]
    imported(database, lines)
    columns = ("started_at", "duration_seconds")  # the list entry is slightly earlier than its FAXSession event
    assert sessions(database, *columns) == without(originals("no-ecm-16"), *columns)
    kinds = rows(database, "select event, count(*) from fax.session_history group by event order by event")
    assert [row["event"] for row in kinds] == ["FAXSession", "FAXSessionsEntry", "Gone"]
    assert kinds[1]["count"] > 30


def test_a_connection_cut_in_the_middle_of_a_list(database: psycopg.Connection, originals: Originals) -> None:
    """Five times before the last entry of a list: the first entries count, and no session is Gone."""
    lines = recorded()
    booted = next(line for line in lines if "Event: FullyBooted" in line.text)
    up = re.search(r"Uptime: (\d+)", booted.text)
    assert up is not None
    entries = [at for at, line in enumerate(lines) if line.text.startswith("Event: FAXSessionsEntry")]
    second_entries = [at for at in entries if at - 1 in entries]
    for at in reversed(second_entries[2::6][:5]):
        uptime = int(up[1]) + int(lines[at].ts - booted.ts)
        end = next(end for end in range(at, len(lines)) if lines[end].text.startswith("Event: FAXSessionsComplete"))
        lines = reconnected(lines[:at] + lines[end:], at, uptime)
    imported(database, lines)
    assert sessions(database, "snapshots") == without(originals(RECORDING), "snapshots")
    assert rejected(database) == []
    reasons = rows(
        database, "select details ->> 'Reason' as reason from fax.server_history where event = 'Disconnected'"
    )
    assert [row["reason"] for row in reasons] == ["the server closed the connection"] * 5


def test_a_refused_login_in_between(database: psycopg.Connection, originals: Originals) -> None:
    lines = recorded()
    ts = lines[middle(lines) - 1].ts
    booted = next(line for line in lines if "Event: FullyBooted" in line.text)
    uptime = re.search(r"Uptime: (\d+)", booted.text)
    assert uptime is not None
    at = middle(lines)
    refused = [
        Line(ts + 0.001, "mark", "disconnected"),
        Line(ts + 0.002, "mark", "connected"),
        Line(ts + 0.003, "in", "Asterisk Call Manager/11.0.0\r\n"),
        Line(ts + 0.004, "in", "Response: Error\r\nMessage: Authentication failed\r\n\r\n"),
        Line(ts + 0.005, "mark", "disconnected: the login was refused"),
    ]
    lines = lines[:at] + refused + reconnected([refused[-1], *lines[at:]], 0, int(uptime[1]) + int(ts - booted.ts))
    imported(database, lines)
    assert sessions(database) == originals(RECORDING)
    assert rejected(database) == []


@pytest.mark.parametrize(
    "recording", [name for name in truth.RECORDINGS if re.match(r"errors-\d+-(clerk|guest|wrong|no-action-id)", name)]
)
def test_a_recording_of_refused_requests(database: psycopg.Connection, recording: str) -> None:
    """Wrong secrets and users without the needed classes: nothing is rejected, and there are no sessions."""
    imported(database, recorded(recording))
    assert sessions(database) == []
    assert rejected(database) == []
    assert {"Connected", "Banner"} <= {row["event"] for row in rows(database, "select event from fax.server_history")}
