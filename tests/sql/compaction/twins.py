"""Two databases that receive the same; one of them compacts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from faxstore.billing.formats import BillingFormat
from faxstore.ingest.importer import import_file
from faxstore.store.append import Appender
from tests.kit.billing_batches import export
from tests.kit.databases import fresh
from tests.kit.given import START, read
from tests.kit.log_faxes import sealed
from tests.kit.truth import CAPTURES
from tests.sql.compaction.arrivals import Batch
from tests.sql.reference_fold.true_fax import BY_SESSION

CONSUMERS = {"books": BillingFormat.CSV, "meter": BillingFormat.JSONL}
FIELD = CAPTURES.parent / "field"
RECORDINGS = sorted(
    path for folder in (CAPTURES, FIELD) for path in folder.glob("*.jsonl.gz") if path.stat().st_size < 10_000
)

SAME = """
create function public.same_{column}() returns trigger language plpgsql as $$
begin
    new.{column} := {value};
    return new;
end
$$;
create trigger same_{column} before insert on fax.{table} for each row execute function public.same_{column}()
"""
RANDOM = {
    ("session_salt", "salt"): "sha256(new.session_id::text::bytea)",
    ("erasure", "erasure_id"): "md5(concat(new.session_id, (select count(*) from fax.erasure)))::uuid",
    ("pseudonym", "pseudonym"): """md5(concat(
        new.kind, new.value, (select count(*) from fax.pseudonym where value is null)))::uuid""",
}
"""Columns with random values, and the equal ones that these databases have: so the leaves of the log are equal too."""


@dataclass
class Twin:
    """One of the two databases."""

    dsn: str
    connection: psycopg.Connection
    folder: Path
    """The folder of the batches."""
    appenders: dict[str, Appender] = field(default_factory=dict)


Operation = Callable[[Twin], Any]
"""Changes a database, and returns what both must return."""


@contextmanager
def twins(server: str, template: str, folder: Path) -> Iterator[tuple[Twin, Twin]]:
    """Yield two empty databases."""
    with (
        fresh(server, template) as one,
        fresh(server, template) as other,
        psycopg.connect(one, autocommit=True) as plain,
        psycopg.connect(other, autocommit=True) as compacting,
    ):
        pair = Twin(one, plain, folder / "plain"), Twin(other, compacting, folder / "compacting")
        for twin in pair:
            twin.folder.mkdir()
            twin.connection.execute("set timezone = 'UTC'")
            for (table, column), value in RANDOM.items():
                twin.connection.execute(SAME.format(table=table, column=column, value=value).encode())
        yield pair


def to_both(pair: tuple[Twin, Twin], operation: Operation) -> None:
    """Do the same with both databases; both must answer the same."""
    plain, compacting = [operation(twin) for twin in pair]
    assert plain == compacting, f"without compaction {plain}, with it {compacting}"


def appending(batch: Batch, restart: bool) -> Operation:
    """Append a batch, with a new appender after a restart of the ingestor."""
    collector, records = batch

    def operation(twin: Twin) -> object:
        if restart or collector not in twin.appenders:
            twin.appenders[collector] = Appender(twin.connection, collector)
        return twin.appenders[collector].append(enumerate(records))

    return operation


def changing(pair: tuple[Twin, Twin], chance: random.Random) -> Operation:
    """A random change that is no append."""
    return chance.choice((_erasing, _erasing_number, _technology, _price, _sealing, _billing, _billing, _importing))(
        pair, chance
    )


def _erasing(pair: tuple[Twin, Twin], chance: random.Random) -> Operation:
    known = [row["session_id"] for row in read(pair[0].connection, "select session_id from fax.session order by 1")]
    chosen = chance.sample(known, min(len(known), chance.choice((1, 1, 3))))
    return lambda twin: twin.connection.execute("select fax.erase_sessions(%s, 'asked for')", [chosen]).fetchall()


def _erasing_number(_: tuple[Twin, Twin], chance: random.Random) -> Operation:
    number = chance.choice(("5550001", "+49 30 5550100", "5550177"))
    return lambda twin: twin.connection.execute("select * from fax.erase_number(%s, 'asked')", [number]).fetchall()


def _technology(_: tuple[Twin, Twin], chance: random.Random) -> Operation:
    name, counted_by = chance.choice((BY_SESSION, BY_SESSION, "Spandsp")), chance.choice(("page", "session", None))

    def operation(twin: Twin) -> None:
        twin.connection.execute("delete from fax.technology where technology = %s", [name])
        if counted_by is not None:
            twin.connection.execute("insert into fax.technology values (%s, %s)", [name, counted_by])

    return operation


def _price(_: tuple[Twin, Twin], chance: random.Random) -> Operation:
    valid_from = START + timedelta(days=chance.uniform(-90, 30))
    values = [chance.choice((None, "sent", "received")), chance.randint(1, 9), valid_from]
    statement = "select fax.set_rate(direction => %s, currency => 'EUR', per_page => %s, valid_from => %s)"
    return lambda twin: twin.connection.execute(statement, values).fetchall()


def _sealing(_: tuple[Twin, Twin], __: random.Random) -> Operation:
    return lambda twin: _has_rows(twin) and sealed(twin.dsn)[0]


def _has_rows(twin: Twin) -> bool:
    return bool(read(twin.connection, "select 1 from fax.append_batch limit 1"))


def _billing(_: tuple[Twin, Twin], chance: random.Random) -> Operation:
    consumer, recheck = chance.choice(sorted(CONSUMERS)), chance.random() < 0.3
    return lambda twin: [
        batch.lines for batch in export(twin.dsn, twin.folder, consumer, CONSUMERS[consumer], recheck=recheck)
    ]


def _importing(_: tuple[Twin, Twin], chance: random.Random) -> Operation:
    path = str(chance.choice(RECORDINGS))
    return lambda twin: import_file(twin.connection, path, "imported", lambda _: None)
