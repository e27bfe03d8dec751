"""Resolver: records in, rows with session and epoch out."""

from __future__ import annotations

from msgspec.structs import replace

from faxstore.observations import Hangup, Listing, Observation
from faxstore.sessions.identity import session_id
from faxstore.sessions.resolved import Resolved
from faxstore.sessions.resolver import Resolver
from tests.kit.scripted_ties import CHANNEL, EPOCH, LIFE, VARIABLES, ScriptedLookup, at

SESSION_7 = session_id(EPOCH, 7)
VARIABLE = Observation(LIFE, at(0), "VarSet", channel=CHANNEL, uniqueid="1.2")
SNAPSHOT = Observation(LIFE, at(1), "FAXSession", 7, channel=CHANNEL, operation="send")
COMPLETION = Observation(LIFE, at(2), "SendFAX", channel=CHANNEL, uniqueid="1.2")


def gone(when: float, number: int) -> Resolved:
    return Resolved(None, Observation(LIFE, at(when), "Gone", number, CHANNEL), session_id(EPOCH, number), EPOCH)


def test_a_snapshot_resolves_the_events_that_waited_for_its_session() -> None:
    resolver = Resolver(ScriptedLookup())
    assert resolver.resolve(1, VARIABLE) == []
    assert resolver.resolve(2, SNAPSHOT) == [
        Resolved(1, VARIABLE, SESSION_7, EPOCH, is_prelude=True),
        Resolved(2, SNAPSHOT, SESSION_7, EPOCH),
    ]
    assert resolver.resolve(3, COMPLETION) == [Resolved(3, COMPLETION, SESSION_7, EPOCH)]


def test_a_hangup_resolves_pending_events() -> None:
    resolver = Resolver(ScriptedLookup())
    resolver.resolve(1, VARIABLE)
    rows = resolver.resolve(2, Hangup(LIFE, at(1), CHANNEL, "1.2"))
    assert rows == [Resolved(1, VARIABLE, VARIABLES, EPOCH, is_fax=False)]


def test_a_listing_resolves_events_that_waited_too_long() -> None:
    resolver = Resolver(ScriptedLookup())
    resolver.resolve(1, VARIABLE)
    assert [row.key for row in resolver.resolve(2, Listing(LIFE, at(151), ()))] == [1]


def test_an_open_session_that_a_complete_list_lacks_is_gone() -> None:
    lookup = ScriptedLookup()
    lookup.open = [(session_id(EPOCH, number), number, CHANNEL) for number in (3, 4)]
    assert Resolver(lookup).resolve(1, Listing(LIFE, at(1), (4,))) == [gone(1, 3)]


def test_a_session_of_the_same_batch_that_a_complete_list_lacks_is_gone() -> None:
    """An ingestor that was started again appends the last rows of its former process together with its first list."""
    resolver = Resolver(ScriptedLookup())
    resolver.begin_batch([])
    resolver.resolve(1, SNAPSHOT)
    assert resolver.resolve(2, Listing(LIFE, at(2), ())) == [gone(2, 7)]
    assert resolver.resolve(3, Listing(LIFE, at(3), ())) == []


def test_a_session_of_the_same_batch_that_a_complete_list_contains_is_open() -> None:
    resolver = Resolver(ScriptedLookup())
    resolver.begin_batch([])
    resolver.resolve(1, SNAPSHOT)
    assert resolver.resolve(2, Listing(LIFE, at(2), (7,))) == []


def test_a_list_that_is_older_than_a_snapshot_ends_nothing() -> None:
    """The clock was set back, or the records of another observer precede the list."""
    resolver = Resolver(ScriptedLookup())
    resolver.begin_batch([])
    resolver.resolve(1, SNAPSHOT)
    assert resolver.resolve(2, Listing(LIFE, at(0.5), ())) == []


def test_a_session_that_ended_in_the_same_batch_is_not_gone_again() -> None:
    """The lookup shows sessions as of the last batch, so it still lists the session as open."""
    lookup = ScriptedLookup()
    lookup.open = [(SESSION_7, 7, CHANNEL)]
    resolver = Resolver(lookup)
    resolver.begin_batch([])
    for key, record in enumerate((SNAPSHOT, COMPLETION)):
        resolver.resolve(key, record)
    assert resolver.resolve(2, Listing(LIFE, at(3), ())) == []
    resolver.begin_batch([])
    resolver.resolve(3, replace(SNAPSHOT, observed_at=at(4)))
    assert resolver.resolve(4, Listing(LIFE, at(5), ())) == [gone(5, 7)]
