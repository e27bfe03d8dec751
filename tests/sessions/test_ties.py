"""Which session an event belongs to that names only its channel."""

from __future__ import annotations

from uuid import UUID, uuid5

import pytest

from faxstore.observations import MICROSECONDS, Details, Hangup, Life, Observation
from faxstore.sessions.identity import NAMESPACE, unlisted_id
from faxstore.sessions.ties import AFTER_END, BEHIND_THE_LIST, LONGEST_FAX, LONGEST_WAIT, Known, Runs, Tied, Ties

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
        self.ties = Ties(self.lookup, lambda epoch, uniqueid, moment: self.runs.get(uniqueid, Runs(None, frozenset())))
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

    def begins(self, when: float, operation: str = "send") -> list[Tied]:
        """A fax application begins, and tells it."""
        self.key += 1
        seen = Observation(LIFE, at(when), "Newexten", channel=CHANNEL, uniqueid="1.2", operation=operation)
        return self.ties.happened(EPOCH, self.key, seen)

    def sets(self, variable: str, value: str, when: float) -> list[Tied]:
        self.key += 1
        details: Details = {"Variable": variable, "Value": value}
        seen = Observation(LIFE, at(when), "VarSet", channel=CHANNEL, uniqueid="1.2", details=details)
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
    store.runs["1.2"] = Runs(None, frozenset({SESSION, ANOTHER, EPOCH}))
    assert sessions(store.happens("SendFAX", 5)) == [(1, unlisted("SendFAX", 3))]


def test_a_repeat_of_what_the_store_has_is_the_same_session(store: Store) -> None:
    store.runs["1.2"] = Runs(ANOTHER, frozenset({ANOTHER}))
    assert sessions(store.happens("SendFAX", 5)) == [(1, ANOTHER)]


def test_after_a_restart_of_ours_the_store_knows_the_session(store: Store) -> None:
    store.known[CHANNEL] = Known(SESSION, at(0), False, at(0), False)
    assert sessions(store.happens("SendFAX", 5)) == [(1, SESSION)]
    assert store.asked == [CHANNEL]


@pytest.mark.parametrize(
    "known", [Known(SESSION, at(-600), False, at(-600), False), Known(SESSION, at(0), True, at(-60), False)]
)
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


def test_a_channel_that_is_gone_is_forgotten(store: Store) -> None:
    store.lists(SESSION, 0)
    store.hangs_up(1)
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


@pytest.mark.parametrize(("start", "taken"), [(0, [1]), (-3600, [])])
def test_what_waits_from_just_before_a_reload_goes_over_to_it_within_one_start(
    store: Store, start: float, taken: list[int]
) -> None:
    """Only a listed number told of the reload; channel names begin again with each start of the server."""
    before = Life("pbx1", at(0), started_at=at(start))
    assert store.ties.happened(ANOTHER_EPOCH, 1, Observation(before, at(5), "FAXStatus", channel=CHANNEL)) == []
    reloaded = Life("pbx1", at(6), started_at=at(0), reloaded_at=at(6))
    listed = Observation(reloaded, at(6), "FAXSession", 0, channel=CHANNEL, operation="send")
    assert store.sees(SESSION, listed) == taken


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


# -- several runs of fax applications on one channel -------------------------------------------------


def test_a_run_that_begins_ends_the_one_that_was_never_listed(store: Store) -> None:
    """A missing file, and the dialplan tries another one on the same call."""
    assert store.begins(0) == []
    store.happens("VarSet", 0.1)
    assert sessions(store.begins(5)) == [(1, unlisted("SendFAX", 0)), (2, unlisted("SendFAX", 0))]
    assert store.lists(SESSION, 6) == [3]


def test_the_application_of_a_run_without_completion_is_the_one_that_began(store: Store) -> None:
    store.begins(0, "receive")
    assert sessions(store.hangs_up(1)) == [(1, unlisted("ReceiveFAX", 0))]


def test_a_status_tells_the_application_too(store: Store) -> None:
    status = Observation(LIFE, at(0), "FAXStatus", channel=CHANNEL, uniqueid="1.2", operation="send")
    store.ties.happened(EPOCH, 1, status)
    assert sessions(store.hangs_up(1)) == [(1, unlisted("SendFAX", 0))]


def test_what_the_dialplan_sets_for_a_fax_to_come_is_no_run(store: Store) -> None:
    store.sets("LOCALSTATIONID", "+1 555 0100", 0)
    assert store.begins(1) == []
    assert store.lists(SESSION, 2) == [1, 2]


def test_a_run_that_begins_is_not_the_session_that_was_listed_long_before(store: Store) -> None:
    """A fax that ended without a completion event, and another one on the same call."""
    store.lists(SESSION, 0)
    store.lists(SESSION, 9)
    assert store.begins(10) == []
    assert store.happens("VarSet", 10.1) == []
    assert store.lists(ANOTHER, 11) == [1, 2]


@pytest.mark.parametrize(("after", "own"), [(0.0, True), (1.9, True), (2.0, False), (60.0, False)])
def test_the_beginning_of_a_session_may_come_behind_the_list_that_first_showed_it(
    store: Store, after: float, own: bool
) -> None:
    """AMI queues events while it answers."""
    assert BEHIND_THE_LIST == 2 * MICROSECONDS
    store.lists(SESSION, 0)
    assert sessions(store.begins(after)) == ([(1, SESSION)] if own else [])


def test_after_a_restart_of_ours_the_store_knows_when_it_was_first_listed(store: Store) -> None:
    store.known[CHANNEL] = Known(SESSION, at(9), False, at(8), False)
    assert sessions(store.begins(9.5)) == [(1, SESSION)]


def test_a_completed_session_has_no_other_beginning(store: Store) -> None:
    """A short fax, and the next one at once."""
    store.lists(SESSION, 0)
    store.happens("SendFAX", 0.5)
    assert store.begins(1) == []
    assert store.lists(ANOTHER, 2) == [2]


def test_a_session_that_is_listed_again_goes_on(store: Store) -> None:
    """The beginning was late by more than it may be."""
    store.lists(SESSION, 0)
    assert store.begins(3) == []
    assert store.lists(SESSION, 4) == [1]
    assert sessions(store.happens("VarSet", 5)) == [(2, SESSION)]


def test_a_completed_session_that_is_listed_again_takes_nothing(store: Store) -> None:
    """Two collectors' lists need not have one order with the events."""
    store.lists(SESSION, 0)
    store.happens("SendFAX", 5)
    store.begins(6)
    assert store.lists(SESSION, 6.1) == []
    assert store.lists(ANOTHER, 7) == [2]


@pytest.mark.parametrize("event", ["Status", "Gone", "Newexten"])
def test_what_names_a_session_and_is_no_listing(store: Store, event: str) -> None:
    """A Status carries the number of its session, and comes on no list."""
    store.happens("FAXStatus", 0)
    assert store.sees(SESSION, Observation(LIFE, at(1), event, 7, channel=CHANNEL)) == []
    store.lists(ANOTHER, 2)
    store.sees(ANOTHER, Observation(LIFE, at(30), event, 7, channel=CHANNEL))
    assert store.happens("VarSet", 31) == [], "that it was listed is too long ago"


# -- the same without Newexten -----------------------------------------------------------------------


def clears(store: Store, when: float) -> list[Tied]:
    """How a run begins (res_fax.c, sendfax_exec; tests/captures/failures-22)."""
    said = [("FAXSTATUS", "FAILED"), ("FAXPAGES", "0"), ("FAXSTATUS", "FAILED"), ("FAXERROR", "INIT_ERROR")]
    said.append(("FAXSTATUSSTRING", "error starting fax session"))
    return [
        tied
        for place, (variable, value) in enumerate(said)
        for tied in store.sets(variable, value, when + place / 1000)
    ]


def test_the_variables_that_a_run_clears_begin_another_one(store: Store) -> None:
    assert clears(store, 0) == []
    store.sets("FAXERROR", "FILE_ERROR", 0.1)
    assert sessions(clears(store, 5)) == [(key, unlisted("", 0)) for key in range(1, 7)]
    assert store.lists(SESSION, 6) == [7, 8, 9, 10, 11]


def test_a_session_that_cannot_be_reserved_is_no_other_run(store: Store) -> None:
    """INIT_ERROR for the second time, in the same run (tests/captures/names-22)."""
    clears(store, 0)
    store.sets("FAXSTATUS", "FAILED", 0.1)
    store.sets("FAXERROR", "INIT_ERROR", 0.2)
    assert store.sets("FAXSTATUSSTRING", "error reserving fax session", 0.3) == []
    assert sessions(store.hangs_up(1)) == [(key, unlisted("", 0)) for key in range(1, 9)]


def test_the_first_run_of_a_channel_is_one_run_with_newexten_and_its_variables(store: Store) -> None:
    assert store.begins(0) + clears(store, 0.001) == []
    assert store.lists(SESSION, 1) == [1, 2, 3, 4, 5, 6]


# -- a fax that no list shows, for longer than events wait -------------------------------------------


def too_long(store: Store) -> list[Tied]:
    """A fax begins, and the user may not list it; what waited for that is a session of its own now."""
    store.begins(0)
    return store.ties.waited_too_long(at(LONGEST_WAIT / MICROSECONDS + 1))


def test_the_end_of_it_is_the_same_session(store: Store) -> None:
    assert sessions(too_long(store)) == [(1, unlisted("SendFAX", 0))]
    store.happens("VarSet", 600)
    assert sessions(store.happens("SendFAX", 601)) == [(key, unlisted("SendFAX", 0)) for key in (2, 3)]
    assert sessions(store.happens("SendFAX", 700)) == [(4, unlisted("SendFAX", 1))]


def test_the_next_run_is_not(store: Store) -> None:
    too_long(store)
    store.begins(600)
    assert sessions(store.happens("SendFAX", 601)) == [(key, unlisted("SendFAX", 1)) for key in (2, 3)]


def test_a_session_that_is_listed_after_all_is_not(store: Store) -> None:
    too_long(store)
    store.lists(SESSION, 590)
    assert sessions(store.happens("SendFAX", 601)) == [(2, SESSION)]


def test_after_a_restart_of_ours_the_store_knows_it(store: Store) -> None:
    store.known[CHANNEL] = Known(ANOTHER, at(0), False, 0, True)
    assert sessions(store.happens("SendFAX", 600)) == [(1, ANOTHER)]


def test_it_is_remembered_as_long_as_a_fax_may_take(store: Store) -> None:
    too_long(store)
    store.ties.waited_too_long(at(LONGEST_FAX / MICROSECONDS - 1))
    store.happens("VarSet", LONGEST_FAX / MICROSECONDS)
    assert store.asked == [CHANNEL], "asked at its beginning alone"
