"""A database that packs at random moments and one that never does show the same, whatever is appended and erased."""

from __future__ import annotations

import random

import psycopg
import pytest

from faxstore.observations import Record
from tests.kit.databases import fresh
from tests.kit.figures import differences, figures
from tests.kit.given import append, begins, completed, gone, hangup, life, read, receiving, result, sending, variable
from tests.kit.packing import pack
from tests.kit.totals import write_totals, wrong

FIGURES = ("sessions", "session_pages", "session_timeline", "jobs", "usage", "quality", "export_due")
HISTORY = "select * from fax.session_history order by position"


def records(chance: random.Random) -> list[Record]:
    """The records of some faxes of two servers, in an order in which they may arrive."""
    found: list[Record] = []
    for number in range(6):
        begin, of = number * 300 + chance.random(), life(chance.choice(["pbx", "pbx2"]))
        fields = {"of": of, "channel": f"PJSIP/trunk-{number}"}
        on = fields | {"uniqueid": f"1793.{number}"}
        account = {"AccountCode": chance.choice(["", "law", "tax"])}
        rows = [(begin + 1 + n, 1 + n // 5, n % 5) for n in range(chance.randint(1, 12))]
        found += [begins(begin, "ReceiveFAX", **account), variable(begin + 0.5, "FAXSTATUS", "", **on)]
        found += (
            receiving(*rows, number=number, **fields)
            if number % 2
            else sending(*((at, page) for at, page, _ in rows), number=number, **fields)
        )
        if chance.random() < 0.8:
            found += result(begin + 20, "SUCCESS", "", "OK", **on)
            found.append(gone(begin + 21, number, of=of))
        if chance.random() < 0.5:
            found.append(completed(begin + 20.5, 1 + rows[-1][1]))
        if chance.random() < 0.2:
            found.append(hangup(begin + 5, of=of))
    moved = chance.sample(range(len(found)), len(found) // 5)
    return [one for n, one in enumerate(found) if n not in moved] + [found[n] for n in moved]


@pytest.mark.parametrize("seed", range(20))
def test_packing_is_invisible(server: str, template: str, seed: int) -> None:
    chance = random.Random(seed)
    with (
        fresh(server, template) as one,
        fresh(server, template) as other,
        psycopg.connect(one, autocommit=True) as packed,
        psycopg.connect(other, autocommit=True) as plain,
    ):
        waiting = records(chance)
        while waiting:
            batch, waiting = waiting[:7], waiting[7:]
            if chance.random() < 0.3:
                waiting += batch  # will arrive again
                chance.shuffle(batch)
            collector = chance.choice(["one", "two"])
            counts = [append(database, batch, collector=collector) for database in (packed, plain)]
            assert counts[0] == counts[1]
            if chance.random() < 0.5:
                pack(packed)
            if chance.random() < 0.5:
                write_totals(packed)
            if chance.random() < 0.1:
                erased = read(plain, "select session_id from fax.session order by session_id limit 1")[0]["session_id"]
                for database in (packed, plain):
                    database.execute("select fax.erase_session(%s, 'asked for')", [erased])
        assert wrong(packed) == []
        assert read(packed, HISTORY) == read(plain, HISTORY)
        assert differences(figures(plain, FIGURES), figures(packed, FIGURES)) == {}
        assert read(packed, "select count(*) > 0 as some from fax.session_pack") == [{"some": True}]
