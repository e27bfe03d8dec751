"""Records whose content the database refuses are rejected; the records around them are appended."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import psycopg
import pytest

from faxstore.observations import Rejected, ServerObservation, encode
from faxstore.spool.queue import Spool
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import NOON, carrying, changed, in_order, snapshot
from tests.kit.databases import fresh


def rejected(database: psycopg.Connection) -> list[tuple[str, bytes]]:
    return database.execute("select reason, raw from fax.rejected_messages order by observed_at, raw").fetchall()


GOOD = snapshot(9)
LONG = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
LIFE_FIELDS = json.loads(GOOD)[2]
REFUSED: dict[str, bytes] = {
    "NUL in the details": changed(GOOD, details={"FileName": "a\x00b"}),
    "NUL in a name of the details": changed(GOOD, details={"File\x00Name": "b"}),
    "NUL in the channel": changed(GOOD, session_number=8, channel="a\x00b"),
    "NUL in the state": changed(GOOD, state="\x00"),
    "a lone surrogate in the channel": changed(GOOD, session_number=10, channel="\ud800"),
    "a lone surrogate in the details": changed(GOOD, details={"a": "\udcff"}),
    "a page over 32 bits": changed(GOOD, page_number=2**31),
    "a page over 64 bits": changed(GOOD, page_number=2**64),
    "a session number over 64 bits": changed(GOOD, session_number=2**64),
    "a rate that is text": changed(GOOD, data_rate="fast"),
    "a rate that is a fraction": changed(GOOD, data_rate=14400.5),
    "no event": changed(GOOD, event=None),
    "a time beyond all calendars": changed(GOOD, observed_at=10**18),
    "a time beyond all numbers": changed(GOOD, observed_at=10**30),
    "a time that is text": changed(GOOD, observed_at="noon"),
    "a life that is text": changed(GOOD, life="pbx1"),
    "a life cut short": changed(GOOD, life=LIFE_FIELDS[:1]),
    "a life without a server": changed(GOOD, life=[None, *LIFE_FIELDS[1:]]),
    "a server's name too long for an index": changed(GOOD, life=[LONG, *LIFE_FIELDS[1:]]),
    "NUL in a server's name": changed(GOOD, life=["p\x00bx", *LIFE_FIELDS[1:]]),
    "a start beyond all calendars": changed(GOOD, life=["pbx1", NOON, False, 10**30, None, None]),
    "a field too many": json.dumps([*json.loads(GOOD), "more"]).encode(),
    "a kind that version 0 does not have": b'[99,"pbx1",1,"x","y"]',
    "nothing": b"",
    "no JSON": b"garbage \x00 \xff",
    "another JSON": b'{"event": "FAXSession"}',
    "deep JSON": b"[" * 100_000,
    "a rejected message with NUL in the reason": encode(Rejected("pbx1", NOON, "why\x00", "raw")),
    "a rejected message with NUL in the server": encode(Rejected("p\x00bx1", NOON, "why", "raw")),
    "a server observation with NUL": encode(ServerObservation("pbx1", NOON, "Banner", {"Version": "\x00"})),
    "an event too long for an index": encode(ServerObservation("pbx1", NOON, LONG)),
    "a list of numbers over 64 bits": json.dumps(["Listing", 1, LIFE_FIELDS, NOON, [2**70]]).encode(),
    "a list of texts": json.dumps(["Listing", 1, LIFE_FIELDS, NOON, ["a"]]).encode(),
    "a hangup without a life": b'["Hangup",1,"pbx1",1,"a","b"]',
}


@pytest.fixture(scope="module")
def shared_dsn(server: str, template: str) -> Iterator[str]:
    """One database for all of these tests."""
    with fresh(server, template) as dsn:
        yield dsn


@pytest.mark.parametrize("kind", REFUSED)
def test_a_refused_record_is_rejected_and_the_others_are_appended(
    shared_dsn: str, spool: Spool, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, session = REFUSED[kind], 100 + list(REFUSED).index(kind)
    with psycopg.connect(shared_dsn, autocommit=True) as database:
        before, known = len(in_order(database)), rejected(database)
        good = [snapshot(number, session) for number in range(1, 6)]
        spool.put([*good[:2], bad, *good[2:4]])
        with carrying(shared_dsn, spool):
            wait_until(lambda: len(spool) == 0, within=5.0)
            spool.put(good[4:])  # the carrier goes on
            wait_until(lambda: len(spool) == 0, within=5.0)
        assert in_order(database, before) == [1, 2, 3, 4, 5]
        ((reason, raw),) = [row for row in rejected(database) if row not in known]
    assert "\n" not in reason
    assert len(reason) < 400
    assert raw.decode() == bad.decode("utf-8", "backslashreplace")
    assert [each for each in caplog.messages if each.startswith("database: ")] == []  # it is not reported as down


NUMBER = "4915112345678"
BY_DATABASE = "the database refused it"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (changed(GOOD, data_rate=int(NUMBER)), f"{BY_DATABASE}: data_rate is out of range"),
        (changed(GOOD, data_rate=NUMBER), "not a record of faxstore"),
        (
            changed(GOOD, channel=f"PJSIP/{NUMBER}\x00"),
            f"{BY_DATABASE}: CharacterNotInRepertoire (SQLSTATE 22021)",
        ),
        (
            changed(GOOD, details={"CallerIDNum": f"{NUMBER}\x00"}),
            f"{BY_DATABASE}: UntranslatableCharacter (SQLSTATE 22P05)",
        ),
        (
            changed(GOOD, life=[LONG + NUMBER, *LIFE_FIELDS[1:]]),
            f"{BY_DATABASE}: ProgramLimitExceeded (SQLSTATE 54000)",
        ),
        (f'["Hangup",1,"{NUMBER}"]'.encode(), "not a record of faxstore"),
    ],
    ids=["a number", "a text", "a channel", "details", "a server", "no record"],
)
def test_a_reason_quotes_nothing_from_the_record(
    shared_dsn: str, spool: Spool, caplog: pytest.LogCaptureFixture, bad: bytes, reason: str
) -> None:
    with psycopg.connect(shared_dsn, autocommit=True) as database:
        known = rejected(database)
        spool.put([bad])
        with carrying(shared_dsn, spool):
            wait_until(lambda: len(spool) == 0, within=5.0)
        ((why, raw),) = [row for row in rejected(database) if row not in known]
        names = database.execute("select distinct server from fax.rejected_message").fetchall()
    assert why == reason
    assert NUMBER.encode() in raw
    assert NUMBER not in caplog.text
    assert all(len(name) < 100 for (name,) in names)  # a name that no server can have is not cut to one


def test_all_refused_records_at_once(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    entries = [snapshot(number) for number in range(1, 301)]
    rng = random.Random(7)
    for bad in REFUSED.values():
        entries.insert(rng.randrange(len(entries) + 1), bad)
    spool.put(entries)
    with carrying(dsn, spool):
        wait_until(lambda: len(spool) == 0, within=20.0)
    assert sorted(in_order(database)) == list(range(1, 301))
    assert len(rejected(database)) == len(REFUSED)
