"""Which session an event belongs to that names only its channel."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest

from faxstore.observations import MICROSECONDS, Hangup, Life, Observation
from faxstore.store.identity import NAMESPACE, unlisted_id
from faxstore.store.ties import AFTER_END, LONGEST_WAIT, Known, Runs, Tied, Ties

EPOCH = uuid5(NAMESPACE, "an epoch")
ANOTHER_EPOCH = uuid5(NAMESPACE, "another epoch")
SESSION = uuid5(NAMESPACE, "a session")
ANOTHER = uuid5(NAMESPACE, "another session")
LIFE = Life("pbx1", 0)
CHANNEL = "PJSIP/trunk-0000001a"


def at(seconds: float) -> int:
    """So many seconds after an hour of a day that does not matter."""
    return round((1_795_435_200 + seconds) * MICROSECONDS)


class Store:
    """What the store would say, and what it was asked."""

    def __init__(self) -> None:
        self.known: dict[str, Known] = {}
        self.runs: dict[str, Runs] = {}
        self.asked: list[str] = []
        self.ties = Ties(self.lookup, lambda epoch, uniqueid, moment: self.runs.get(uniqueid, Runs(None, 0)))
        self.key = 0

    def lookup(self, epoch: UUID, event: Observation) -> Known | None:
        self.asked.append(event.channel or "")
        return self.known.get(event.channel or "") if epoch == EPOCH else None

    def lists(self, session: UUID, when: float, channel: str = CHANNEL) -> list[int]:
        """A poll shows the session; gives the keys of the events that are tied to it now."""
        return self.sees(session, Observation(LIFE, at(when), "FAXSession", 7, channel=channel, operation="send"))

    def sees(self, session: UUID, seen: Observation) -> list[int]:
        tied = list(self.ties.listed(EPOCH, session, seen))
        assert {entry.session_id for entry in tied} <= {session}
        return [entry.key for entry in tied]

    def happens(self, event: str, when: float, channel: str = CHANNEL, uniqueid: str | None = "1.2") -> list[Tied]:
        """An event on the channel; its key is the count of events so far, from 1."""
        self.key += 1
        seen = Observation(LIFE, at(when), event, channel=channel, uniqueid=uniqueid)
        return self.ties.happened(EPOCH, self.key, seen)

    def hangs_up(self, when: float, channel: str = CHANNEL) -> list[Tied]:
        return self.ties.hung_up(EPOCH, Hangup(LIFE, at(when), channel, "1.2"))


@pytest.fixture
def store() -> Store:
    return Store()


def unlisted(application: str, ordinal: int) -> UUID:
    return unlisted_id("pbx1", "1.2", application, ordinal)


def sessions(tied: list[Tied]) -> list[tuple[int, UUID]]:
    return [(entry.key, entry.session_id) for entry in tied]


def test_an_event_during_a_session_is_its_own(store: Store) -> None:
    store.lists(SESSION, 0)
    assert sessions(store.happens("FAXStatus", 1)) == [(1, SESSION)]
    assert sessions(store.happens("VarSet", 1)) == [(2, SESSION)]
    assert store.ties.waiting == 0


def test_an_event_before_the_session_is_listed_waits_for_it(store: Store) -> None:
    assert store.happens("VarSet", 0) == []
    assert store.happens("FAXStatus", 1) == []
    assert store.ties.waiting == 2
    assert store.lists(SESSION, 20) == [1, 2]
    assert store.ties.waiting == 0
    assert store.lists(SESSION, 21) == []


@pytest.mark.parametrize("event", ["SendFAX", "ReceiveFAX"])
def test_a_completion_follows_its_session(store: Store, event: str) -> None:
    store.lists(SESSION, 0)
    assert sessions(store.happens("VarSet", 2)) == [(1, SESSION)]
    assert sessions(store.happens(event, 6)) == [(2, SESSION)]  # disable_t38() waits 5 s


def test_what_follows_a_completion_waits_for_the_next_session_of_the_channel(store: Store) -> None:
    store.lists(SESSION, 0)
    store.happens("SendFAX", 2)
    assert store.happens("VarSet", 3) == []
    assert store.lists(ANOTHER, 5) == [2]
    assert sessions(store.happens("SendFAX", 9)) == [(3, ANOTHER)]


def test_an_event_long_after_the_last_listing_is_no_longer_its_own(store: Store) -> None:
    store.lists(SESSION, 0)
    assert sessions(store.happens("FAXStatus", AFTER_END / MICROSECONDS)) == [(1, SESSION)]
    assert store.happens("FAXStatus", AFTER_END / MICROSECONDS + 1) == []


def test_a_completion_that_no_list_showed_is_a_session_of_its_own(store: Store) -> None:
    store.happens("VarSet", 0)
    store.happens("FAXStatus", 1)
    assert sessions(store.happens("SendFAX", 5)) == [(key, unlisted("SendFAX", 0)) for key in (1, 2, 3)]
    assert store.ties.waiting == 0


def test_each_further_one_on_the_channel_has_an_id_of_its_own(store: Store) -> None:
    first = store.happens("SendFAX", 5)
    second = store.happens("SendFAX", 15)
    third = store.happens("ReceiveFAX", 25)
    assert sessions(first + second + third) == [
        (1, unlisted("SendFAX", 0)),
        (2, unlisted("SendFAX", 1)),
        (3, unlisted("ReceiveFAX", 2)),
    ]
    assert len({entry.session_id for entry in first + second + third}) == 3


def test_one_after_a_listed_session_counts_that_one_too(store: Store) -> None:
    store.lists(SESSION, 0)
    store.happens("SendFAX", 2)
    assert sessions(store.happens("SendFAX", 40)) == [(2, unlisted("SendFAX", 1))]


def test_after_a_restart_of_ours_the_store_counts_the_runs(store: Store) -> None:
    store.runs["1.2"] = Runs(None, 3)
    assert sessions(store.happens("SendFAX", 5)) == [(1, unlisted("SendFAX", 3))]


def test_a_repeat_of_what_the_store_has_is_the_same_session(store: Store) -> None:
    store.runs["1.2"] = Runs(ANOTHER, 1)
    assert sessions(store.happens("SendFAX", 5)) == [(1, ANOTHER)]


def test_after_a_restart_of_ours_the_store_knows_the_session(store: Store) -> None:
    store.known[CHANNEL] = Known(SESSION, at(0), completed=False)
    assert sessions(store.happens("SendFAX", 5)) == [(1, SESSION)]
    assert store.asked == [CHANNEL]


@pytest.mark.parametrize("known", [Known(SESSION, at(-600), completed=False), Known(SESSION, at(0), completed=True)])
def test_a_session_that_the_store_knows_as_over_is_not_it(store: Store, known: Known) -> None:
    store.known[CHANNEL] = known
    assert store.happens("VarSet", 5) == []
    assert store.lists(ANOTHER, 6) == [1]


def test_a_hangup_releases_what_waits(store: Store) -> None:
    """A fax that failed before it had a session: FAXSTATUS is told, a completion never."""
    store.happens("VarSet", 0)
    assert sessions(store.hangs_up(1)) == [(1, unlisted("", 0))]
    assert store.ties.waiting == 0
    assert store.hangs_up(2) == []
    assert store.hangs_up(2, "PJSIP/never-heard-of") == []


def test_waiting_has_an_end(store: Store) -> None:
    store.happens("VarSet", 0)
    store.happens("VarSet", 1)
    longest = LONGEST_WAIT / MICROSECONDS
    assert store.ties.waited_too_long(at(longest)) == []
    assert sessions(store.ties.waited_too_long(at(longest + 0.1))) == [(1, unlisted("", 0)), (2, unlisted("", 0))]
    assert store.ties.waiting == 0


def test_a_channel_that_is_not_heard_of_is_forgotten(store: Store) -> None:
    store.lists(SESSION, 0)
    store.ties.waited_too_long(at(LONGEST_WAIT / MICROSECONDS + 1))
    store.happens("FAXStatus", 5)  # asks the store again
    assert store.asked == [CHANNEL]


def test_a_clock_set_back_does_not_release_or_lose_what_waits(store: Store) -> None:
    store.happens("VarSet", 0)
    assert store.ties.waited_too_long(at(-3600)) == []
    assert store.lists(SESSION, -3599) == [1]


@pytest.mark.parametrize(
    ("operation", "event", "channel"),
    [("V.21", "FAXSession", CHANNEL), ("send", "Gone", CHANNEL), ("send", "FAXSession", None)],
    ids=["detector", "gone", "without a channel"],
)
def test_what_no_event_waits_for(store: Store, operation: str, event: str, channel: str | None) -> None:
    """A gateway's channel has a V.21 session too; a session never listed has no channel."""
    store.happens("FAXStatus", 0)
    assert store.sees(SESSION, Observation(LIFE, at(1), event, 7, channel=channel, operation=operation)) == []
    assert store.ties.waiting == 1


def test_channels_do_not_mix(store: Store) -> None:
    store.happens("VarSet", 0, "PJSIP/a")
    store.happens("VarSet", 0, "PJSIP/b")
    assert store.lists(SESSION, 1, "PJSIP/b") == [2]
    assert store.lists(ANOTHER, 1, "PJSIP/a") == [1]


def test_epochs_do_not_mix(store: Store) -> None:
    """Channel names are used again after a restart."""
    store.lists(SESSION, 0)
    seen = Observation(LIFE, at(1), "FAXStatus", channel=CHANNEL)
    assert store.ties.happened(ANOTHER_EPOCH, 1, seen) == []
    assert store.ties.hung_up(ANOTHER_EPOCH, Hangup(LIFE, at(2), CHANNEL, "1.2"))[0].session_id != SESSION


def test_a_server_that_tells_no_uniqueid_goes_by_the_channel(store: Store) -> None:
    first = store.happens("SendFAX", 5, uniqueid=None)
    second = store.happens("SendFAX", 15, uniqueid=None)
    elsewhere = store.happens("SendFAX", 15, "PJSIP/b", uniqueid=None)
    assert len({entry.session_id for entry in first + second + elsewhere}) == 3
    assert sessions(Store().happens("SendFAX", 5, uniqueid=None)) == sessions(first)  # for every observer


def test_without_a_uniqueid_two_epochs_are_two_sessions(store: Store) -> None:
    """Channel names begin again with the server, and then tell nothing apart."""
    seen = Observation(LIFE, at(0), "SendFAX", channel=CHANNEL)
    (first,) = store.ties.happened(EPOCH, 1, seen)
    (second,) = store.ties.happened(ANOTHER_EPOCH, 2, seen)
    assert first.session_id != second.session_id
