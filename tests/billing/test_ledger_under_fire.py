"""Exactly once, under fire: a short run of what `make export-fire` does for longer."""

from __future__ import annotations

import random
from pathlib import Path

from tests.trials.billing_kills import under_fire

KILLS = 15


def test_killed_at_random_instants_every_fax_is_handed_out_once(dsn: str, tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    outcome = under_fire(dsn, tmp_path, KILLS, seed)
    print(outcome.report())
    assert outcome.differences == []
    assert outcome.told["faxes"] > 20
    assert outcome.told["corrections"] > 0
