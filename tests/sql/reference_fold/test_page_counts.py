"""What fax.quality() counts of the pages of a session is what fax.session_pages shows, with and without a total."""

from __future__ import annotations

import psycopg
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.totals import write_totals
from tests.sql.reference_fold.compare import read
from tests.sql.reference_fold.histories import History, append, histories
from tests.sql.reference_fold.test_generated import repeatable
from tests.sql.reference_fold.wild import wild_histories

DIFFERENT = """
select p.session_id, c.*, n.*
from fax.peer_sessions p
cross join lateral (
    select
        p.measurable_pages, p.error_free_pages, p.bad_lines, p.lines_estimated, p.resent_pages, p.timed_pages,
        p.page_seconds
) c
cross join lateral (
    select
        count(g.bad_lines), count(*) filter (where g.bad_lines = 0), sum(g.bad_lines),
        coalesce(sum(g.lines_estimated) filter (where g.bad_lines is not null), 0),
        count(*) filter (where g.attempts > 1), count(g.seconds), sum(g.seconds)
    from fax.session_pages g
    where g.session_id = p.session_id and g.started_at = p.started_at
) n
where row(c.*) is distinct from row(n.*)
  and coalesce(p.pages, 0) <= 10000  -- fax.session_pages does not list more
"""


@repeatable(30)
@given(history=st.one_of(histories(), wild_histories()))
def test_the_counts_of_a_session_are_those_of_its_pages(connection: psycopg.Connection, history: History) -> None:
    with connection.transaction(force_rollback=True):
        append(connection, history)
        assert read(connection, DIFFERENT) == []
        write_totals(connection)
        assert read(connection, DIFFERENT) == []
