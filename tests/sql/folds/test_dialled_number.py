"""fax.dialled_number(): given a DialString, expect the number in it."""

from __future__ import annotations

import psycopg
import pytest

NUMBERS: dict[str, list[tuple[str, str]]] = {
    "PJSIP": [
        ("+15559876@ISP", "+15559876"),
        ("ISP/sip:4711@192.0.2.1:5060", "4711"),
        ("ISP/sip:+498912345;phone-context=x@host;user=phone", "+498912345"),
        ("ISP/<sip:%2B498912345@host>", "+498912345"),
        ("ISP/sips:*31#4711@host", "*31#4711"),
        ("4711@ISP/99", "4711"),
        ("ISP/tel:+498912345", "+498912345"),
        ("4711", "4711"),
    ],
    "SIP": [
        ("4711@host:5060", "4711"),
        ("4711:secret99@host", "4711"),
        ("4711:1234:5678:99:tls@host", "4711"),
        ("trunk/4711", "4711"),
        ("trunk/4711/192.0.2.1", "4711"),
        ("4711@host//192.0.2.1", "4711"),
        ("4711@host/99", "4711"),
        ("trunk/4711!99@host!98@host", "4711"),
        ("4711", "4711"),
    ],
    "IAX2": [
        ("user:secret@host/4711@ctx", "4711"),
        ("99:1234@host/4711@ctx/a", "4711"),
        ("99:[key]:1234@host:4569/4711", "4711"),
        ("peer/4711", "4711"),
    ],
    "DAHDI": [
        ("g1/4711", "4711"),
        ("1/w4711", "4711"),
        ("g1c/9ww4711", "94711"),
        ("i1-r2/n4711:99/k", "4711"),
        ("pseudo/4711", "4711"),
    ],
    "Local": [("4711@context", "4711"), ("4711@context/n", "4711"), ("4711/nj", "4711"), ("+4711@99/n", "+4711")],
    "OOH323": [("4711@peer", "4711"), ("peer/4711", "4711")],
    "Mobile": [("adapter/4711", "4711")],
}
NO_NUMBER: dict[str, list[str]] = {
    "PJSIP": ["trunk", "trunk/trunk", "fax@ISP", "ISP/sip:192.0.2.1:5060", "ISP/sip:fax@host", "unknown", "", "@", "/"],
    "SIP": ["trunk", "192.0.2.1", "user:1234@host", "fax@host/4711"],
    "IAX2": ["99:1234@host", "99@host", "peer", "user:1234@peer/s@ctx", "peer/s"],
    "DAHDI": ["1", "g1", "i1", "g1/", "pseudo", "g0/w"],
    "Local": ["recv@rx/n", "s@4711", "s@4711/n", "recv/1"],
}


@pytest.mark.parametrize(
    ("technology", "text", "number"),
    [(technology, *pair) for technology, pairs in NUMBERS.items() for pair in pairs],
)
def test_a_string_with_a_number(database: psycopg.Connection, technology: str, text: str, number: str) -> None:
    found = database.execute("select fax.dialled_number(%s, %s)", [text, technology]).fetchone()
    assert found == (number,)


@pytest.mark.parametrize(
    ("technology", "text"), [(technology, text) for technology, texts in NO_NUMBER.items() for text in texts]
)
def test_a_string_without_a_number(database: psycopg.Connection, technology: str, text: str) -> None:
    assert database.execute("select fax.dialled_number(%s, %s)", [text, technology]).fetchone() == (None,)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+15559876@ISP", "+15559876"),
        ("ISP/sip:4711@host:5060", "4711"),
        ("trunk/4711", "4711"),
        ("g1/4711", "4711"),
        ("4711@context", "4711"),
        ("4711@context/n", "4711"),
        ("1/w4711", "4711"),
        ("user:secret@host/4711@ctx", "4711"),
        ("4711@host:5060", "4711"),
        ("4711", "4711"),
        ("trunk", None),
        ("user:1234@host", None),
        (None, None),
    ],
)
def test_without_a_technology(database: psycopg.Connection, text: str | None, number: str | None) -> None:
    assert database.execute("select fax.dialled_number(%s)", [text]).fetchone() == (number,)
