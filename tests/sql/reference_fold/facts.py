"""One session: its rows in order, and the facts that follow from all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

from tests.sql.reference_fold.attempts import Page, pages_seen
from tests.sql.reference_fold.result import Write, reported, standing, unescaped
from tests.sql.reference_fold.row import Row, Seen, first, in_order, last, said, seconds_between

ANOTHER_CLOCK = timedelta(seconds=30)
"""A snapshot of another observer refutes an absence only if it is later by this much: clocks differ."""


@dataclass(frozen=True)
class End:
    """How and when a session ended, and the bounds of that moment."""

    observed_by: str
    at: datetime | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None


class Session:
    """One session: its rows in order, and the facts that follow from all of them."""

    def __init__(self, named: Row, rows: list[Row], epochs: list[Row], counted_by: Mapping[str, str]) -> None:
        self.named = named
        self.rows = in_order(rows)
        self.epochs = [epoch for epoch in epochs if epoch["server"] == named["server"]]
        self.by_session = counted_by.get(named["technology"]) == "session"
        self.snapshots = [row for row in self.rows if row.is_snapshot]
        self.completion = first([row for row in self.rows if row.is_completion])

    @property
    def is_listed(self) -> bool:
        """Whether fax.sessions contains it: it is a fax, and more is known than that a list lacks it."""
        return bool(
            self.named["is_fax"] and (self.named["session_number"] is None or self.snapshots or self.completion)
        )

    @property
    def is_start_observed(self) -> bool:
        """Whether anything shows that it ran, from its start on and before its completion event."""
        shown = {"FAXSession", "FAXSessionsEntry", "FAXStatus", "Newexten", "Status"}
        after_start = [row for row in self.rows if row.at >= self.named["started_at"]]
        running = [row for row in after_start if not self.completion or row.at < self.completion.at]
        return any(
            row.event in shown or (row.is_variable("FAXERROR") and row.detail("Value") == "INIT_ERROR")
            for row in running
        )

    @cached_property
    def operation(self) -> str | None:
        """The operation in the last snapshot, else in the end event, the start events, or the first row with one."""
        of_snapshots = last(said(self.snapshots, lambda row: row.operation))
        of_end = self.completion and self.completion.operation
        begins = [row for row in self.rows if row.event in {"Newexten", "FAXStatus"}]
        of_begin = last(said(begins, lambda row: row.operation))
        operation: str | None = of_snapshots or of_end or of_begin or self.named["operation"]
        return operation

    @cached_property
    def pages_observed(self) -> int | None:
        """The highest page count in a poll."""
        return max(said(self.snapshots, lambda row: row.pages), default=None)

    @cached_property
    def pages(self) -> int | None:
        """The page count of the end event, else the highest observed: a poll may miss the last page."""
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
        """The observed pages that count."""
        return {number: page for number, page in self.pages_seen.items() if 1 <= number <= (self.pages or 0)}

    def page_end(self, number: int) -> datetime | None:
        """The first snapshot in which a later page is current."""
        later = [page.snapshots[0].at for seen, page in self.pages_seen.items() if seen > number]
        return min(later, default=None)

    def poll_gap(self, number: int) -> Decimal | None:
        """Seconds between the last snapshot of a page and the first evidence that the page or the fax was over."""
        page, over = self.pages_seen.get(number), self.page_end(number) or self.end.not_after
        gap = seconds_between(page.attempts[-1][-1].at, over) if page and over else None
        return None if gap is None or gap < 0 else gap

    # -- its end ------------------------------------------------------------------------------------------

    @cached_property
    def end(self) -> End:
        """The end by the completion event, else by an absence, else by the end of the server's life, else none."""
        if self.completion:
            return self._ended("completion", self.completion.at, self.completion.at)
        for row in self.rows:
            if row.event == "Gone" and not self.is_refuted(row):
                return self._ended("gone", row.at, row.at)
        if not self.snapshots and self.named["session_number"] is None:
            return self._ended("gone", self.last_shown_at, self.last_shown_at)
        own = next(epoch for epoch in self.epochs if epoch["epoch_id"] == self.named["epoch_id"])
        later = [begin(epoch) for epoch in self.epochs if place(epoch) > place(own)]
        return self._ended("server_restart", self.rows[-1].at, min(later)) if later else End("open")

    @property
    def last_shown_at(self) -> datetime:
        """The last row that shows the fax itself: an event, or the result; a dialplan may set variables later."""
        events = [row.at for row in self.rows if row.event != "VarSet"]
        results = [self.result.until] if self.result else []
        return max(events + results, default=self.rows[-1].at)

    def is_refuted(self, gone: Seen) -> bool:
        """Whether it was listed again: later by the same observer, or by another beyond any clock difference."""
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

    @cached_property
    def reported(self) -> Mapping[str, str]:
        """What res_fax set, by variable."""
        return reported(self.rows, self.result, self.listed_at)

    @cached_property
    def result(self) -> Write | None:
        """The variables that res_fax set as the result."""
        return standing(self.rows, self.named["started_at"] if self.is_start_observed else None, self.listed_at)

    @property
    def listed_at(self) -> datetime | None:
        """The first snapshot."""
        return self.snapshots[0].at if self.snapshots else None

    def variable(self, name: str) -> str | None:
        """The final value of a result variable: from the end event, else as res_fax set it."""
        of_end = self.completion and channel_variable(self.completion, name)
        status = self.completion and channel_variable(self.completion, "FAXSTATUS")
        stands = status in {None, "SUCCESS", "FAILED"}
        if name == "FAXSTATUS":
            return (stands and of_end) or self.reported.get(name)
        return (stands and of_end) or self.reported.get(name) or of_end or None

    def station_id(self, header: str) -> str | None:
        """LocalStationID or RemoteStationID."""
        of_end = self.completion.detail(header) if self.completion else None
        return of_end or self.reported.get(header.upper())

    # -- its parties --------------------------------------------------------------------------------------

    @cached_property
    def call(self) -> Row:
        """The channel's headers, all from one row; not from a row under another name, if there is another row."""
        renamed = self.completion is not None and "Uniqueid" in self.completion.details
        candidates = [
            None if renamed else self.completion,
            first([row for row in self.rows if row.event == "Status"]),
            first([row for row in self.rows if row.event in {"FAXStatus", "Newexten"}]),
            self.completion,
            first([row for row in self.rows if row.is_variable("FAXERROR")]),
        ]
        return next((row.details for row in candidates if row and row.details), {})

    def parties(self) -> tuple[str | None, str | None]:
        """Caller and called number; of a channel that was dialled the far end is the caller by Asterisk's model."""
        caller, connected = number(self.call.get("CallerIDNum")), number(self.call.get("ConnectedLineNum"))
        if self.operation == "receive":
            status = first([row for row in self.rows if row.event == "Status"])
            extension = number(self.call.get("Exten"))
            own = extension if extension not in SPECIAL_EXTENSIONS else None
            return caller, number(status.detail("DNID") if status else None) or own
        dial = first([row for row in self.rows if row.event == "DialBegin"])
        channel = self.named["channel"] or ""
        local = channel.removeprefix("Local/") if channel.startswith("Local/") and channel.endswith(";1") else ""
        dialled = dialled_number(dial.detail("DialString") if dial else None) or dialled_number(local)
        if dial is not None:
            sender = number(dial.detail("DestConnectedLineNum"))
        else:
            sender = connected if dialled is not None and dialled == caller else None
        called = dialled or (connected if connected not in (caller, sender) else None)
        return sender or caller, called

    def uniqueid(self) -> str | None:
        """The transport, from the channel's events."""
        of_end = self.completion.detail("Uniqueid") if self.completion else None
        return self.named["uniqueid"] or of_end or self.call.get("Uniqueid") or None

    def resolution(self) -> tuple[int | None, int | None]:
        """The resolution across and down: last measured by a poll, else from the end event."""
        of_end = [self.completion] if self.completion else []
        x_resolution = last(said([*of_end, *self.snapshots], lambda row: row.x_resolution))
        return x_resolution, last(said([*of_end, *self.snapshots], lambda row: row.y_resolution))

    def file_names(self) -> list[str] | None:
        """The files of the snapshots, else of the end event, else of the application's call."""
        of_snapshots = list(dict.fromkeys(said(self.snapshots, lambda row: row.file_name)))
        of_end = self.completion.file_name if self.completion else None
        called = first([row for row in self.rows if row.event == "Newexten"])
        arguments = (called.detail("AppData") or "").partition(",")[0] if called else ""
        of_begin = arguments.split("&") if arguments else None
        return of_snapshots or ([of_end] if of_end else of_begin)


SPECIAL_EXTENSIONS = {"s", "fax", "failed", "h", "i", "t", "T", "o", "a", "e"}
"""Extensions that Asterisk itself calls."""


def dialled_number(text: str | None) -> str | None:
    """The number before the @, or all of the text, of the forms that histories and recordings contain."""
    user = re.split("[@/]", text or "")[0]
    return user if re.fullmatch(r"\+?[0-9]+", user) else None


def channel_variable(row: Seen, name: str) -> str | None:
    """A variable that the event carries (channelvars in manager.conf); None if it carries none."""
    recorded = row.details.get("ChanVariable") or []
    pairs = [one.partition("=") for one in ([recorded] if isinstance(recorded, str) else recorded)]
    return next((unescaped(value) for variable, equals, value in pairs if variable == name and equals), None)


def number(recorded: str | None) -> str | None:
    """The number of a party."""
    return None if recorded in {None, "", "<unknown>"} else recorded


def begin(epoch: Row) -> datetime:
    """When an epoch began, by the best evidence."""
    moment: datetime = epoch["reloaded_at"] or epoch["started_at"] or epoch["first_seen_at"]
    return moment


def place(epoch: Row) -> tuple[datetime, int]:
    """Its index among the epochs of its server."""
    return begin(epoch), epoch["reload_ordinal"]
