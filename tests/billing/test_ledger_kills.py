"""The exporter is killed again and again; every fax is still exported once.  `make export-fire` is a longer run."""

from __future__ import annotations

import random
from pathlib import Path

from tests.trials.billing_kills import run_kills

KILLS = 15


def test_an_exporter_killed_at_random_moments_exports_every_fax_once(dsn: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    outcome = run_kills(dsn, tmp_path, KILLS, seed)
    print(outcome.report())
    assert outcome.differences == []
    assert outcome.counts["faxes"] > 20
    assert outcome.counts["corrections"] > 0
