"""A session ends while no observer lists it: the end that is seen afterwards belongs to it, in any order.

Each test appends its batches with one appender, which remembers the channels, and with a new one per batch, which
reads what is stored, as after a restart of faxstore.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import attrgetter

import psycopg
import pytest
from msgspec.structs import replace

from faxstore.observations import Observation, Record
from faxstore.sessions.fax import Fax, State
from faxstore.sessions.run_facts import RunFacts
from faxstore.store.append import Appender
from tests.kit.given import (
    CHANNEL,
    FILE,
    LIFE,
    completed,
    gone,
    hangup,
    initial_variables,
    listing,
    receiving,
    result,
    snapshot,
)
from tests.kit.scripted_ties import SESSION, at

Append = Callable[..., None]
SEEN = receiving((0, 1, 0), (1, 1, 0))
"""The session is listed; then the observer is away until second 20."""

LACKED = [gone(20), listing(20)]
"""Its first list lacks the session: as an observer with its memory, and one without it, records that."""


@pytest.fixture(params=["one appender", "an appender per batch"])
def append(database: psycopg.Connection, request: pytest.FixtureRequest) -> Append:
    """Append batches of records, each a record or a list of records."""
    keeps = Appender(database, "one") if request.param == "one appender" else None

    def batches(*records: Record | list[Observation]) -> None:
        for key, batch in enumerate(records):
            listed = batch if isinstance(batch, list) else [batch]
            (keeps or Appender(database, "one")).append([(100 * key + n, record) for n, record in enumerate(listed)])

    return batches


def events_of_faxes(database: psycopg.Connection) -> list[dict[str, int]]:
    """Return how often each event is in each fax, in the order of their beginnings."""
    query = """select array_agg(h.event order by h.observed_at) from fax.session s join fax.session_history h
               using (session_id) where s.is_fax group by session_id, s.started_at order by s.started_at"""
    return [dict(Counter(events)) for (events,) in database.execute(query)]


@pytest.mark.parametrize("lacked", LACKED)
def test_a_completion_event_after_the_list_that_lacks_the_session(
    database: psycopg.Connection, append: Append, lacked: Record
) -> None:
    append(SEEN, lacked, [*result(20.1, "SUCCESS", "", "OK"), completed(20.2, 1)], hangup(20.3), listing(200))
    assert events_of_faxes(database) == [{"FAXSession": 2, "Gone": 1, "VarSet": 3, "ReceiveFAX": 1}]


@pytest.mark.parametrize("lacked", LACKED)
def test_a_completion_event_before_the_list_that_lacks_the_session(
    database: psycopg.Connection, append: Append, lacked: Record
) -> None:
    append(SEEN, [*result(19.7, "SUCCESS", "", "OK"), completed(19.8, 1)], hangup(19.9), lacked, listing(200))
    (events,) = events_of_faxes(database)
    assert events.items() >= {"FAXSession": 2, "VarSet": 3, "ReceiveFAX": 1}.items()


@pytest.mark.parametrize("lacked", LACKED)
def test_a_completion_event_in_the_batch_of_that_list(
    database: psycopg.Connection, append: Append, lacked: Record
) -> None:
    append(SEEN, [lacked, completed(20.2, 1)])
    assert events_of_faxes(database) == [{"FAXSession": 2, "Gone": 1, "ReceiveFAX": 1}]


@pytest.mark.parametrize("lacked", LACKED)
def test_a_completion_event_long_after_that_list_is_another_fax(
    database: psycopg.Connection, append: Append, lacked: Record
) -> None:
    append(SEEN, lacked, completed(35.1, 1))
    assert events_of_faxes(database) == [{"FAXSession": 2, "Gone": 1}, {"ReceiveFAX": 1}]


@pytest.mark.parametrize(
    "another",
    [
        [replace(completed(20.2, 1), file_name="/another.tif")],
        [completed(20.2, 1, "SendFAX")],
        [*initial_variables(20.1), completed(20.2, 1)],
    ],
    ids=["another file", "another operation", "its beginning is seen"],
)
def test_the_completion_event_of_another_fax_on_the_channel(
    database: psycopg.Connection, append: Append, another: list[Observation]
) -> None:
    append(SEEN, listing(20), another)
    assert [events.get("FAXSession") for events in events_of_faxes(database)] == [2, None]


NEW = "PJSIP/phone-00000002"


def under_another_name(second: float) -> Observation:
    """Return a completion event whose channel got another name."""
    return replace(completed(second, 1), channel=NEW, uniqueid="9.9")


@pytest.mark.parametrize("lacked", LACKED)
@pytest.mark.parametrize("first", ["the list", "the event"])
def test_a_session_that_was_listed_after_its_channel_hung_up_ends_under_another_name(
    database: psycopg.Connection, append: Append, lacked: Record, first: str
) -> None:
    end = [lacked, under_another_name(20.2)] if first == "the list" else [under_another_name(19.8), lacked]
    append(SEEN, hangup(1.5), snapshot(3), *end)
    (events,) = events_of_faxes(database)
    assert events.items() >= {"FAXSession": 3, "Hangup": 1, "ReceiveFAX": 1}.items()


@pytest.mark.parametrize(
    ("listed_until", "ends_at"), [(1.2, 19.8), (3, 35.1)], ids=["not listed after the Hangup", "gone long ago"]
)
def test_a_completion_event_under_another_name_is_another_fax(
    database: psycopg.Connection, append: Append, listed_until: float, ends_at: float
) -> None:
    """A call that ends during a fax leaves a session without a completion event, and its file may go to others too."""
    records = sorted(
        [snapshot(listed_until), hangup(1.5), listing(20), under_another_name(ends_at)], key=attrgetter("observed_at")
    )
    append(SEEN, *records, listing(200))
    assert ["ReceiveFAX" in events for events in events_of_faxes(database)] == [False, True]


@pytest.mark.parametrize(
    ("uniqueid", "files", "belongs"),
    [
        ("1.2", {FILE}, True),
        (None, {FILE}, True),
        ("1.2", {"/another.tif"}, False),
        ("1.2", set(), True),
        (None, set(), False),
        ("3.4", set(), False),
    ],
)
def test_the_file_identifies_the_session_or_else_the_call(uniqueid: str | None, files: set[str], belongs: bool) -> None:
    fax = Fax(SESSION, State.LISTED, at(0), at(0), uniqueid)
    completion = Observation(LIFE, at(100), "SendFAX", None, CHANNEL, "1.2", operation="send", file_name=FILE)
    assert fax.may_complete_with(completion, RunFacts("send", frozenset(files))) is belongs
