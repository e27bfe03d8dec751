"""What a run of a fax application works on: its operation, its files, and the pages that polls observed.

These facts recognise a run under another channel name (faxstore.sessions.replaced_channels), because no event says
that a channel got the name of another one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from faxstore.observations import Observation
from faxstore.sessions.application_runs import NEWEXTEN


@dataclass(slots=True)
class RunFacts:
    """Operation (send or receive), files and observed pages of the latest run on a channel."""

    operation: str | None = None
    files: frozenset[str] = frozenset()
    pages: int = 0
    _only_file: str | None = None
    """The file if `files` has just this name, from one header."""

    def add(self, event: Observation) -> None:
        """Add what a Newexten, FAXStatus, list entry or snapshot reports.  A Newexten or another operation resets."""
        if event.file_name == self._only_file and event.operation == self.operation and _names_one_file(event):
            self.pages = _pages(event)
            return
        goes_on = event.event != NEWEXTEN and event.operation in (None, self.operation)
        self.operation = event.operation or self.operation
        self.files = files(event) | (self.files if goes_on else frozenset())
        self.pages = _pages(event)
        self._only_file = event.file_name if self.files == {event.file_name} else None

    def match(self, event: Observation) -> bool:
        """Return whether an event has the same operation and a file in common."""
        return event.operation == self.operation and bool(self.files & files(event))

    def pages_apart(self, completion: Observation) -> int:
        """Return by how many pages a completion event differs from the pages observed."""
        return abs(_pages(completion) - self.pages)


def files(event: Observation) -> frozenset[str]:
    """Return the files that an event names.

    A comma or an ampersand within a name makes a list of names ambiguous, so each reading is included.
    """
    if event.event == NEWEXTEN:  # SendFAX(file&file,options), ReceiveFAX(file,options) (res_fax.c)
        data = _texts(event, "AppData")
        return _readings([*data, *(text.split(",")[0] for text in data)], "&")
    return _readings([event.file_name or "", *_texts(event, "FileName"), *_texts(event, "Files")], ",")


def _names_one_file(event: Observation) -> bool:
    """Return whether only the header FileName, which is given, names files."""
    details = event.details
    named_elsewhere = details and ("Files" in details or "FileName" in details)
    return event.file_name is not None and event.event != NEWEXTEN and not named_elsewhere


def _readings(texts: Iterable[str], separator: str) -> frozenset[str]:
    return frozenset(name for text in texts for name in (text, *text.split(separator)) if name)


def _texts(event: Observation, name: str) -> list[str]:
    """Return the values of a header that may repeat."""
    value = event.details.get(name, [])
    return [value] if isinstance(value, str) else value


def _pages(event: Observation) -> int:
    return event.pages_received or event.pages_transmitted or 0
