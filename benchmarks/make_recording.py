"""Writes a long recording that repeats short real ones with new numbers.

    python -m benchmarks.make_recording million.jsonl.gz                  # a million messages
    python -m benchmarks.make_recording --messages 5000 small.jsonl SOURCE.jsonl.gz...

Every copy has its own session numbers, channels, Uniqueids and ActionIDs, is later than the previous copy, and
continues its FAXStats, so that the result looks like one server that was watched for hours.  The default sources are
two recordings of the demo: noisy lines, and failures of every kind.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, cycle
from pathlib import Path
from typing import IO, cast

import faxstore.demo
from faxstore.capture import recording as capture
from faxstore.capture.recording import Line

RECORDINGS = Path(faxstore.demo.__file__).parent / "recordings"
SOURCES = (RECORDINGS / "pbx2-bad-lines.jsonl.gz", RECORDINGS / "pbx3-failures.jsonl.gz")

_OPENING = re.compile(
    r"Asterisk Call Manager/|Action: (?:Login|Logoff)\r|Event: FullyBooted\r|.*\r\nActionID: (?:login|logoff)\r"
)
_SESSION = re.compile(r"(?<=SessionNumber: )\d+")
_CHANNEL = re.compile(r"-([0-9a-f]{8})(?=;[12])")
_UNIQUEID = re.compile(r"\b(1\d{9})(?=\.\d)")
_ACTION_ID = re.compile(r"(?<=ActionID: )\S+")
_COUNTER = re.compile(r"(?<=\n)(TransmitAttempts|ReceiveAttempts|CompletedFAXes|FailedFAXes): (\d+)")


@dataclass(frozen=True)
class Source:
    """A recording without its login and logoff, and the numbers that a copy of it uses."""

    body: tuple[Line, ...]
    seconds: int
    sessions: int
    channels: int

    @classmethod
    def read(cls, path: Path) -> Source:
        """Read the file.  Raises UsageError if it is not a recording."""
        lines = [line for line in capture.read(str(path)) if line.dir != "mark" and not _OPENING.match(line.text)]
        text = "".join(line.text for line in lines)
        return cls(
            tuple(lines),
            int(lines[-1].ts - lines[0].ts) + 2,
            max((int(number) for number in _SESSION.findall(text)), default=-1) + 1,
            max((int(number, 16) for number in _CHANNEL.findall(text)), default=-1) + 1,
        )


@dataclass
class Counters:
    """The numbers that previous copies used; ts is when the next copy begins."""

    ts: float
    copies: int = 0
    sessions: int = 0
    channels: int = 0
    stats: dict[str, int] = field(default_factory=dict)

    def after(self, source: Source, stats: dict[str, int]) -> None:
        """Add a copy of this source, which ended with these FAXStats."""
        self.ts += source.seconds
        self.copies += 1
        self.sessions += source.sessions
        self.channels += source.channels
        self.stats = stats


def copy(source: Source, used: Counters) -> Iterator[Line]:
    """Yield the lines of the source with new numbers, and update `used` at the end."""
    shift = int(used.ts - source.body[0].ts) + 1
    stats = dict(used.stats)

    def counted(match: re.Match[str]) -> str:
        stats[match[1]] = used.stats.get(match[1], 0) + int(match[2])
        return f"{match[1]}: {stats[match[1]]}"

    for line in source.body:
        text = _SESSION.sub(lambda match: str(int(match[0]) + used.sessions), line.text)
        text = _CHANNEL.sub(lambda match: f"-{int(match[1], 16) + used.channels:08x}", text)
        text = _UNIQUEID.sub(lambda match: str(int(match[1]) + shift), text)
        text = _ACTION_ID.sub(lambda match: f"{match[0]}.{used.copies}", text)
        text = _COUNTER.sub(counted, text)
        yield Line(line.ts + shift, line.dir, text)
    used.after(source, stats)


def lines(messages: int, sources: list[Path]) -> Iterator[Line]:
    """Yield one login, then copies of the sources in turn, up to this number of messages."""
    opening = [line for line in capture.read(str(sources[0])) if line.dir == "mark" or _OPENING.match(line.text)]
    opening = [line for line in opening if "ogoff" not in line.text]
    bodies = [Source.read(path) for path in sources]
    used = Counters(opening[-1].ts)
    copies = chain.from_iterable(copy(source, used) for source in cycle(bodies))
    for line in chain(opening, copies):
        messages -= line.dir != "mark"
        yield line
        if messages == 0:
            return


def write(path: Path, messages: int, sources: list[Path]) -> None:
    """Write the recording, gzipped if the name ends in .gz."""
    with _opened(path) as file:
        for line in lines(messages, sources):
            file.write(capture.encode(line) + "\n")


def _opened(path: Path) -> IO[str]:
    return cast("IO[str]", gzip.open(path, "wt", compresslevel=3)) if path.suffix == ".gz" else path.open("w")


def main() -> int:
    """Run the command, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", type=Path, help="the recording to write; gzipped if it ends in .gz")
    parser.add_argument("source", type=Path, nargs="*", default=list(SOURCES), help="recordings of one connection each")
    parser.add_argument("--messages", type=int, default=1_000_000, help="number of messages (default: 1000000)")
    arguments = parser.parse_args()
    if arguments.messages < 1:
        parser.error("--messages must be at least 1")
    write(arguments.file, arguments.messages, arguments.source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
