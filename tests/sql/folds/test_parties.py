"""The numbers of a session: given the headers of its channel and its DialBegin, expect caller and called number."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from faxstore.observations import Record
from faxstore.store import erasure, session_erasure
from tests.kit.given import (
    CHANNEL,
    append,
    at,
    begins,
    completed,
    dial_begin,
    gateway,
    hangup,
    of,
    read,
    receiving,
    sending,
    the_session,
)
from tests.kit.given_rates import rate

OWN, FAR = "5550001", "+498912345"
ORIGINATED = {"CallerIDNum": OWN, "ConnectedLineNum": OWN}
"""Originate and call files write the sender's number into both."""


def sent(*before: Record, channel: str = CHANNEL, **headers: str) -> list[Any]:
    """A sent fax, whose completion event has these headers."""
    end = completed(12, 1, "SendFAX", **headers)
    return [*before, *sending((1, 1), (11, 2), channel=channel), end, hangup(12.5)]


def parties(database: psycopg.Connection) -> tuple[Any, ...]:
    return of(the_session(database), "caller_number", "called_number")


@pytest.mark.parametrize("text", [f"{FAR}@ISP", f"ISP/sip:{FAR}@192.0.2.1:5060"])
def test_the_dialled_number_is_called(database: psycopg.Connection, text: str) -> None:
    append(database, sent(dial_begin(-5, text), **ORIGINATED))
    assert parties(database) == (OWN, FAR)


def test_an_originated_call_without_dial_begin_has_an_unknown_number(database: psycopg.Connection) -> None:
    append(database, sent(**ORIGINATED))
    assert parties(database) == (OWN, None)


def test_without_dial_begin_the_connected_line_is_called_if_it_is_another_number(database: psycopg.Connection) -> None:
    append(database, sent(CallerIDNum=OWN, ConnectedLineNum=FAR))
    assert parties(database) == (OWN, FAR)


def test_the_far_end_is_the_caller_of_a_channel_that_was_dialled(database: psycopg.Connection) -> None:
    """So has the channel that Dial() creates, and a Local channel whose other half has called the number."""
    append(database, sent(dial_begin(-5, f"{FAR}@ISP"), CallerIDNum=FAR, ConnectedLineNum=OWN))
    assert parties(database) == (OWN, FAR)


def test_the_name_of_a_local_channel_contains_the_dialled_number(database: psycopg.Connection) -> None:
    name = f"Local/{FAR}@out-00000000;1"
    end = replace(completed(12, 1, "SendFAX", CallerIDNum=FAR, ConnectedLineNum=OWN), channel=name)
    append(database, sending((1, 1), (11, 2), channel=name), end)
    assert parties(database) == (OWN, FAR)


@pytest.mark.parametrize("headers", [ORIGINATED, {"CallerIDNum": "77", "ConnectedLineNum": OWN}])
def test_an_endpoint_that_was_dialled_by_its_name_has_no_number(
    database: psycopg.Connection, headers: dict[str, str]
) -> None:
    append(database, sent(dial_begin(-5, "machine"), **headers))
    assert parties(database) == (OWN, None)


def test_a_password_is_never_shown(database: psycopg.Connection) -> None:
    iax = {"DestChannel": "IAX2/peer-1"}
    append(database, sent(dial_begin(-5, f"user:123456@peer/{FAR}@ctx", **iax), **ORIGINATED))
    assert parties(database) == (OWN, FAR)


def test_a_gateway_on_the_dialled_channel_calls_its_number(database: psycopg.Connection) -> None:
    append(database, dial_begin(-5, f"{FAR}@ISP"), gateway((0, 1, 0), (5, 2, 9600)))
    assert the_session(database)["called_number"] == FAR


def test_the_numbers_of_a_received_fax_do_not_depend_on_a_dial(database: psycopg.Connection) -> None:
    headers = {"CallerIDNum": FAR, "Exten": "5550199", "ConnectedLineNum": OWN}
    append(database, dial_begin(-5, "4711@x"), receiving((1, 1, 0), (11, 2, 0)), completed(12, 1, **headers))
    assert parties(database) == (FAR, "5550199")


@pytest.mark.parametrize("extension", ["s", "fax", "h", "failed"])
def test_an_extension_of_asterisk_itself_is_no_number(database: psycopg.Connection, extension: str) -> None:
    append(database, receiving((1, 1, 0), (11, 2, 0)), completed(12, 1, CallerIDNum=FAR, Exten=extension))
    assert parties(database) == (FAR, None)


def test_the_dial_is_no_start_and_is_in_the_timeline(database: psycopg.Connection) -> None:
    append(database, sent(dial_begin(-5, f"{FAR}@ISP"), begins(0), **ORIGINATED))
    row = the_session(database)
    assert of(row, "started_at", "duration_seconds") == (at(0), 12)
    changes = read(database, "select * from fax.session_timeline order by observed_at")
    assert of(changes[0], "observed_at", "event", "changes", "note") == (
        at(-5), "DialBegin", ["event"], "the channel is dialled",
    )  # fmt: skip


def test_two_faxes_of_one_call_have_the_same_number(database: psycopg.Connection) -> None:
    first = [dial_begin(-5, f"{FAR}@ISP"), begins(0), *sending((1, 1)), completed(5, 0, "SendFAX", **ORIGINATED)]
    append(database, first, dial_begin(-4.999999, f"{FAR}@ISP"), begins(10), sending((11, 1), (20, 2), number=1))
    append(database, completed(21, 1, "SendFAX", **ORIGINATED), hangup(22))
    rows = read(database, "select called_number, started_at from fax.sessions order by started_at")
    assert [row["called_number"] for row in rows] == [FAR, FAR]


# -- where the called number is used -------------------------------------------------------------------------------


def test_the_peer_of_a_fax_without_a_station_is_the_dialled_number(database: psycopg.Connection) -> None:
    append(database, sent(dial_begin(-5, f"{FAR}@ISP"), **ORIGINATED))
    assert [row["peer"] for row in read(database, "select peer from fax.quality_by_peer")] == [FAR]


def test_the_rate_is_that_of_the_prefix_of_the_dialled_number(database: psycopg.Connection) -> None:
    rate(database, called_prefix=OWN[:3])
    used = rate(database, called_prefix=FAR[:3])
    append(database, sent(dial_begin(-5, f"{FAR}@ISP"), **ORIGINATED))
    assert [row["rate_id"] for row in read(database, "select rate_id from fax.session_charges")] == [used]


def test_erasure_finds_and_erases_the_dialled_number(database: psycopg.Connection) -> None:
    append(database, sent(dial_begin(-5, f"{FAR}@ISP"), **ORIGINATED))
    found = erasure.find_by_number(database, digits := erasure.digits_of(FAR))
    assert sum(session_erasure.erase(database, [one.session_id for one in found], "request")) > 0
    assert erasure.find_by_number(database, digits) == []
    assert parties(database) == (None, None)
    assert FAR not in str(read(database, "select * from fax.session_history"))


def test_the_masked_view_shows_the_end_of_the_dialled_number(database: psycopg.Connection) -> None:
    append(database, sent(dial_begin(-5, f"{FAR}@ISP"), **ORIGINATED))
    (row,) = read(database, "select caller_number, called_number from fax.sessions_masked")
    assert of(row, "caller_number", "called_number") == ("*****01", "********45")
