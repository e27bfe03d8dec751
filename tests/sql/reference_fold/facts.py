"""One session: its rows in order, and what they say as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from tests.sql.reference_fold.attempts import Page, pages_seen
from tests.sql.reference_fold.row import Row, Seen, first, in_order, last, said, seconds_between

ANOTHER_CLOCK = timedelta(seconds=30)
"""A snapshot of another observer refutes an absence only this much later: clocks differ."""


@dataclass(frozen=True)
class End:
    """How a session ended, when, and between which moments it must have."""

    observed_by: str
    at: datetime | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None


class Session:
    """One session: its rows in order, and what they say as a whole."""

    def __init__(self, named: Row, rows: list[Row], epochs: list[Row], counted_by: Mapping[str, str]) -> None:
        self.named = named
        self.rows = in_order(rows)
        self.epochs = [epoch for epoch in epochs if epoch["server"] == named["server"]]
        self.by_session = counted_by.get(named["technology"]) == "session"
        self.snapshots = [row for row in self.rows if row.is_snapshot]
        self.completion = first([row for row in self.rows if row.is_completion])

    @property
    def is_listed(self) -> bool:
        """It is a fax, or was on a list of sessions: fax.sessions has it."""
        told = [row for row in self.rows if row.event in {"Newexten", "FAXStatus"} or row.is_variable("FAXSTATUS")]
        return bool(self.snapshots or self.completion or told)

    @cached_property
    def operation(self) -> str | None:
        """As snapshots last told it, else the event of its end, else those of its begin, else as first told."""
        of_snapshots = last(said(self.snapshots, lambda row: row.operation))
        of_end = self.completion and self.completion.operation
        begins = [row for row in self.rows if row.event in {"Newexten", "FAXStatus"}]
        of_begin = last(said(begins, lambda row: row.operation))
        operation: str | None = of_snapshots or of_end or of_begin or self.named["operation"]
        return operation

    @cached_property
    def pages_observed(self) -> int | None:
        """The highest count of pages that a poll saw."""
        return max(said(self.snapshots, lambda row: row.pages), default=None)

    @cached_property
    def pages(self) -> int | None:
        """The count of the event of its end goes first: a poll may miss the last page."""
        of_end = self.completion.pages if self.completion else None
        return self.pages_observed if of_end is None else of_end

    @cached_property
    def ecm(self) -> bool | None:
        """Error correction, by the last measurement."""
        return last(said(self.snapshots, lambda row: row.ecm))

    @cached_property
    def measurable(self) -> bool:
        """Only a receiver without ECM counts bad lines."""
        return self.operation == "receive" and self.ecm is False

    @cached_property
    def pages_seen(self) -> dict[int, Page]:
        """The pages that polls saw, by number."""
        return pages_seen(self.snapshots, self.by_session)

    @cached_property
    def pages_kept(self) -> dict[int, Page]:
        """Those of them that count."""
        return {number: page for number, page in self.pages_seen.items() if 1 <= number <= (self.pages or 0)}

    def page_end(self, number: int) -> datetime | None:
        """The first snapshot with a later page in hand."""
        later = [page.snapshots[0].at for seen, page in self.pages_seen.items() if seen > number]
        return min(later, default=None)

    def poll_gap(self, number: int) -> Decimal | None:
        """How long nobody looked between the last sight of a page and that it, or the fax, was over."""
        page, over = self.pages_seen.get(number), self.page_end(number) or self.end.not_after
        gap = seconds_between(page.attempts[-1][-1].at, over) if page and over else None
        return None if gap is None or gap < 0 else gap

    # -- its end ------------------------------------------------------------------------------------------

    @cached_property
    def end(self) -> End:
        """By its completion event, else an absence, else the end of the server's life, else none."""
        if self.completion:
            return self._ended("completion", self.completion.at, self.completion.at)
        for row in self.rows:
            if row.event == "Gone" and not self.is_refuted(row):
                return self._ended("gone", row.at, row.at)
        if not self.snapshots and self.named["session_number"] is None:
            return self._ended("gone", self.rows[-1].at, self.rows[-1].at)
        own = next(epoch for epoch in self.epochs if epoch["epoch_id"] == self.named["epoch_id"])
        later = [begin(epoch) for epoch in self.epochs if place(epoch) > place(own)]
        return self._ended("server_restart", self.rows[-1].at, min(later)) if later else End("open")

    def is_refuted(self, gone: Seen) -> bool:
        """It was listed again: by its own observer afterwards, or by another well after any difference of clocks."""
        return any(
            (row.at > gone.at and row.position > gone.position)
            if row.collector == gone.collector
            else row.at > gone.at + ANOTHER_CLOCK
            for row in self.snapshots
        )

    def _ended(self, observed_by: str, at: datetime, not_after: datetime) -> End:
        seen_last = (self.snapshots or self.rows)[-1].at
        return End(observed_by, at, min(seen_last, not_after), not_after)

    # -- its result ---------------------------------------------------------------------------------------

    def variable(self, name: str) -> str | None:
        """What a result variable said at the end: as the event of the end has it, else as it was last set."""
        of_end = channel_variable(self.completion, name) if self.completion else None
        if of_end is not None:
            return of_end or None
        values = [set_to(row) for row in self._variables(name)]
        return last(values) or None

    def station_id(self, header: str) -> str | None:
        """LocalStationID or RemoteStationID."""
        of_end = self.completion.detail(header) if self.completion else None
        return of_end or last(said(self._variables(header.upper()), lambda row: set_to(row) or None))

    def _variables(self, name: str) -> list[Seen]:
        """The VarSets of that name while the fax ran: the channel may have had another fax before and after it."""
        after_start = [row for row in self.rows if not self.snapshots or row.at >= self.snapshots[0].at]
        in_time = [row for row in after_start if not self.completion or row.at <= self.completion.at]
        return [row for row in in_time if row.is_variable(name)]

    # -- its parties --------------------------------------------------------------------------------------

    @cached_property
    def call(self) -> Row:
        """The headers of the channel, all of one row."""
        candidates = [
            self.completion,
            first([row for row in self.rows if row.event == "Status"]),
            first([row for row in self.rows if row.event in {"FAXStatus", "Newexten"}]),
        ]
        return next((row.details for row in candidates if row and row.details), {})

    def called_number(self) -> str | None:
        """A receiver knows what was dialled; a sender is connected to it."""
        if self.operation != "receive":
            return number(self.call.get("ConnectedLineNum"))
        status = first([row for row in self.rows if row.event == "Status"])
        return number(status.detail("DNID") if status else None) or number(self.call.get("Exten"))

    def uniqueid(self) -> str | None:
        """Of the channel."""
        of_end = self.completion.detail("Uniqueid") if self.completion else None
        return self.named["uniqueid"] or of_end or self.call.get("Uniqueid") or None

    def resolution(self) -> tuple[int | None, int | None]:
        """Across and down: as last measured by a poll, else as the event of the end has it."""
        of_end = [self.completion] if self.completion else []
        x_resolution = last(said([*of_end, *self.snapshots], lambda row: row.x_resolution))
        return x_resolution, last(said([*of_end, *self.snapshots], lambda row: row.y_resolution))

    def file_names(self) -> list[str] | None:
        """Of the snapshots, else of the event of its end, else those that the application was called with."""
        of_snapshots = list(dict.fromkeys(said(self.snapshots, lambda row: row.file_name)))
        of_end = self.completion.file_name if self.completion else None
        called = first([row for row in self.rows if row.event == "Newexten"])
        arguments = (called.detail("AppData") or "").partition(",")[0] if called else ""
        of_begin = arguments.split("&") if arguments else None
        return of_snapshots or ([of_end] if of_end else of_begin)


def channel_variable(row: Seen, name: str) -> str | None:
    """A variable that the event carries (channelvars in manager.conf); None: it does not carry it."""
    told = row.details.get("ChanVariable") or []
    pairs = [one.partition("=") for one in ([told] if isinstance(told, str) else told)]
    return next((value for variable, equals, value in pairs if variable == name and equals), None)


def set_to(row: Seen) -> str:
    """What a VarSet says: Asterisk puts a backslash before quotes, question marks and backslashes."""
    return re.sub(r"""\\(["'?\\])""", r"\1", row.details.get("Value") or "")


def number(told: str | None) -> str | None:
    """A number of a party."""
    return None if told in {None, "", "<unknown>"} else told


def begin(epoch: Row) -> datetime:
    """When an epoch began, by the best evidence."""
    moment: datetime = epoch["reloaded_at"] or epoch["started_at"] or epoch["first_seen_at"]
    return moment


def place(epoch: Row) -> tuple[datetime, int]:
    """Its place among the epochs of its server."""
    return begin(epoch), epoch["reload_ordinal"]
