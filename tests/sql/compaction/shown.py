"""Everything that a database shows: each view and table, the functions with a period, exports, and the log.

Views and tables come from the catalogue, so a new one is compared without being named here.
"""

from __future__ import annotations

import io
import random
from contextlib import redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path

import psycopg

from faxstore.export import datasets
from faxstore.export.datasets import Dataset
from faxstore.export.run import run
from faxstore.export.selection import Selection
from faxstore.export.target import ExportFormat, SessionsFormat, Target
from faxstore.log import prove
from faxstore.settings.period import Period
from tests.kit.figures import Figures
from tests.kit.given import START, read

STORAGE = (
    *("observation", "session_pack", "packed_account", "session_total", "session_untotalled", "coverage_day"),
    *("compared_reading", "reconciliation_day"),
    *("session_uncounted", "usage_rollup", "alembic_version"),
)
"""Tables that compaction changes, and the view that names the sessions without roll-ups."""

OF_NOW = (
    *("appended_at", "made_at", "delivered_at", "erased_at", "entered_at", "changed_at", "sealed_made_at"),
    *("digest", "note", "sha256", "checkpoint", "salt", "personal_digest", "ordinal", "change_id", "part_id"),
)
"""Columns with the time of the test, a digest of it, random bytes, or the order of records of one statement."""

ROWS = f"""
select ((to_jsonb(v) - n.names) || coalesce((
    select jsonb_object_agg(i.key, i.value - n.names) from jsonb_each(to_jsonb(v)) i
    where i.key in ('content', 'rate') and jsonb_typeof(i.value) = 'object'), '{{}}'))::text as row
from fax.%s v cross join (values ('{{{",".join(OF_NOW)}}}'::text[])) n (names)
"""

RELATIONS = """
select c.relname as name from pg_class c
where c.relnamespace = 'fax'::regnamespace and c.relkind in ('v', 'm', 'r', 'p') and not c.relispartition
  and c.relname <> all (%s)
order by 1
"""
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Asia/Kathmandu")
BUCKETS = ("hour", "day", "week", "month", "quarter", "year")


def relations(connection: psycopg.Connection) -> Figures:
    """The rows of every view and table, as texts."""
    return {row["name"]: texts(connection, row["name"]) for row in read(connection, RELATIONS, list(STORAGE))}


def texts(connection: psycopg.Connection, source: str, *values: object) -> list[str]:
    """The rows of a relation, or of the call of a function with these values, without what is of now."""
    return [row["row"] for row in read(connection, ROWS.replace("%s", source, 1), *values)]


def questions(chance: random.Random) -> dict[str, tuple[str, list[object]]]:
    """Calls of the functions that take a period, with random ones."""
    local = [moment.replace(tzinfo=None) for moment in period(chance)]
    zone = chance.choice(ZONES)
    calls: dict[str, tuple[str, list[object]]] = {
        "usage": ("usage(%s, %s, %s, %s)", [*local, zone, chance.choice(BUCKETS)]),
        "usage of all time": (
            "usage('-infinity', 'infinity', %s, %s)", [chance.choice(ZONES), chance.choice(BUCKETS)]
        ),
        "quality": ("quality(%s, %s, %s)", [*local, zone]),
        "jobs_between": ("jobs_between(%s, %s, null)", [*period(chance)]),
        "rows_between": ("rows_between(%s, %s)", [low := chance.randrange(300), low + chance.randrange(300)]),
        "due": ("export_due('books', %s)", [chance.choice((True, False))]),
    }  # fmt: skip
    return calls


def period(chance: random.Random) -> tuple[datetime, datetime]:
    """Two moments about the generated histories, to the minute, the quarter of an hour or the microsecond."""
    since = START + timedelta(days=chance.choice((-70, -40, -1.4, 0)))
    unit = timedelta(seconds=chance.choice((60, 900, 0.000_001)))
    moments = [since + unit * int(timedelta(days=chance.uniform(0, 30)) / unit) for _ in range(2)]
    return min(moments), max(moments)


def answers(connection: psycopg.Connection, asked: dict[str, tuple[str, list[object]]]) -> Figures:
    """The rows of these calls, as texts."""
    return {name: texts(connection, call, *values) for name, (call, values) in asked.items()}


def exports(chance: random.Random) -> dict[str, tuple[Dataset, str, Target]]:
    """Exports of every data set, of a random period and in a random format."""
    zone = chance.choice(ZONES)
    selection = (
        Selection(Period(*period(chance), zone)) if chance.random() < 0.5 else Selection(Period(None, None, zone))
    )
    sets = {
        "sessions": datasets.sessions(selection),
        "masked sessions": datasets.masked_sessions(selection),
        "pages": datasets.pages(selection),
        "timeline": datasets.timeline(selection),
        "history": datasets.history(selection),
        "usage": datasets.usage(selection, chance.choice(("month", "day", "hour"))),
        "jobs": datasets.jobs(selection),
        "masked jobs": datasets.masked_jobs(selection),
    }
    found: dict[str, tuple[Dataset, str, Target]] = {
        name: (each, zone, Target(chance.choice((ExportFormat.CSV, ExportFormat.JSONL)))) for name, each in sets.items()
    }
    return found | {"xferfaxlog": (sets["sessions"], zone, Target(SessionsFormat.XFERFAXLOG))}


def exported(connection: psycopg.Connection, asked: dict[str, tuple[Dataset, str, Target]]) -> dict[str, bytes]:
    """The bytes of these exports."""
    found = {}
    for name, (dataset, zone, target) in asked.items():
        out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="", write_through=True)
        with redirect_stdout(out):
            run(connection, dataset, zone, target, lambda _: None)
        found[name] = out.buffer.getvalue()
    return found


def log(connection: psycopg.Connection, chance: random.Random) -> list[object]:
    """The root of each checkpoint, and proofs of random rows in the newest."""
    roots = connection.execute("select size, root from fax.checkpoint order by size, records").fetchall()
    if not roots:
        return []
    sealed, text = prove.checkpoint(connection, None)
    proofs = [prove.inclusion(connection, chance.randint(1, sealed.size), sealed, text) for _ in range(3)]
    return [*roots, *({name: each[name] for name in ("position", "entry", "row", "path")} for each in proofs)]


def batches(folder: Path) -> dict[str, bytes]:
    """The files of batches without their manifests."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.suffix != ".json"}
