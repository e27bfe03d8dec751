"""Headers to typed fields: every field, value and condition of Asterisk's manual."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.capture.message import Message, parse, session_number
from faxstore.observations import Details
from faxstore.reader import decode
from faxstore.reader.decode import Decoded

STATES = ["Uninitialized", "Initialized", "Open", "Active", "Complete", "Reserved", "Inactive", "Unknown"]
OPERATIONS = ["gateway", "V.21", "send", "receive", "none"]

SEND = """\
Event: FAXSession
ActionID: q7
SessionNumber: 7
Operation: send
State: Active
ErrorCorrectionMode: Yes
DataRate: 14400
ImageResolution: 8031x3850
PageNumber: 2
FileName: /var/spool/fax/out/a.tif
PagesTransmitted: 1
PagesReceived: 0
TotalBadLines: 0
"""
SEND_FIELDS = {
    "operation": "send",
    "state": "Active",
    "error_correction_mode": True,
    "data_rate": 14400,
    "x_resolution": 8031,
    "y_resolution": 3850,
    "page_number": 2,
    "file_name": "/var/spool/fax/out/a.tif",
    "pages_transmitted": 1,
    "pages_received": 0,
    "total_bad_lines": 0,
}
NUMBERS = {
    "DataRate": "data_rate",
    "PageNumber": "page_number",
    "PagesTransmitted": "pages_transmitted",
    "PagesReceived": "pages_received",
    "TotalBadLines": "total_bad_lines",
}
COMPLETION = """\
Event: SendFAX
Privilege: call,all
SystemName: pbx1
Channel: PJSIP/trunk-0000001a
ChannelState: 6
ChannelStateDesc: Up
CallerIDNum: 5550001
CallerIDName: <unknown>
ConnectedLineNum: 5550002
ConnectedLineName: <unknown>
Language: en
AccountCode: acme
Context: tx
Exten: s
Priority: 3
Uniqueid: 1795423502.3
Linkedid: 1795423502.1
ChanVariable: FAXSTATUS=SUCCESS
ChanVariable: FAXERROR=
LocalStationID: +49 30 1
RemoteStationID: +49 30 2
PagesTransferred: 3
Resolution: 8031x3850
TransferRate: 14400
FileName: /a.tif
FileName: /b.tif
"""


def message(text: str, **changed: str) -> Message:
    """A message, with the values of some headers changed."""
    for name, value in changed.items():
        assert f"\n{name}: " in text
        head, _, rest = text.partition(f"\n{name}: ")
        text = f"{head}\n{name}: {value}\n{rest.partition(chr(10))[2]}"
    return parse(text)


def checked(decoded: Decoded) -> dict[str, Any]:
    """Return the fields of a message without details and without problems."""
    assert decoded.problems == []
    assert rest(decoded) == {}
    return decoded.fields


def rest(decoded: Decoded) -> Details:
    """The details without the ActionID, which has a test of its own."""
    return {name: value for name, value in decoded.details.items() if name != "ActionID"}


# -- FAXSession --------------------------------------------------------------------------------------


def test_a_session_that_sends() -> None:
    assert checked(decode.snapshot(message(SEND))) == SEND_FIELDS
    assert session_number(message(SEND)) == 7


def test_a_session_that_receives() -> None:
    decoded = decode.snapshot(
        message(SEND, Operation="receive", ErrorCorrectionMode="No", PagesReceived="4", TotalBadLines="63")
    )
    assert checked(decoded) == SEND_FIELDS | {
        "operation": "receive",
        "error_correction_mode": False,
        "pages_received": 4,
        "total_bad_lines": 63,
    }


def test_a_gateway_session() -> None:
    text = (
        "Event: FAXSession\nSessionNumber: 3\nOperation: gateway\nState: Active\n"
        "ErrorCorrectionMode: yes\nDataRate: 9600\nPageNumber: 1\n"
    )
    assert checked(decode.snapshot(parse(text))) == {
        "operation": "gateway",
        "state": "Active",
        "error_correction_mode": True,
        "data_rate": 9600,
        "page_number": 1,
    }


@pytest.mark.parametrize(
    ("operation", "state"),
    [("V.21", "Active"), ("gateway", "Uninitialized"), ("send", "Uninitialized"), ("receive", "Uninitialized")],
)
def test_detectors_and_uninitialized_sessions_have_no_counters(operation: str, state: str) -> None:
    text = f"Event: FAXSession\nSessionNumber: 0\nOperation: {operation}\nState: {state}\n"
    assert checked(decode.snapshot(parse(text))) == {"operation": operation, "state": state}


@pytest.mark.parametrize("state", [*STATES, "Dreaming", "active", "état"])
@pytest.mark.parametrize("operation", [*OPERATIONS, "teleport", "V.21 Detect"])
def test_states_and_operations_are_stored_as_received(state: str, operation: str) -> None:
    fields = checked(decode.snapshot(message(SEND, State=state, Operation=operation)))
    assert (fields["state"], fields["operation"]) == (state, operation)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("Yes", True), ("No", False), ("yes", True), ("no", False), ("YES", True), ("nO", False), (" yes ", True)],
)
def test_error_correction_is_case_insensitive(text: str, meant: bool) -> None:
    assert checked(decode.snapshot(message(SEND, ErrorCorrectionMode=text)))["error_correction_mode"] is meant


@pytest.mark.parametrize("text", ["maybe", "true", "1", "Yes!", "\N{FULLWIDTH LATIN SMALL LETTER Y}es"])
def test_error_correction_that_is_neither_yes_nor_no_stays_text(text: str) -> None:
    decoded = decode.snapshot(message(SEND, ErrorCorrectionMode=text))
    assert "error_correction_mode" not in decoded.fields
    assert rest(decoded) == {"ErrorCorrectionMode": text}
    assert decoded.problems == ["ErrorCorrectionMode is invalid"]


@pytest.mark.parametrize(
    ("text", "resolution"),
    [("8031x3850", (8031, 3850)), ("8031x7700", (8031, 7700)), ("0x0", (0, 0)), ("8040x15400", (8040, 15400))],
)
def test_a_resolution_is_two_numbers(text: str, resolution: tuple[int, int]) -> None:
    fields = checked(decode.snapshot(message(SEND, ImageResolution=text)))
    assert (fields["x_resolution"], fields["y_resolution"]) == resolution


@pytest.mark.parametrize(
    "text", ["8031", "x", "8031x", "fine", "8031x3850x1", "-1x-1", "8031x99999999999", "\u0668x\u0668"]
)
def test_an_invalid_resolution_stays_text(text: str) -> None:
    decoded = decode.snapshot(message(SEND, ImageResolution=text))
    assert {"x_resolution", "y_resolution"}.isdisjoint(decoded.fields)
    assert rest(decoded) == {"ImageResolution": text}
    assert decoded.problems == ["ImageResolution is invalid"]


@pytest.mark.parametrize("header", NUMBERS)
@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("2147483647", 2**31 - 1), ("-2147483648", -(2**31)), ("-1", -1), ("007", 7), (" 12 ", 12)],
)
def test_a_number_is_an_int_as_asterisk_prints_it(header: str, text: str, number: int) -> None:
    """%d: DataRate may come from beyond the end of spandsp's table of rates, so any int is valid."""
    assert checked(decode.snapshot(message(SEND, **{header: text})))[NUMBERS[header]] == number


@pytest.mark.parametrize("header", NUMBERS)
@pytest.mark.parametrize(
    "text",
    ["abc", "12abc", "1e3", "1.5", "0x10", "--1", "2147483648", "-2147483649", "9" * 5000, "\u0661", "½", "1_000"],
)
def test_an_invalid_number_stays_text(header: str, text: str) -> None:
    decoded = decode.snapshot(message(SEND, **{header: text}))
    assert NUMBERS[header] not in decoded.fields
    assert rest(decoded) == {header: text}
    assert decoded.problems == [f"{header} is invalid"]


def test_empty_values_are_unknown_and_no_problem() -> None:
    empty = dict.fromkeys([*NUMBERS, "State", "Operation", "FileName", "ImageResolution", "ErrorCorrectionMode"], "")
    decoded = decode.snapshot(message(SEND, **empty))
    assert decoded.problems == []
    assert set(decoded.fields.values()) == {None}


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("7", 7), ("4294967295", 2**32 - 1), (" 12 ", 12), ("000012", 12)],
)
def test_a_session_number_is_unsigned(text: str, number: int) -> None:
    assert session_number(message(SEND, SessionNumber=text)) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "abc", "12x", "4294967296", "9" * 5000, "1.0", "\u0667", "²"])
def test_invalid_session_numbers(text: str) -> None:
    assert session_number(message(SEND, SessionNumber=text)) is None


def test_unknown_headers_go_to_the_details() -> None:
    text = SEND + "Modem: V.34\nPrivilege: call,all\nCallQuality: \nModem: V.17\n"
    decoded = decode.snapshot(parse(text))
    assert decoded.fields == SEND_FIELDS
    assert rest(decoded) == {"Modem": ["V.34", "V.17"], "Privilege": "call,all", "CallQuality": ""}
    assert decoded.problems == []


@pytest.mark.parametrize(
    ("header", "again", "field"),
    [
        ("Operation", "receive", "operation"),
        ("State", "Complete", "state"),
        ("ErrorCorrectionMode", "No", "error_correction_mode"),
        ("DataRate", "9600", "data_rate"),
        ("ImageResolution", "8031x7700", "y_resolution"),
        ("PageNumber", "9", "page_number"),
        ("PagesTransmitted", "8", "pages_transmitted"),
        ("TotalBadLines", "5", "total_bad_lines"),
    ],
)
def test_the_first_value_of_a_repeated_header_counts_and_the_second_goes_to_the_details(
    header: str, again: str, field: str
) -> None:
    decoded = decode.snapshot(parse(f"{SEND}{header}: {again}\n"))
    assert decoded.fields == SEND_FIELDS
    assert decoded.fields[field] == SEND_FIELDS[field]
    assert rest(decoded) == {header: again}
    assert [problem for problem in decoded.problems if header in problem]


def test_a_repeated_session_number_goes_to_the_details() -> None:
    text = f"{SEND}SessionNumber: 8\n"
    assert session_number(parse(text)) == 7
    assert rest(decode.snapshot(parse(text))) == {"SessionNumber": "8"}


def test_the_actionid_goes_to_the_details() -> None:
    """The manual's first argument: "as sent with the action"."""
    decoded = decode.snapshot(message(SEND))
    assert "q7" in [*decoded.fields.values(), *decoded.details.values()]


# -- FAXSessionsEntry --------------------------------------------------------------------------------


@pytest.mark.parametrize("session_type", ["G.711", "T.38", "none", "T.39"])
def test_a_list_entry(session_type: str) -> None:
    text = (
        "Event: FAXSessionsEntry\nActionID: p1\nChannel: PJSIP/trunk-0000001a\nTechnology: Spandsp\nSessionNumber: 7\n"
        f"SessionType: {session_type}\nOperation: send\nState: Active\nFiles: /var/spool/fax/out/a.tif,/b.tif\n"
    )
    decoded = decode.snapshot(parse(text))
    assert decoded.fields == {
        "channel": "PJSIP/trunk-0000001a",
        "technology": "Spandsp",
        "session_type": session_type,
        "operation": "send",
        "state": "Active",
    }
    assert rest(decoded) == {"Files": "/var/spool/fax/out/a.tif,/b.tif"}
    assert decoded.problems == []


# -- SendFAX, ReceiveFAX -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "operation", "counted"),
    [("SendFAX", "send", "pages_transmitted"), ("ReceiveFAX", "receive", "pages_received")],
)
def test_a_completed_fax(event: str, operation: str, counted: str) -> None:
    decoded = decode.completion(message(COMPLETION.replace("SendFAX", event)))
    assert decoded.fields == {
        "operation": operation,
        "channel": "PJSIP/trunk-0000001a",
        "uniqueid": "1795423502.3",
        counted: 3,
        "x_resolution": 8031,
        "y_resolution": 3850,
        "data_rate": 14400,
        "file_name": "/a.tif",
    }
    assert decoded.problems == []


def test_the_headers_of_a_completed_faxs_channel_go_to_the_details() -> None:
    assert decode.completion(message(COMPLETION)).details == {
        "Privilege": "call,all",
        "SystemName": "pbx1",
        "ChannelState": "6",
        "ChannelStateDesc": "Up",
        "CallerIDNum": "5550001",
        "CallerIDName": "<unknown>",
        "ConnectedLineNum": "5550002",
        "ConnectedLineName": "<unknown>",
        "Language": "en",
        "AccountCode": "acme",
        "Context": "tx",
        "Exten": "s",
        "Priority": "3",
        "Linkedid": "1795423502.1",
        "ChanVariable": ["FAXSTATUS=SUCCESS", "FAXERROR="],
        "LocalStationID": "+49 30 1",
        "RemoteStationID": "+49 30 2",
        "FileName": ["/a.tif", "/b.tif"],
    }


def test_one_channel_variable_is_text_and_one_file_is_no_detail() -> None:
    text = "Event: ReceiveFAX\nChannel: a\nChanVariable: FAXSTATUS=SUCCESS\nFileName: /a.tif\n"
    decoded = decode.completion(parse(text))
    assert decoded.details == {"ChanVariable": "FAXSTATUS=SUCCESS"}
    assert decoded.fields["file_name"] == "/a.tif"


def test_all_files_of_a_fax_go_to_the_details() -> None:
    text = "Event: SendFAX\nChannel: a\nFileName: /a.tif\nFileName: /b.tif\nFileName: /c.tif\n"
    decoded = decode.completion(parse(text))
    assert decoded.fields["file_name"] == "/a.tif"
    assert decoded.details == {"FileName": ["/a.tif", "/b.tif", "/c.tif"]}


def test_the_short_event_of_old_servers() -> None:
    """res_fax 1.8 to 11: no channel snapshot, so no Uniqueid."""
    text = (
        "Event: SendFAX\nPrivilege: call,all\nChannel: SIP/a-1\nContext: tx\nExten: s\nCallerID: 5550001\n"
        "RemoteStationID: b\nLocalStationID: a\nPagesTransferred: 1\nResolution: 204x98\nTransferRate: 9600\n"
        "FileName: /a.tif\n"
    )
    decoded = decode.completion(parse(text))
    assert decoded.fields == {
        "operation": "send",
        "channel": "SIP/a-1",
        "pages_transmitted": 1,
        "x_resolution": 204,
        "y_resolution": 98,
        "data_rate": 9600,
        "file_name": "/a.tif",
    }
    assert decoded.details["CallerID"] == "5550001"
    assert decoded.problems == []


def test_a_fax_that_failed_early_has_empty_numbers() -> None:
    decoded = decode.completion(message(COMPLETION, PagesTransferred="", Resolution="", TransferRate=""))
    assert decoded.problems == []
    assert {"pages_transmitted", "x_resolution", "data_rate"}.isdisjoint(decoded.fields)


# -- FAXStatus, VarSet -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status", ["Allocating Resources", "FAX Transmission In Progress", "T.38 Negotiated", "No Available Resource", "?"]
)
@pytest.mark.parametrize("operation", ["send", "receive", "gateway"])
def test_a_status(status: str, operation: str) -> None:
    text = (
        f"Event: FAXStatus\nPrivilege: call,all\nChannel: a\nUniqueid: 1.2\nOperation: {operation}\nStatus: {status}\n"
        "LocalStationID: +49 30 1\nFileName: /a.tif\n"
    )
    decoded = decode.channel_event(parse(text))
    assert decoded.fields == {"channel": "a", "uniqueid": "1.2", "operation": operation, "file_name": "/a.tif"}
    assert decoded.details == {"Privilege": "call,all", "Status": status, "LocalStationID": "+49 30 1"}
    assert decoded.problems == []


def test_a_variable() -> None:
    decoded = decode.channel_event(parse("Event: VarSet\nChannel: a\nUniqueid: 1.2\nVariable: FAXERROR\nValue: \n"))
    assert decoded.fields == {"channel": "a", "uniqueid": "1.2"}
    assert decoded.details == {"Variable": "FAXERROR", "Value": ""}


# -- whatever comes ----------------------------------------------------------------------------------

ODD = st.sampled_from(["", "abc", "99999999999", " 7"]) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r\n"), max_size=3
)
USUAL = {
    **{name: st.sampled_from(["0", "-5", "14400"]) for name in NUMBERS},
    "ErrorCorrectionMode": st.sampled_from(["Yes", "no"]),
    "ImageResolution": st.sampled_from(["8031x3850", "0x0"]),
    **{
        name: st.sampled_from(["send", "V.21", "Active"])
        for name in ("Operation", "State", "Channel", "Uniqueid", "FileName", "New")
    },
}
A_NAME = st.sampled_from(list(USUAL))


def headers_of(name: str) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.just(name), USUAL[name] | ODD)


HEADERS = st.lists(A_NAME.flatmap(headers_of), max_size=5) | A_NAME.flatmap(
    lambda name: st.lists(headers_of(name), min_size=2, max_size=3)
)


@settings(max_examples=250)
@given(HEADERS, st.sampled_from(["snapshot", "completion", "channel_event"]))
def test_no_value_is_lost(headers: list[tuple[str, str]], kind: str) -> None:
    """Each value is in a field, or in the details as received."""
    message = parse("Event: Whatever\n" + "".join(f"{name}: {value}\n" for name, value in headers))
    decoded: Decoded = getattr(decode, kind)(message)
    kept = [text for value in decoded.details.values() for text in (value if isinstance(value, list) else [value])]
    for name, value in list(message)[1:]:
        assert value in kept or is_field(decoded, value), (name, value)


def is_field(decoded: Decoded, value: str) -> bool:
    """Return whether a field has the value of this text."""
    meanings: list[object] = [value or None]
    text = value.strip().lower()
    if text in ("yes", "no"):
        meanings.append(text == "yes")
    if text.lstrip("+-").isdecimal():
        meanings.append(int(text))
    if "x" in text and text.replace("x", "", 1).isdecimal():
        meanings.append(int(text.partition("x")[0]))
    fields = decoded.fields.values()
    return any(meaning == field and type(meaning) is type(field) for meaning in meanings for field in fields)
