"""Two databases receive the same; one compacts at random moments.  Everything that they show is equal.

FAXSTORE_TEST_EXAMPLES is the number of generated histories, and FAXSTORE_TEST_SEED the first seed.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import psycopg
import pytest

from faxstore.billing import verification
from faxstore.store.database import connect
from faxstore.verify import catalog
from faxstore.verify.checks import CHECKS, findings
from faxstore.verify.findings import Scope
from tests.kit.figures import differences
from tests.kit.totals import untotalled
from tests.sql.compaction.arrivals import arrivals
from tests.sql.compaction.shown import answers, batches, exported, exports, log, questions, relations
from tests.sql.compaction.steps import STEPS, compact_everything
from tests.sql.compaction.twins import Twin, appending, changing, to_both, twins

HISTORIES = 10
"""Histories in each pair of databases."""

EXAMPLES = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", str(2 * HISTORIES)))
FIRST = int(os.environ.get("FAXSTORE_TEST_SEED", "0"))
SEEDS = range(FIRST, FIRST + max(1, EXAMPLES // HISTORIES))


@pytest.mark.parametrize("seed", SEEDS)
def test_compaction_at_random_moments_changes_nothing(server: str, template: str, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    with twins(server, template, tmp_path) as pair, psycopg.connect(pair[1].dsn, autocommit=True) as compactor:
        for batch in arrivals(seed, HISTORIES):
            to_both(pair, appending(batch, restart=chance.random() < 0.1))
            if chance.random() < 0.2:
                to_both(pair, changing(pair, chance))
            while chance.random() < 0.4:
                chance.choice(STEPS)(compactor, chance)
            if chance.random() < 0.005:
                compare_beside_steps(pair, compactor, chance)
        compare(pair, chance)
        compact_everything(compactor)
        assert untotalled(compactor) == set()
        compare(pair, chance)
        assert found(pair[0]) == found(pair[1])


def compare_beside_steps(pair: tuple[Twin, Twin], compactor: psycopg.Connection, chance: random.Random) -> None:
    """Compare what a transaction shows whose snapshot is older than some steps of compaction."""
    plain, compacting = (twin.connection for twin in pair)
    with compacting.transaction():
        compacting.execute("set transaction isolation level repeatable read")
        compacting.execute("select 1")
        for step in STEPS:
            step(compactor, chance)
        assert differences(relations(plain), relations(compacting)) == {}


def compare(pair: tuple[Twin, Twin], chance: random.Random) -> None:
    """Compare everything."""
    plain, compacting = (twin.connection for twin in pair)
    assert differences(relations(plain), relations(compacting)) == {}
    asked = questions(chance)
    assert differences(answers(plain, asked), answers(compacting, asked)) == {}
    files = exports(chance)
    assert exported(plain, files) == exported(compacting, files)
    proven = chance.random()
    assert log(plain, random.Random(proven)) == log(compacting, random.Random(proven))
    assert batches(pair[0].folder) == batches(pair[1].folder)


def found(twin: Twin) -> list[str]:
    """What verification finds: only that a change of fax.technology changed what was billed.

    The triggers of the test are no part of the shipped catalogue.
    """
    with connect(twin.dsn) as connection:
        checks = (*(check for check in CHECKS if check is not catalog.check), verification.check)
        return [f"{one.where}: {one.what}" for one in findings(connection, Scope(), checks)]
