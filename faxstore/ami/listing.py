"""One answer to FAXSessions while it comes in: its entries, and whether it came whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from faxstore.observations import Details, Life


@dataclass(slots=True)
class Entry:
    """One FAXSessionsEntry: what only the list tells (channel, technology, session type), and when."""

    number: int
    observed_at: int
    fields: dict[str, Any]
    details: Details
    life: Life | None = None

    def joined(self, fields: dict[str, Any], details: Details) -> tuple[dict[str, Any], Details]:
        """The detail's own fields over the entry's; Files only where it says more than FileName."""
        more = {name: value for name, value in self.details.items() if name not in details}
        if more.get("Files") in (fields.get("file_name"), ""):
            more.pop("Files", None)
        return self.fields | fields, more | details


@dataclass(slots=True)
class OpenList:
    """A list that has begun.  `started` is False where its first line was not seen."""

    action_id: str
    started: bool
    entries: dict[int, Entry] = field(default_factory=dict)

    def fault(self, total: str) -> str | None:
        """Why this is not the complete list of the live sessions; None: it is.

        Total counts the entries that were sent (res_fax.c, manager_fax_sessions).
        """
        if total.strip().isascii() and total.strip().isdigit():
            if int(total) == len(self.entries):
                return None
            return f"FAXSessionsComplete says Total {int(total)} and {len(self.entries)} entries came"
        return None if self.started and not total.strip() else "FAXSessionsComplete of a list whose start was not seen"
