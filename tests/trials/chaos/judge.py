"""The judgement: all differences from the ledger, as text, and the counts."""

from __future__ import annotations

import psycopg

from faxstore.store.database import connect
from faxstore.verify.checks import findings
from faxstore.verify.findings import Scope
from tests.trials.chaos import cover, folds
from tests.trials.chaos.chaos_run import Outcome
from tests.trials.chaos.history import Differences, History

MOST_SHOWN = 8
COMPACT = "faxstore-compact"
LONGEST_WAIT = 200.0
"""Milliseconds that an append may wait for compaction."""

KINDS = (
    *("crash", "unclean end", "missing", "double", "half a message", "wrong"),
    *("listed and unlisted", "reload unseen", "gap missing", "gap wrong", "archive", "wait"),
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
        _compacted(outcome, connection, out)
    return out


def _rejected(connection: psycopg.Connection, out: Differences) -> None:
    """Checks that only parts of messages were rejected, never a whole one."""
    for reason, raw in connection.execute("select reason, raw from fax.rejected_message order by observed_at"):
        out.counts["rejected"] += 1
        if (raw.endswith(b"\r\n\r\n") and b"Serial: " in raw) or "faxstore failed" in reason or "refused it" in reason:
            out.add("wrong", f"rejected ({reason}): {raw!r:.300}")


def _compacted(outcome: Outcome, connection: psycopg.Connection, out: Differences) -> None:
    """Checks what compaction left: totals and packs are what the rows show, and nothing waited long for it."""
    for (problem,) in connection.execute("select problem from fax.wrong_totals('-infinity', 'infinity')"):
        out.add("wrong", f"a session {problem}")
    with connect(outcome.dsn) as checked:
        for one in findings(checked, Scope()):
            out.add("wrong", f"verify: {one.where}: {one.what}")
    for text in outcome.archive.differences():
        out.add("archive", text)
    out.counts.update(outcome.archive.commands.ends)
    for name in ("session_total", "session_pack"):
        ((out.counts[name],),) = connection.execute(f"select count(*) from fax.{name}".encode())
    for function, milliseconds in outcome.longest_steps.items():
        out.counts[f"milliseconds of the longest {function} of the ingestor"] = round(milliseconds)
    for wait in outcome.waits:
        for holder in wait.holders:
            longest = f"milliseconds that an append waited for {holder}"
            out.counts[longest] = max(out.counts[longest], round(wait.milliseconds))
        if COMPACT in wait.holders and wait.milliseconds > LONGEST_WAIT:
            out.add("wait", str(wait))


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
