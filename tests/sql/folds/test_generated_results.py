"""fax.reported_result() finds of the values of one observer what the rules for any number of observers find."""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta

import psycopg

from tests.kit.given import START

EXAMPLES = int(os.environ.get("FAXSTORE_TEST_EXAMPLES", "300"))
SEED = int(os.environ.get("FAXSTORE_TEST_SEED", "1"))

SETTINGS: dict[str, list[str | None]] = {
    "FAXSTATUS": ["", "SUCCESS", "FAILED", "DIALFAIL"],
    "FAXERROR": ["", "INIT_ERROR", "HANGUP", "TIMEOUT", "T38_NEG_ERROR", "Channel Problems"],
    "FAXSTATUSSTRING": ["", "OK", "error starting fax session", "remote channel hungup", r"the \'fax\'"],
    "LOCALSTATIONID": ["", "+1"],
    "REMOTESTATIONID": ["", "+2"],
    "FAXMODE": ["audio"],
    "FAXPAGES": ["1"],
    "completion event": [None],
    "OTHER": ["Channel Problems", "Error before FAX transmission started."],
}
BOTH = """
with given (names, settings, observers, moments) as (
    select %(names)s::text[], %(settings)s::text[], %(observers)s::text[], %(moments)s::timestamptz[]
)
select a.*, '|', b.*
from given v
cross join lateral fax.reported_result(v.names, v.settings, v.observers, v.moments, %(began_at)s, %(listed_at)s) a
cross join lateral fax.result_by_observers(v.names, v.settings, v.observers, v.moments, %(began_at)s, %(listed_at)s) b
"""


def at(place: float) -> datetime:
    """A moment between two values."""
    return START + timedelta(seconds=place)


def generated(random: random.Random) -> dict[str, object]:
    """The arguments of both functions: up to 14 values, without those that a filter of events leaves out."""
    received = random.sample(list(SETTINGS), random.randint(1, len(SETTINGS)))
    names = random.choices(received, k=random.randint(1, 14))
    return {
        "names": names,
        "settings": [random.choice(SETTINGS[name]) for name in names],
        "observers": ["one" for _ in names],
        "moments": [at(place) for place in range(len(names))],
        "began_at": random.choice([None, at(random.randint(-1, 8))]),
        "listed_at": random.choice([None, at(random.randint(-1, 8) + 0.5)]),
    }


def test_both_find_the_same(database: psycopg.Connection) -> None:
    for seed in range(SEED, SEED + EXAMPLES):
        arguments = generated(random.Random(seed))
        row = database.execute(BOTH, arguments).fetchone()
        assert row is not None
        assert row[:6] == row[7:], f"seed {seed}: {arguments}"
