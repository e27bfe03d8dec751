"""The folder with the spools of an ingestor: which servers each spool collects, and which spools are of the past.

Each worker has a spool of its own.  When the number of workers changes, or servers are added or removed, a server may
belong to another worker than before.  Its records must still be appended in the order in which they were observed, so
the new distribution starts with new spools, and the spools of earlier ones are emptied first (earlier_spools.py).

`distribution.json` lists the distributions whose spools still exist, the current one last: an object with the number
of each spool and the servers that it collects.  An unchanged distribution continues with its spools.  Numbers are never
used again, and the keys of spool N are those from (N - 1) * 2**43 on, so an entry can move to another spool with
its key.
"""

from __future__ import annotations

import fcntl
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from faxstore.errors import UsageError
from faxstore.spool import file as spool_file
from faxstore.spool.queue import Spool
from faxstore.system.files import PRIVATE, atomic_file, sync_folder

log = logging.getLogger(__name__)

Distribution = Mapping[int, tuple[str, ...]]
"""The servers of each spool, by its number.  A spool of unknown servers has none."""

KEYS_PER_SPOOL = 2**43
"""More than fifty years of 5,000 records per second; a million spools have keys of 63 bits."""

_NAME = re.compile(r"ingest(?:-([1-9]\d{0,5}))?\.sqlite")


class SpoolFolder:
    """The spools in one folder.  Only one ingestor may use it: `locked` refuses a second one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "distribution.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder for a `with` block, and beyond it for as long as a worker lives that was started in it.

        Raises UsageError if another ingestor uses the folder, or it cannot be created.
        """
        try:
            self.folder.mkdir(0o700, parents=True, exist_ok=True)
            path = self.folder / "folder.lock"
            path.touch(PRIVATE)
            file = path.open("w")  # workers inherit it, and with it the lock
        except OSError as error:
            raise UsageError(f"the spool {self.folder} cannot be used: {error.strerror}") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                in_use = f"the spool {self.folder} is in use by another faxstore; one process at a time"
                raise UsageError(in_use) from error
            yield

    def path(self, number: int) -> Path:
        """Return the file of a spool."""
        return self.folder / ("ingest.sqlite" if number == 1 else f"ingest-{number}.sqlite")

    def open(self, number: int) -> Spool:
        """Open a spool.  Raises UsageError."""
        return Spool(self.path(number), after=(number - 1) * KEYS_PER_SPOOL)

    def distribute(self, servers: Sequence[str], workers: int) -> Distribution:
        """Return the servers of each worker, by the number of its spool, and store it as the current distribution.

        The servers are dealt in turn, in the order of the settings.  Call it before any spool is opened.
        """
        known = self.distributions()
        chosen = current = known[-1] if known else {}
        dealt = _deal(servers, sorted(current)) if len(current) == workers else None
        if dealt is None or _moves(current, dealt):
            first = max(current, default=0) + 1
            chosen = dealt = _deal(servers, range(first, first + workers))
            known.append(chosen)
        else:
            known[-1:] = [_merged(current, dealt)]
        self._store(known)
        return dealt

    def distributions(self) -> list[Distribution]:
        """Return the distributions whose spools still exist, in order; spools that none lists are the newest."""
        listed = self._listed()
        numbers = {number for distribution in listed for number in distribution}
        found = sorted(int(name[1] or 1) for path in self.folder.iterdir() if (name := _NAME.fullmatch(path.name)))
        return [*listed, *({number: ()} for number in found if number not in numbers)]

    def begin_to_move(self, number: int) -> None:
        """Store that a spool has only records that wait, and that these move to others.  Raises OSError."""
        self._moving(number).touch(PRIVATE)
        sync_folder(self.folder)

    def is_moving(self, number: int) -> bool:
        """Return whether the records of a spool have begun to move."""
        return self._moving(number).exists()

    def forget(self, number: int) -> None:
        """Delete a spool of an earlier distribution, for good.  Raises OSError and UsageError."""
        spool_file.remove(self.path(number))
        self._moving(number).unlink(missing_ok=True)
        rest = [{each: names for each, names in one.items() if each != number} for one in self.distributions()]
        self._store([distribution for distribution in rest if distribution])

    def _moving(self, number: int) -> Path:
        return self.path(number).with_suffix(".moving")

    def _listed(self) -> list[Distribution]:
        try:
            listed = json.loads(self._file.read_bytes())
            return [{int(number): tuple(map(str, names)) for number, names in each.items()} for each in listed if each]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, AttributeError, TypeError) as error:
            log.warning("spool: %s cannot be read (%s); every spool is emptied first", self._file, error)
            return []

    def _store(self, distributions: Sequence[Distribution]) -> None:
        try:
            with atomic_file(self._file) as out:
                out.write(json.dumps(distributions).encode() + b"\n")
        except (OSError, UsageError) as error:
            # Without it the next start empties all spools in the order of their numbers, which is right too.
            log.warning("spool: the distribution cannot be stored: %s", error)


def _deal(servers: Sequence[str], numbers: Sequence[int]) -> Distribution:
    return {number: tuple(servers[place :: len(numbers)]) for place, number in enumerate(numbers)}


def _moves(current: Distribution, dealt: Distribution) -> bool:
    """Return whether a server has another spool than before."""
    spools = {name: number for number, names in current.items() for name in names}
    return any(spools.get(name, number) != number for number, names in dealt.items() for name in names)


def _merged(current: Distribution, dealt: Distribution) -> Distribution:
    """Return the servers of both: a spool may still hold records of a server that was removed from the settings."""
    return {number: tuple(dict.fromkeys(current[number] + names)) for number, names in dealt.items()}
