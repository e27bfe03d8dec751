"""Reader and server are killed; each fax still arrives once.  tests.trials.follow_kills is a longer run."""

from __future__ import annotations

import random

from tests.kit.cluster import Programs, clusters
from tests.trials.follow_kills import run_kills

KILLS = 8


def test_a_reader_that_stores_its_position_gets_every_line_once(programs: Programs) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with clusters(programs, 1) as (cluster,):
        cluster.make()
        outcome = run_kills(cluster, KILLS, seed)
    print(outcome.report())
    assert outcome.differences == []
    assert outcome.lines > 5
