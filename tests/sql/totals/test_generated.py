"""Two databases receive the same generated appends and erasures; one of them writes totals in between.

Every view, the lines of a billing ledger and the history are equal.  FAXSTORE_TEST_EXAMPLES is the
number of examples.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator, Sequence

import psycopg
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from faxstore.store.append import Appender
from tests.kit.databases import fresh
from tests.kit.figures import Figures, differences
from tests.kit.given import read
from tests.kit.totals import untotalled, write_totals, wrong
from tests.sql.reference_fold.histories import History, histories
from tests.sql.reference_fold.true_fax import BY_SESSION
from tests.sql.reference_fold.wild import wild_histories

EXAMPLES = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "10"))

VIEWS = (
    *("session_facts", "sessions", "session_pages", "session_timeline", "sessions_masked", "session_charges"),
    *("job_attempts", "jobs", "peer_sessions", "usage_daily", "failures", "quality_by_peer", "reconciliation"),
    *("coverage_gaps", "session_history"),
)
BASES = ("session_facts", "session_pages")
RANDOM = re.compile(r"erased:[0-9a-f-]{36}")
"""A pseudonym, which is another one in each database."""
LEDGER = "select l::text as row from fax.export_due('books', true) l"


@pytest.fixture(scope="module")
def twins(server: str, template: str) -> Iterator[tuple[psycopg.Connection, psycopg.Connection]]:
    """Two databases with a schema and a technology that counts by session."""
    with (
        fresh(server, template) as one,
        fresh(server, template) as other,
        psycopg.connect(one, autocommit=True) as plain,
        psycopg.connect(other, autocommit=True) as totals,
    ):
        for connection in (plain, totals):
            connection.execute("set timezone = 'UTC'")
            connection.execute("insert into fax.technology values (%s, 'session')", [BY_SESSION])
        yield plain, totals


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
@given(history=st.one_of(histories(), histories(), wild_histories()), seed=st.integers(0, 2**32 - 1))
def test_totals_at_random_moments_change_nothing(
    twins: tuple[psycopg.Connection, psycopg.Connection], history: History, seed: int
) -> None:
    plain, totals = twins
    chance = random.Random(seed)
    with plain.transaction(force_rollback=True), totals.transaction(force_rollback=True):
        appenders: dict[tuple[psycopg.Connection, str], Appender] = {}
        for collector, batch in (*history.batches, *chance.sample(history.batches, min(2, len(history.batches)))):
            if chance.random() < 0.2:  # the ingestors start again
                appenders.clear()
            for connection in twins:
                appender = appenders.setdefault((connection, collector), Appender(connection, collector))
                appender.append(enumerate(batch))
            if chance.random() < 0.5:
                write_totals(totals, most=chance.choice((1, 2, 1000)))
            if chance.random() < 0.1:
                erase(twins, chance)
        assert differences(seen(plain), seen(totals)) == {}
        write_totals(totals)
        assert untotalled(totals) == set()
        assert wrong(totals) == []
        assert differences(seen(plain, BASES), seen(totals, BASES)) == {}


def erase(twins: tuple[psycopg.Connection, psycopg.Connection], chance: random.Random) -> None:
    """Erases a random session in both."""
    known = [row["session_id"] for row in read(twins[0], "select session_id from fax.session order by 1")]
    if known:
        session = chance.choice(known)
        for connection in twins:
            connection.execute("select fax.erase_session(%s, 'asked for')", [session])


def seen(connection: psycopg.Connection, views: Sequence[str] = VIEWS) -> Figures:
    """The rows of these views, and the lines of a ledger."""
    queries = {view: f"select v::text as row from fax.{view} v" for view in views} | {"ledger": LEDGER}
    found = {name: read(connection, query) for name, query in queries.items()}
    return {name: [RANDOM.sub("erased", row["row"]) for row in rows] for name, rows in found.items()}
