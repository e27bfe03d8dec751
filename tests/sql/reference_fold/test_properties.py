"""Properties of the views that hold whatever the fold does: order does not matter, and what was seen happened."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from faxstore.observations import Observation
from faxstore.store.append import MOST_PARTS, parts_of
from tests.sql.reference_fold.compare import between, read, views
from tests.sql.reference_fold.fold import Views
from tests.sql.reference_fold.histories import History, Recorded, append, faxes, histories, in_batches
from tests.sql.reference_fold.observers import Observer, Setting
from tests.sql.reference_fold.test_generated import repeatable
from tests.sql.reference_fold.true_fax import Fax

PLACES = {"first_position", "last_position", "position"}


@repeatable(75)
@given(history=histories(any_order=True), seed=st.integers(0, 2**32 - 1))
def test_any_order_and_any_repetition_give_the_same(
    connection: psycopg.Connection, history: History, seed: int
) -> None:
    """Nor does repetition, if the first row of each session stays first: its moment is the session's start."""
    rng = random.Random(seed)
    first = first_rows(history)
    rest = [*history.rows, *rng.choices(history.rows, k=len(history.rows) // 3)]
    rng.shuffle(rest)
    expected = views_of(connection, history)
    shuffled = History((*[(collector, (row,)) for collector, row in first], *in_batches(rest, rng)))
    assert between(views_of(connection, shuffled), expected) == []


def first_rows(history: History) -> list[Recorded]:
    """The row of each session that sets its started_at: the earliest in the first part of a batch that has any."""
    first: dict[Any, Recorded] = {}
    for collector, part in [
        (collector, part) for collector, batch in history.batches for part in parts_of([*enumerate(batch)], MOST_PARTS)
    ]:
        of_part: dict[Any, Observation] = {}
        for _, row in part:
            assert isinstance(row, Observation)
            name = row.life, row.session_number
            of_part[name] = min(row, of_part.get(name, row), key=lambda one: one.observed_at)
        first = {name: (collector, row) for name, row in of_part.items()} | first
    return list(first.values())


def views_of(connection: psycopg.Connection, history: History) -> Views:
    """The views of a history, without positions."""
    with connection.transaction(force_rollback=True):
        append(connection, history)
        recorded = views(connection)
    for table in (recorded.sessions, recorded.pages, recorded.timeline):
        for row in table.values():
            for name in PLACES & row.keys():
                del row[name]
    return recorded


QUICK = st.one_of(
    st.just((Observer("one", 0.25),)),
    st.builds(
        lambda phase, ahead: (Observer("one", 0.25, 0.01), Observer("two", 0.2, phase / 100, ahead / 8)),
        st.integers(0, 20),
        st.integers(-24, 24),
    ),
)
"""One or two observers that poll so often that they miss nothing."""


@repeatable(75)
@given(fax=faxes(quick=True), observers=QUICK)
def test_what_was_seen_is_what_happened(
    connection: psycopg.Connection, fax: Fax, observers: tuple[Observer, ...]
) -> None:
    with connection.transaction(force_rollback=True):
        append(connection, History(tuple((one.collector, tuple(one.sees(fax))) for one in observers)))
        (session,) = read(connection, "select * from fax.sessions")
        pages = read(connection, "select * from fax.session_pages order by page")
    counted = fax.operation == "receive" and not fax.ecm and fax.pages > 0
    assert (session["pages"], session["pages_observed"]) == (fax.pages, fax.pages)
    assert (session["rate_falls"] or 0) == fax.rate_falls
    assert session["bad_lines_measurable"] is counted
    assert session["bad_lines"] == (sum(fax.bad_lines) if counted else None)
    assert session["worst_page_bad_lines"] == (max(fax.bad_lines) if counted else None)
    recorded = counted and not fax.counts_by_session
    assert session["bad_lines_discarded"] == (sum(fax.discarded) if recorded else None)
    assert [page["bad_lines"] for page in pages] == (fax.bad_lines if counted else [None] * fax.pages)
    assert [page["bad_lines_discarded"] for page in pages] == (fax.discarded if recorded else [None] * fax.pages)
    assert [page["attempts"] for page in pages] == [len(page) if recorded else 1 for page in fax.calls[-1].pages]
    assert session["transport"] == fax.calls[-1].transport
    assert session["end_observed_by"] == ("gone" if fax.completed_after is None else "completion")


BARE = st.lists(
    st.tuples(
        st.integers(-16, 160).map(lambda quarters: quarters / 4),
        st.just("FAXSTATUS"),
        st.sampled_from(("SUCCESS", "FAILED", "", "FAILED: error: busy")),
    ),
    max_size=4,
    unique_by=lambda setting: setting[0],
).map(tuple)
"""FAXSTATUS as a dialplan sets it: at any moment, without the variables that res_fax sets with it."""


@repeatable(75)
@given(fax=faxes(quick=True), observers=QUICK, dialplan=BARE)
def test_what_a_dialplan_sets_changes_no_result(
    connection: psycopg.Connection, fax: Fax, observers: tuple[Observer, ...], dialplan: tuple[Setting, ...]
) -> None:
    fax = replace(fax, dialplan=dialplan, hung_up=fax.hung_up and fax.status != "")  # after a hangup there is a result
    with connection.transaction(force_rollback=True):
        append(connection, History(tuple((one.collector, tuple(one.sees(fax))) for one in observers)))
        (session,) = read(connection, "select result, result_error from fax.sessions")
    results = {"SUCCESS": "success", "FAILED": "failed", "": "unknown"}
    assert session["result"] == results[fax.status]
    assert fax.status == "" or session["result_error"] == (fax.error or None)
