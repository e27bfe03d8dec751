"""The judgement: all differences from the ledger, as text, and the counts."""

from __future__ import annotations

import psycopg

from tests.trials.chaos import cover, folds
from tests.trials.chaos.chaos_run import Outcome
from tests.trials.chaos.history import Differences, History

MOST_SHOWN = 8
KINDS = (
    *("crash", "unclean end", "missing", "double", "half a message", "wrong"),
    *("listed and unlisted", "reload unseen", "gap missing", "gap wrong"),
)
"""The kinds of differences, each expected 0 times."""


def judge(outcome: Outcome) -> Differences:
    """Compares everything that the run left."""
    out = Differences()
    for text in outcome.ledger.crashes:
        out.add("crash", text)
    for text in outcome.unclean:
        out.add("unclean end", text)
    with psycopg.connect(outcome.dsn, autocommit=True) as connection:
        history = History(outcome.ledger, out)
        history.compare(connection, outcome.waiting)
        folds.compare(connection, history, out)
        cover.compare(connection, outcome.ledger, out)
        _rejected(connection, out)
    return out


def _rejected(connection: psycopg.Connection, out: Differences) -> None:
    """Checks that only parts of messages were rejected, never a whole one."""
    for reason, raw in connection.execute("select reason, raw from fax.rejected_message order by observed_at"):
        out.counts["rejected"] += 1
        if (raw.endswith(b"\r\n\r\n") and b"Serial: " in raw) or "faxstore failed" in reason or "refused it" in reason:
            out.add("wrong", f"rejected ({reason}): {raw!r:.300}")


def report(outcome: Outcome, out: Differences) -> str:
    """A short report: the first differences of each kind."""
    faults = sum(outcome.faults.values())
    lines = [f"{faults} faults of {len(outcome.faults)} kinds ({outcome.without_effect} more had nothing to break)"]
    lines += [f"  {count:8}  {name}" for name, count in sorted(out.counts.items())]
    for kind in KINDS:
        found = out.found.get(kind, [])
        lines.append(f"{kind}: {len(found)}")
        lines += [f"  {text}" for text in found[:MOST_SHOWN]]
    return "\n".join(lines)
