"""The byte form of the records: frozen per kind and version, readable by every later version."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import fields

from faxstore.observations import (
    Hangup,
    InvalidRecordError,
    Life,
    Listing,
    NewerRecordError,
    Observation,
    Record,
    Rejected,
    ServerObservation,
    decode,
    encode,
)

LIFE = Life("pbx1", 1_795_435_200_000_001, True, 1_795_435_100_000_002, "2026-11-24 08:45:00", 1_795_435_150_000_003)
AT = 1_795_435_260_000_004

RECORDS: dict[str, Record] = {
    "Observation": Observation(
        LIFE,
        AT,
        "FAXSession",
        7,
        "PJSIP/a-00000007",
        "1795435200.7",
        "Spandsp",
        "receive",
        "Active",
        "G.711",
        True,
        14400,
        8031,
        3850,
        5,
        4,
        3,
        2,
        "/var/spool/é.tif",
        {"LocalStationID": "+1 555 0100", "Files": ["a", "b"]},
    ),
    "ServerObservation": ServerObservation("pbx1", AT, "FAXStats", {"CompletedFAXes": "9"}),
    "Listing": Listing(LIFE, AT, (7, 9)),
    "Hangup": Hangup(LIFE, AT, "PJSIP/a-00000007", "1795435200.7"),
    "Rejected": Rejected("pbx1", AT, "neither an Event nor a Response", "Héader: 1\r\n"),
}
"""A record of each kind with a value in every field, all different."""

LIFE_BYTES = b'["pbx1",1795435200000001,true,1795435100000002,"2026-11-24 08:45:00",1795435150000003]'
OBSERVATION_BYTES = (
    LIFE_BYTES + b',1795435260000004,"FAXSession",7,"PJSIP/a-00000007","1795435200.7","Spandsp","receive","Active",'
    b'"G.711",true,14400,8031,3850,5,4,3,2,"/var/spool/\xc3\xa9.tif",'
    b'{"LocalStationID":"+1 555 0100","Files":["a","b"]}]'
)
FROZEN: dict[tuple[str, int], bytes] = {
    ("Observation", 0): b"[0," + OBSERVATION_BYTES,
    ("ServerObservation", 0): b'[1,"pbx1",1795435260000004,"FAXStats",{"CompletedFAXes":"9"}]',
    ("Listing", 0): b"[2," + LIFE_BYTES + b",1795435260000004,[7,9]]",
    ("Hangup", 0): b"[3," + LIFE_BYTES + b',1795435260000004,"PJSIP/a-00000007","1795435200.7"]',
    ("Rejected", 0): (b'[4,"pbx1",1795435260000004,"neither an Event nor a Response","H\xc3\xa9ader: 1\\r\\n"]'),
    ("Observation", 1): b'["Observation",1,' + OBSERVATION_BYTES,
    ("ServerObservation", 1): b'["ServerObservation",1,"pbx1",1795435260000004,"FAXStats",{"CompletedFAXes":"9"}]',
    ("Listing", 1): b'["Listing",1,' + LIFE_BYTES + b",1795435260000004,[7,9]]",
    ("Hangup", 1): b'["Hangup",1,' + LIFE_BYTES + b',1795435260000004,"PJSIP/a-00000007","1795435200.7"]',
    ("Rejected", 1): (
        b'["Rejected",1,"pbx1",1795435260000004,"neither an Event nor a Response","H\xc3\xa9ader: 1\\r\\n"]'
    ),
}
"""One example per kind and version, as it stands in spools.  Add examples; never change one."""

CURRENT = {kind: max(version for name, version in FROZEN if name == kind) for kind in RECORDS}


@pytest.mark.parametrize(("kind", "version"), FROZEN)
def test_a_record_of_every_version_is_decoded(kind: str, version: int) -> None:
    assert decode(FROZEN[kind, version]) == RECORDS[kind]


@pytest.mark.parametrize("kind", RECORDS)
def test_the_current_version_is_encoded_byte_for_byte(kind: str) -> None:
    """Fails if a field is added, removed or moved without a new version and its frozen example."""
    assert encode(RECORDS[kind]) == FROZEN[kind, CURRENT[kind]]


@pytest.mark.parametrize("record", [LIFE, *RECORDS.values()], ids=lambda record: type(record).__name__)
def test_every_field_of_the_examples_differs_from_the_others(record: Life | Record) -> None:
    """Otherwise the examples would not show that two fields changed places."""
    values = [getattr(record, each.name) for each in fields(record)]
    texts = {repr(value) for value in values}
    assert len(texts) >= len(values) - (repr(True) in texts)
    assert None not in values


@pytest.mark.parametrize(
    "data",
    [
        FROZEN["Observation", 1].replace(b'"Observation",1', b'"Observation",2'),
        b'["Rejected",2]',  # its fields are not known either
        b'["Rejected",9999999999999999999999,{"server":"pbx1"}]',
        b'["Transfer",1,"pbx1",1,"x"]',
        b'["' + b"x" * 1000 + b'",1]',
    ],
)
def test_a_record_of_a_newer_version_is_recognized(data: bytes) -> None:
    with pytest.raises(NewerRecordError, match=r"^kind '[^\n]{,70}$"):
        decode(data)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
"""What clean_text() lets through."""
MOMENT = st.integers(0, 10**17)
INTEGER = st.none() | st.integers(-(2**31), 2**31 - 1)
DETAILS = st.dictionaries(TEXT, TEXT | st.lists(TEXT, min_size=2, max_size=3), max_size=4)
LIVES = st.builds(
    Life, TEXT, MOMENT, st.booleans(), st.none() | st.integers(-(10**16), 10**17), st.none() | TEXT, st.none() | MOMENT
)
ANY_RECORD = st.one_of(
    st.builds(
        Observation,
        life=LIVES,
        observed_at=MOMENT,
        event=TEXT,
        session_number=st.none() | st.integers(0, 2**32 - 1),
        channel=st.none() | TEXT,
        uniqueid=st.none() | TEXT,
        technology=st.none() | TEXT,
        operation=st.none() | TEXT,
        state=st.none() | TEXT,
        session_type=st.none() | TEXT,
        error_correction_mode=st.none() | st.booleans(),
        data_rate=INTEGER,
        x_resolution=INTEGER,
        y_resolution=INTEGER,
        page_number=INTEGER,
        pages_transmitted=INTEGER,
        pages_received=INTEGER,
        total_bad_lines=INTEGER,
        file_name=st.none() | TEXT,
        details=DETAILS,
    ),
    st.builds(ServerObservation, TEXT, MOMENT, TEXT, DETAILS),
    st.builds(Listing, LIVES, MOMENT, st.lists(st.integers(0, 2**32 - 1), max_size=5).map(tuple)),
    st.builds(Hangup, LIVES, MOMENT, TEXT, TEXT),
    st.builds(Rejected, TEXT, MOMENT, TEXT, TEXT),
)


@settings(max_examples=200)
@given(ANY_RECORD)
def test_decoding_restores_the_encoded_record(record: Record) -> None:
    assert decode(encode(record)) == record


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b"null",
        b"5",
        b"[]",
        b'"Rejected"',
        b"[0]",
        b'["Rejected"]',
        b'{"kind": 0}',
        b'[9,"pbx1",1,"x","y"]',  # version 0 has five kinds
        b'["Rejected",1,"pbx1"]',  # too short
        b'["Rejected",1,"pbx1",1,"x","y","z"]',  # too long
        b'["Rejected",0,"pbx1",1,"x","y"]',  # version 0 does not look like this
        b'["Rejected",true,"pbx1",1,"x","y"]',
        b'["Rejected","2","pbx1",1,"x","y"]',
        b'[true,"pbx1",1,"x",{}]',
        b'["Listing",1,["pbx1",1,false,null,null,null],1]',  # a list without numbers
        b'["Observation",1,["pbx1"],1,"FAXSession"]',  # a life cut short
        b'["Observation",1,"pbx1",1,"FAXSession"]',  # a name in place of a life
        b'["Rejected",1,["pbx1",1,false,null,null,null],1,"x","y"]',  # a life in place of a name
        b'[-1,"pbx1",1,"x","y"]',
        b'["Rejected",1,"pbx1","yesterday","x","y"]',
        b'["Rejected",1,7,1,"x","y"]',
    ],
)
def test_other_bytes_are_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(InvalidRecordError, match=r"^not a record of faxstore$"):
        decode(data)
