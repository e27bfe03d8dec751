"""For generated histories the views equal the fold in Python."""

from __future__ import annotations

import os
from contextlib import suppress

import psycopg
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from tests.sql.reference_fold.compare import differences
from tests.sql.reference_fold.histories import History, append, histories
from tests.sql.reference_fold.kinds import ALWAYS, kinds
from tests.sql.reference_fold.wild import wild_histories


def repeatable(examples: int) -> settings:
    """The same examples in each run; with FAXSTORE_TEST_RANDOM set, other ones, and a failure prints how to repeat it.

    FAXSTORE_TEST_EXAMPLES sets their number.  On this machine's Postgres a quarter of them run: the embedded one runs
    them all.
    """
    examples = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", examples))
    random = "FAXSTORE_TEST_RANDOM" in os.environ
    most = examples // 4 if os.environ.get("FAXSTORE_TEST_SERVER") == "system" else examples
    return settings(max_examples=most, deadline=None, derandomize=not random, database=None, print_blob=True)


REACHED: set[str] = set()
"""The kinds of the true faxes that were compared so far."""


@repeatable(120)
@given(history=histories())
def test_true_faxes(connection: psycopg.Connection, history: History) -> None:
    REACHED.update(kinds(history))
    check(connection, history)


@repeatable(120)
@given(history=wild_histories())
def test_wild_rows(connection: psycopg.Connection, history: History) -> None:
    check(connection, history)


def check(connection: psycopg.Connection, history: History) -> None:
    """The views equal the fold of that history."""
    with connection.transaction(force_rollback=True):
        append(connection, history)
        assert differences(connection) == []


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_true_faxes_are_of_all_kinds() -> None:
    """A kind that the generator does not reach is not tested."""

    def completes(history: History) -> bool:
        REACHED.update(kinds(history))
        return REACHED.issuperset(ALWAYS)

    # Some kinds are one in a hundred, and the examples change with the code: so the test looks until it has seen all.
    with suppress(NoSuchExample):
        find(histories(), completes, settings=settings(repeatable(3000), phases=[Phase.generate]))
    assert sorted(set(ALWAYS) - REACHED) == []
