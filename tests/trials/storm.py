"""Hundreds of concurrent faxes on a real Asterisk 22 that is polled ten times per second, for minutes: `make storm`.

    python -m tests.trials.storm --faxes 300 --minutes 10
    python -m tests.trials.storm --faxes 50 --minutes 1 --control 0.5

A shorter control load runs first, without ingest: its share of failed faxes is what this machine causes by itself.
A fax here is a call of the server to itself: two fax sessions.  Every fax that ended must be in the history as the
server's dialplan logged it, with the bad lines that its receiver recorded in its file.  Prints one table; exits with 1
if a check fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import psycopg

from faxstore.store import embedded, migrate
from tests.asterisk import pages, stored
from tests.asterisk.calls import wait_until, wait_until_over
from tests.asterisk.dialplan_log import End
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.load import Kept, documents, keep_up
from tests.asterisk.meter import Meter
from tests.asterisk.real_asterisk import Server, servers_below
from tests.asterisk.stored import Row

POLL_INTERVAL = 0.1
LAST_FAXES = 180.0
"""Seconds that the last faxes may still take."""

LAST_ROWS = 900.0
"""Seconds that the database then has for the rest of the spool."""

CHANCE = 3.0
"""Standard deviations by which the shares of failed faxes may differ by chance."""


@dataclass(frozen=True)
class Load:
    """One load: how steady it was, its results by the server's log, and the server's processor time."""

    kept: Kept
    ends: list[End]
    share: float

    @property
    def failed(self) -> int:
        """The ends of faxes that failed."""
        return sum(end.result == "failed" for end in self.ends)


@dataclass(frozen=True)
class Watched:
    """The cost of ingest, its lag (`behind`: seconds from the last fax to the last row), and what it saw."""

    share: float
    megabytes: float
    behind: float
    said: list[str]
    """The warnings in its log."""
    rows: int
    between: tuple[float, float, float]
    """Seconds between two snapshots of one session: the median, the 99th percentile, the longest."""


def play(server: Server, files: list[Path], faxes: int, seconds: float) -> Load:
    """Runs the load until its last fax is over.  Raises AssertionError if the server dies or cuts a fax off."""
    with Meter(server.process.pid) as meter:
        kept = keep_up(server, files, faxes, seconds)
    wait_until_over(server, 2 * kept.started, LAST_FAXES)
    ends = server.ends()
    assert len(server.begun()) == len(ends) == 2 * kept.started
    return Load(kept, ends, meter.share)


def watched(
    server: Server, dsn: str, folder: Path, files: list[Path], faxes: int, seconds: float
) -> tuple[Load, Watched]:
    """Runs the load while ingest polls."""
    with Ingestor(folder / "ingest", dsn, [server], POLL_INTERVAL) as ingestor:
        with Meter(ingestor.pid) as meter:
            load = play(server, files, faxes, seconds)
        over = time.monotonic()
        with psycopg.connect(dsn, autocommit=True) as connection:
            completions = sum(end.ran for end in load.ends)
            wait_until(f"{completions} completions stored", lambda: _completions(connection) >= completions, LAST_ROWS)
            behind = time.monotonic() - over
            ingestor.leave()
            said = [line for line in ingestor.log().splitlines() if " WARNING " in line or " ERROR " in line]
            return load, Watched(meter.share, meter.megabytes, behind, said, *_snapshots(connection))


def _completions(connection: psycopg.Connection) -> int:
    query = "select count(*) from fax.session_history where event in ('SendFAX', 'ReceiveFAX')"
    return int((connection.execute(query).fetchone() or (0,))[0])


def _snapshots(connection: psycopg.Connection) -> tuple[int, tuple[float, float, float]]:
    query = """
        select count(*), percentile_cont(array[0.5, 0.99, 1]) within group (order by seconds)
        from (select extract(epoch from observed_at - lag(observed_at) over (partition by session_id
                                                                              order by observed_at))::float8 as seconds
              from fax.session_history where event in ('FAXSession', 'FAXSessionsEntry')) s
    """
    row = connection.execute(query).fetchone()
    assert row is not None
    median, most, longest = row[1]
    return int(row[0]), (median, most, longest)


def differences(server: Server, rows: dict[int, Row], ends: list[End]) -> Iterator[str]:
    """The differences between the history and the server's log and received files."""
    found = {end.session: end for end in ends if end.session is not None}
    yield from (f"session {number}: not in the log" for number in rows.keys() - found.keys())
    for number, end in found.items():
        if number not in rows:
            yield f"session {number}: not in the history"
            continue
        row = rows[number]
        seen = tuple(row[name] for name in ("operation", "channel", "uniqueid", "pages", "result"))
        if seen != (end.operation, end.channel, end.uniqueid, end.pages, end.result):
            yield f"session {number}: {seen}, the server says {end}"
        if end.operation == "receive" and end.result == "success":
            yield from _of_file(row, end, pages.bad_lines(server.received(end.uniqueid)))
    if (epochs := len({row["epoch_id"] for row in rows.values()})) != 1:
        yield f"{epochs} epochs of a server that lived once"


def _of_file(row: Row, end: End, noted: list[int]) -> Iterator[str]:
    """Whether bad lines agree; they may be unknown, or a lower bound if the history says so."""
    count, noted_lines = row["bad_lines"], sum(noted)
    right = count is None or (
        _is_plain(end) and (count == noted_lines or (row["bad_lines_lower_bound"] and count < noted_lines))
    )
    if row["pages"] != len(noted) or not right:
        yield f"session {end.session}: {row['pages']} pages, {count} bad lines; its file has {noted}"


def unmeasured(rows: dict[int, Row], ends: list[End]) -> int:
    """Receivers without ECM that no poll saw after negotiation: their bad lines are unknown."""
    plain = (end.session for end in ends if _is_plain(end) and end.result == "success" and end.session is not None)
    return sum(number in rows and rows[number]["bad_lines"] is None for number in plain)


def _is_plain(end: End) -> bool:
    return end.operation == "receive" and end.tag.endswith("-plain")


def fails_more(load: Load, control: Load) -> bool:
    """Whether more ends failed than the control and chance explain."""
    one, other = len(load.ends), len(control.ends)
    share = (load.failed + control.failed) / (one + other)
    more = load.failed / one - control.failed / other
    return more > CHANCE * sqrt(share * (1 - share) * (1 / one + 1 / other))


def table(load: Load, control: Load, seen: Watched, differing: int, unknown: int) -> str:
    """All figures, beside those of the control."""
    rows = [
        ("faxes", f"{load.kept.started:,}", f"{control.kept.started:,}"),
        ("under way on average", f"{load.kept.under_way:.0f}", f"{control.kept.under_way:.0f}"),
        (
            "sessions that failed",
            f"{load.failed:,} of {len(load.ends):,}",
            f"{control.failed:,} of {len(control.ends):,}",
        ),
        ("sessions that differ in the history", f"{differing:,}", ""),
        ("receivers whose bad lines are unknown", f"{unknown:,}", ""),
        ("snapshots", f"{seen.rows:,}", ""),
        ("between two of a session: median, 99 %, longest", "{:.2f}, {:.2f}, {:.2f} s".format(*seen.between), ""),
        ("last row behind the last fax", f"{seen.behind:.1f} s", ""),
        ("Asterisk, of a processor", f"{load.share:.0%}", f"{control.share:.0%}"),
        ("ingest, of a processor", f"{seen.share:.0%}", ""),
        ("ingest, resident", f"{seen.megabytes:.0f} MB", ""),
    ]
    lines = ["| | with ingest | without |", "| --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def run(folder: Path, faxes: int, seconds: float, control_seconds: float) -> bool:
    """Runs and prints; returns whether all checks passed."""
    with ExitStack() as stack:
        dsn = stack.enter_context(embedded.running(folder / "database"))
        migrate.upgrade(dsn)
        files = documents(folder)
        with servers_below(folder / "control") as start:
            control = play(start("22"), files, faxes, control_seconds)
        server = stack.enter_context(servers_below(folder / "storm"))("22")
        load, seen = watched(server, dsn, folder, files, faxes, seconds)
        rows = {row["session_number"]: row for row in stored.faxes(dsn, server.name)}
        differing = list(differences(server, rows, load.ends))
    print(table(load, control, seen, len(differing), unmeasured(rows, load.ends)))
    print(f"\nFailed with ingest: {_reasons(load)}\nFailed without: {_reasons(control)}")
    print("\n".join(["Ingest said:", *seen.said[:20], "Differing:", *differing[:20]]))
    return not differing and not fails_more(load, control)


def _reasons(load: Load) -> str:
    texts = Counter(f"{end.operation}: {end.text}" for end in load.ends if end.result == "failed")
    return "; ".join(f"{count} {text}" for text, count in texts.most_common(8)) or "none"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--faxes", type=int, default=300, help="under way at a time (default: 300)")
    parser.add_argument("--minutes", type=float, default=10.0, help="of the load (default: 10)")
    parser.add_argument("--control", type=float, default=2.0, help="minutes of it without ingest (default: 2)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faxstore-storm-") as folder:
        Path(folder).chmod(0o755)
        return int(not run(Path(folder), arguments.faxes, 60 * arguments.minutes, 60 * arguments.control))


if __name__ == "__main__":
    sys.exit(main())
