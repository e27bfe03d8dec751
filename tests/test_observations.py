"""Records on their way: their form as bytes, and back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.observations import (
    Hangup,
    Life,
    Listing,
    Observation,
    Record,
    Rejected,
    ServerObservation,
    decode,
    encode,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
"""What clean_text() lets through."""
MOMENT = st.integers(0, 10**17)
INTEGER = st.none() | st.integers(-(2**31), 2**31 - 1)
DETAILS = st.dictionaries(TEXT, TEXT | st.lists(TEXT, min_size=2, max_size=3), max_size=4)
LIVES = st.builds(
    Life, TEXT, MOMENT, st.booleans(), st.none() | st.integers(-(10**16), 10**17), st.none() | TEXT, st.none() | MOMENT
)
RECORDS = st.one_of(
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
@given(RECORDS)
def test_what_is_encoded_is_decoded_as_it_was(record: Record) -> None:
    assert decode(encode(record)) == record


def test_an_encoded_record_is_readable() -> None:
    """What an operator sees who looks into a spool with sqlite3."""
    assert encode(Rejected("pbx1", 7, "neither an Event nor a Response", "é")) == (
        '[4,"pbx1",7,"neither an Event nor a Response","é"]'.encode()
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage",
        b"\xff\xfe",
        b"null",
        b"5",
        b"[]",
        b"[0]",
        b'{"kind": 0}',
        b'[9,"pbx1",1,"x","y"]',  # of a kind that is not known
        b'[4,"pbx1"]',  # too short
        b'[4,"pbx1",1,"x","y","z"]',  # too long
        b'[2,["pbx1",1,false,null,null,null],1]',  # a list without numbers
        b'[0,["pbx1"],1,"FAXSession"]',  # a life cut short
        b'[0,"pbx1",1,"FAXSession"]',  # no life at all
        b'[4,["pbx1",1,false,null,null,null],1,"x","y"]',  # a life where a name belongs
        b'[-1,"pbx1",1,"x","y"]',
        b'[4,"pbx1","yesterday","x","y"]',
        b'[4,7,1,"x","y"]',
    ],
)
def test_bytes_of_no_record_are_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        decode(data)
