"""A true fax: what the server would report at any moment, and what really happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from faxstore.observations import Details

Fields = dict[str, Any]

LISTED_BEFORE_START = 0.2
"""Seconds in which a session is listed as Initialized: its detail is never requested then."""

AFTER_LAST_PAGE = 2.0
"""Seconds that a session remains after its last page."""

GROWN = 0.7
"""The share of an attempt after which no more bad lines come, so that a fast poll sees the final count."""

BY_SESSION = "Other"
"""A technology that counts bad lines per session."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to send a page: it is repeated if another attempt follows."""

    seconds: float
    bad_lines: int
    rate: int


@dataclass(frozen=True)
class Call:
    """One T.30 call: its counters start at zero; the second call is the one after the switch to T.38."""

    transport: str
    negotiation: float
    pages: tuple[tuple[Attempt, ...], ...]
    y_resolution: int = 3850


@dataclass(frozen=True)
class Span:
    """An interval in which only the bad lines change."""

    start: float
    end: float
    says: Fields
    bad_lines: int = 0
    before: int = 0


@dataclass(frozen=True)
class Fax:
    """A fax: its calls one after the other; number and server identify the session."""

    number: int | None
    operation: str
    calls: tuple[Call, ...]
    start: float = 0.0
    ecm: bool = False
    technology: str = "Spandsp"
    server: str = "pbx"
    status: str = "SUCCESS"
    completed_after: float | None = 0.5
    """Seconds from its end to its completion event; None if it never comes."""
    missed_pages: int = 0
    """How many pages the completion event reports beyond the real ones (fewer if negative)."""
    restart_at: float | None = None
    """When the server restarts during the fax."""
    carries_result: bool = False
    """Whether the completion event has ChanVariables."""
    hung_up: bool = False
    """Whether its peer hangs up just before its end: res_fax then sets FAILED and, a moment later, the result."""
    hidden: frozenset[str] = frozenset()
    """Channel variables and events that no observer receives."""
    dialplan: tuple[tuple[float, str, str], ...] = ()
    """What a dialplan sets: seconds since the start of the fax, variable, value."""
    parties: Details = field(default_factory=dict)
    dial: Details | None = None
    """The headers of its DialBegin; None if its channel was not dialled."""
    moves_after: float | None = None
    """Seconds from its start until a transfer replaces its channel; None: never."""

    @property
    def channel(self) -> str:
        """Its channel: no other fax of a history has it."""
        return f"PJSIP/{self.server}-{self.operation}-{self.number}-{self.start}"

    @property
    def error(self) -> str:
        """FAXERROR at its end."""
        return "HANGUP" if self.hung_up else "" if self.status == "SUCCESS" else "Timed out"

    @property
    def pages(self) -> int:
        """The pages finished at the end."""
        return len(self.calls[-1].pages)

    @property
    def counts_by_session(self) -> bool:
        """Whether bad lines continue from page to page."""
        return self.technology == BY_SESSION

    @property
    def bad_lines(self) -> list[int]:
        """The bad lines of each accepted page; if counted per session, all that came while the page was current."""
        if self.counts_by_session:
            return [sum(attempt.bad_lines for attempt in page) for page in self.calls[-1].pages]
        return [page[-1].bad_lines for page in self.calls[-1].pages]

    @property
    def discarded(self) -> list[int]:
        """The bad lines of repeated attempts, by page."""
        return [sum(attempt.bad_lines for attempt in page[:-1]) for page in self.calls[-1].pages]

    @property
    def rate_falls(self) -> int:
        """How often the rate fell."""
        rates = [attempt.rate for call in self.calls for page in call.pages for attempt in page]
        return sum(after < before for before, after in pairwise(rates))

    @property
    def end(self) -> float:
        """When it leaves the list."""
        end = self.spans[-1].end
        return end if self.restart_at is None else min(end, self.restart_at)

    def says(self, moment: float) -> Fields | None:
        """What the server reports at a moment; None if it is not on the list."""
        if self.restart_at is not None and moment >= self.restart_at:
            return None
        span = next((span for span in self.spans if span.start <= moment < span.end), None)
        if span is None:
            return None
        grown = min(1.0, (moment - span.start) / (span.end - span.start) / GROWN)
        said = dict(span.says)
        if self.operation in {"send", "receive"}:
            said["total_bad_lines"] = span.before + int(span.bad_lines * grown)
        return said

    @cached_property
    def spans(self) -> list[Span]:
        """All its intervals, in order."""
        return list(self._spans())

    def _spans(self) -> Iterator[Span]:
        at = self.start
        for place, call in enumerate(self.calls):
            yield Span(at, at := at + call.negotiation, self._negotiating(call))
            counted = 0
            for page, attempts in enumerate(call.pages, 1):
                for attempt in attempts:
                    yield Span(
                        at,
                        at := at + attempt.seconds,
                        self._agreed(call, attempt, page),
                        attempt.bad_lines if self._counts else 0,
                        counted,
                    )
                    counted += attempt.bad_lines if self._counts and self.counts_by_session else 0
            if place + 1 == len(self.calls):
                attempt = call.pages[-1][-1] if call.pages else Attempt(1, 0, 14400)
                stays = counted if self.counts_by_session else attempt.bad_lines if self._counts else 0
                yield Span(
                    at,
                    at + AFTER_LAST_PAGE,
                    self._agreed(call, attempt, len(call.pages) + 1, bool(call.pages)),
                    0,
                    stays,
                )

    @property
    def _counts(self) -> bool:
        return self.operation == "receive" and not self.ecm

    def _negotiating(self, call: Call) -> Fields:
        return self._says(call, 1, rate=0 if self.operation == "gateway" else 14400, ecm=False, resolution=(0, 0))

    def _agreed(self, call: Call, attempt: Attempt, page: int, agreed: bool = True) -> Fields:
        if not agreed:
            return self._negotiating(call)
        return self._says(call, page, attempt.rate, self.ecm, (8031, call.y_resolution))

    def _says(self, call: Call, page: int, rate: int, ecm: bool, resolution: tuple[int, int]) -> Fields:
        said: Fields = {"operation": self.operation, "state": "Active", "session_type": "none"}
        if self.operation == "V.21":
            return said
        said |= {"error_correction_mode": ecm, "data_rate": rate, "page_number": page}
        if self.operation == "gateway":
            return said
        return said | {
            "session_type": call.transport,
            "x_resolution": resolution[0],
            "y_resolution": resolution[1],
            "pages_transmitted": page - 1 if self.operation == "send" else 0,
            "pages_received": page - 1 if self.operation == "receive" else 0,
            "file_name": f"/fax/{self.number}.tif",
        }
