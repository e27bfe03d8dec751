"""The sessions on a channel: always those of the newest list, found without a look at the others."""

from __future__ import annotations

import time

from faxstore.observations import Life
from faxstore.reader.listing import Entry, Listings
from faxstore.reader.state import dump, load

LIFE = Life("pbx1", 1)


def listed(listings: Listings, *sessions: tuple[int, str | None]) -> None:
    """Feed a complete list of these sessions and channels."""
    listings.begin_list()
    for number, channel in sessions:
        listings.add_entry(Entry(number, 1, LIFE, {"channel": channel, "operation": "send"}, {}))
    listings.end_list(str(len(sessions)), 1)


def numbers(listings: Listings, channel: str) -> list[int]:
    return [entry.number for entry in listings.on_channel(channel)]


def test_each_list_replaces_the_one_before() -> None:
    listings = Listings()
    assert numbers(listings, "a") == []
    listed(listings, (1, "a"), (2, "b"), (3, "a"), (4, None))
    assert (numbers(listings, "a"), numbers(listings, "b"), numbers(listings, "")) == ([1, 3], [2], [])
    listed(listings, (2, "a"), (3, "a"))
    assert (numbers(listings, "a"), numbers(listings, "b")) == ([2, 3], [])


def test_an_unfinished_list_changes_nothing() -> None:
    listings = Listings()
    listed(listings, (1, "a"))
    listings.begin_list()
    listings.add_entry(Entry(2, 1, LIFE, {"channel": "a"}, {}))
    assert numbers(listings, "a") == [1]


def test_a_new_life_has_no_sessions() -> None:
    for begin in (Listings.begin_life, lambda listings: listings.begin_life_within_list(LIFE)):
        listings = Listings()
        listed(listings, (1, "a"))
        assert numbers(listings, "a") == [1]
        begin(listings)
        assert numbers(listings, "a") == []


def test_a_resumed_reader_has_the_sessions_of_the_one_before() -> None:
    first, second = Listings(), Listings()
    listed(first, (1, "a"))
    listed(second, (2, "b"))
    assert numbers(second, "b") == [2]
    load(dump([first]), [second])
    assert (numbers(second, "a"), numbers(second, "b")) == ([1], [])


def test_the_cost_does_not_grow_with_the_sessions() -> None:
    """An answer to Status once took 20 µs with 100 sessions and 162 µs with 5,000."""

    def seconds(sessions: int) -> float:
        """Return the lowest of several measurements: other work on the machine only adds to them."""
        listings = Listings()
        channels = [f"PJSIP/trunk-{number:08x}" for number in range(sessions)]
        listed(listings, *enumerate(channels))
        asked = [channels[number % sessions] for number in range(2_000)]
        taken = []
        for _ in range(10):
            begun = time.thread_time()
            for channel in asked:
                listings.on_channel(channel)
            taken.append(time.thread_time() - begun)
        return min(taken)

    assert seconds(5_000) < 5 * seconds(100)
