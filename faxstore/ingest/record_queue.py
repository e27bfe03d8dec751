"""The RecordQueue: what an import passes to its Drain, in memory and not encoded.

An import needs no spool on disk, because the recording still exists after a crash.  Memory stays small although the
recording may be long: the importer appends each batch before it reads the next one, and an event waits for its session
for 150 s of the recording at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, takewhile

from faxstore.ingest.drain import Entry
from faxstore.spool.progress import Progress


class RecordQueue:
    """A queue of records with increasing keys, for a Drain.  An entry stays in the queue until discard()."""

    def __init__(self) -> None:
        self._keys = count(1)
        self._entries: dict[int, Entry] = {}

    def put(self, entries: Iterable[Entry]) -> None:
        """Add entries, in order."""
        for entry in entries:
            self._entries[next(self._keys)] = entry

    def peek(self, after: int, limit: int) -> list[tuple[int, Entry]]:
        """Return up to `limit` entries after the key `after`, in order, with their keys.  They stay in the queue."""
        newest_first = takewhile(lambda key: key > after, reversed(self._entries))  # never visits those that wait
        keys = list(newest_first)[-limit:]
        return [(key, self._entries[key]) for key in reversed(keys)]

    def progress(self) -> None:
        """Return None: the queue ends with its process."""

    def discard(self, keys: Iterable[int], _progress: Progress | None = None, /) -> None:
        """Remove entries from the queue."""
        for key in keys:
            self._entries.pop(key, None)

    def left(self) -> list[tuple[int, Entry]]:
        """Return the entries that nobody discarded, in order, with their keys."""
        return list(self._entries.items())
