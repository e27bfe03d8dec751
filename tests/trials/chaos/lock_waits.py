"""How long the appends of the ingestor waited for others, by the log of Postgres.

The log has a line when a process has waited for a lock for 20 ms, with the processes that hold the lock, and one when
it gets it.  It also has a line for each step of compaction that the ingestor took between two appends, if it was long.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

SETTINGS = {
    "log_lock_waits": "on",
    "deadlock_timeout": "20ms",
    "log_connections": "on",
    "log_line_prefix": "%p %a|",
    "log_min_duration_statement": "50ms",
}
"""Settings of Postgres with which it logs waits."""

INGEST = "faxstore"
"""The name that the connections of the ingestor have."""

_CONNECTED = re.compile(r"^(\d+) .*connection authorized: .*application_name=(\S+)")
_WAITS = re.compile(r"^(\d+) .*process \d+ still waiting for (\S+) on (.*) after ([\d.]+) ms")
_HOLDERS = re.compile(r"^(\d+) .*DETAIL:  Process(?:es)? holding the lock: ([\d, ]+)\. Wait queue")
_GOT = re.compile(r"^(\d+) .*process \d+ acquired (\S+) on (.*) after ([\d.]+) ms")
_STEP = re.compile(rf"^\d+ {INGEST}\|.*duration: ([\d.]+) ms .*fax\.(write_\w+|merge_rollups|pack_\w+)\(")


@dataclass
class Wait:
    """A wait of the ingestor for a lock."""

    lock: str
    milliseconds: float = 0.0
    holders: set[str] = field(default_factory=set)
    """The names of the connections that held it."""

    def __str__(self) -> str:
        return f"{self.milliseconds:.0f} ms for {self.lock} of {', '.join(sorted(self.holders))}"


def longest_steps(log: Path) -> dict[str, float]:
    """The milliseconds of the longest step of compaction in the ingestor, by function, of those that took 50."""
    longest: dict[str, float] = {}
    for line in log.read_text(errors="replace").splitlines():
        if step := _STEP.match(line):
            longest[step[2]] = max(longest.get(step[2], 0.0), float(step[1]))
    return longest


def waits(log: Path) -> list[Wait]:
    """The waits of the ingestor, in their order; those that a kill ended are not among them."""
    names: dict[int, str] = {}
    open_ones: dict[int, Wait] = {}
    found: list[Wait] = []
    for line in log.read_text(errors="replace").splitlines():
        if match := _CONNECTED.match(line):
            names[int(match[1])] = match[2]
            open_ones.pop(int(match[1]), None)
        elif match := _WAITS.match(line):
            open_ones[int(match[1])] = Wait(f"{match[2]} on {match[3]}")
        elif (match := _HOLDERS.match(line)) and int(match[1]) in open_ones:
            holders = {names.get(int(pid), "another connection") for pid in match[2].split(",")}
            open_ones[int(match[1])].holders |= holders
        elif (match := _GOT.match(line)) and (wait := open_ones.pop(int(match[1]), None)):
            wait.milliseconds = float(match[4])
            if names.get(int(match[1])) == INGEST:
                found.append(wait)
    return found
