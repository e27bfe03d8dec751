"""The result of a fax as res_fax set it, among all values that its channel variables had.

res_fax sets FAXSTATUS, FAXERROR and FAXSTATUSSTRING together: a write.  A dialplan may set each of them to anything at
any time, but their order shows which is which: a fax starts with a blank write and ends with its last one, right
before its completion event.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from tests.sql.reference_fold.row import Seen, first, last

Values = dict[str, str]

RESULT = {"FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING"}
STATION_IDS = {"LOCALSTATIONID", "REMOTESTATIONID"}

CLOSING = {"FAXMODE", "FAXPAGES"}
"""The last variables of a write."""

PREPARING = {"Channel Problems", "Error before FAX transmission started."}
"""What ReceiveFAX sets between two writes."""

GOES_ON_TEXTS = {
    "error starting fax session",
    "failed to start FAX session",
    "remote channel hungup",
    "T.38 switch failed",
    "Failed to feed the smoother",
    "fax session timed-out",
    "error polling data",
    "gateway operation started successfully",
}
"""FAXSTATUSSTRING of writes that another write of res_fax follows."""

GOES_ON_ERRORS = {"INIT_ERROR", "HANGUP", "TIMEOUT", "UNKNOWN"}
"""FAXERROR of such writes."""


@dataclass
class Write:
    """Variables that were set together: the first value of each."""

    at: datetime
    values: Values = field(default_factory=dict)
    until: datetime = datetime.min
    """When the last of the result variables was set."""

    @property
    def is_blank(self) -> bool:
        """Whether it is the write with which a fax starts."""
        return self.values.get("FAXSTATUS", self.values.get("FAXERROR")) == ""

    @property
    def is_initial(self) -> bool:
        """Whether it is what an application sets before anything else."""
        initial = {"FAXSTATUSSTRING": "error starting fax session", "FAXERROR": "INIT_ERROR"}
        return next((self.values[name] == text for name, text in initial.items() if name in self.values), False)

    @property
    def goes_on(self) -> bool:
        """Whether res_fax sets the result once more after it, as far as the variables show."""
        status, error, text = (self.values.get(name) for name in ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING"))
        if text in GOES_ON_TEXTS:
            return True
        return text is None and status != "SUCCESS" and (error is None or error in GOES_ON_ERRORS)


@dataclass
class Observer:
    """What one observer received: the writes of res_fax since the fax started, and its completion event."""

    writes: list[Write]
    completed_at: datetime | None

    @property
    def results(self) -> list[Write]:
        """The writes that may be the result."""
        return [write for write in self.writes if not write.is_blank]

    @property
    def standing(self) -> Write | None:
        """The write that is the result."""
        if self.completed_at:
            return last([write for write in self.results if write.at <= self.completed_at])
        return self.results[1] if len(self.results) > 1 and self.results[0].goes_on else first(self.results)

    @property
    def is_final(self) -> bool:
        """Whether the standing write ended the fax, as far as this observer shows."""
        return len(self.results) > 1 or not self.results[0].goes_on

    @property
    def blank(self) -> Write | None:
        """The write with which the fax starts."""
        return first([write for write in self.writes if write.is_blank])


def reported(rows: list[Seen], result: Write | None, listed_at: datetime | None) -> Values:
    """The result variables and station ids, from the rows of a fax in order."""
    of = by_observer(rows)
    values = dict(result.values) if result else {}
    without_result = [row for row in rows if leading(of[row.collector]) is None]
    for row in without_result:
        name, value = variable(row)
        if name in STATION_IDS and not values.get(name) and is_of_fax(row, of[row.collector], listed_at):
            values[name] = value
    return {name: unescaped(value) for name, value in values.items() if value}


def by_observer(rows: list[Seen]) -> dict[str, list[Seen]]:
    """The rows of each observer."""
    of: dict[str, list[Seen]] = defaultdict(list)
    for row in rows:
        of[row.collector].append(row)
    return of


def standing(rows: list[Seen], began_at: datetime | None, listed_at: datetime | None) -> Write | None:
    """The write that is the result, of the observer who knows best; if there is none, the first blank one."""
    observers = [observer(own, began_at, listed_at) for own in by_observer(rows).values()]
    completed = [one.standing for one in observers if one.completed_at and one.standing]
    if completed:
        return max(completed, key=lambda write: write.at)
    others = [(not one.is_final, one.standing.at, one.standing) for one in observers if one.standing]
    if others:
        return min(others, key=lambda other: other[:2])[2]
    blanks = [(one.completed_at is None, one.blank.at, one.blank) for one in observers if one.blank]
    return min(blanks, key=lambda blank: blank[:2])[2] if blanks else None


def observer(own: list[Seen], began_at: datetime | None, listed_at: datetime | None) -> Observer:
    """The part of one observer, from its rows in order."""
    found: list[Write] = []
    names = {variable(row)[0] for row in own if is_setting(row)}
    for row in filter(is_setting, own):
        name, value = variable(row)
        if name in {leading(own), *CLOSING}:
            found.append(Write(row.at, until=row.at))
        if found and not (name == "FAXERROR" and "FAXSTATUSSTRING" in found[-1].values):
            if name in RESULT and name not in found[-1].values:
                found[-1].until = row.at
            found[-1].values.setdefault(name, value)
    writes = [write for write in found if is_of_res_fax(write, names)]
    initial_at = first([write.at for write in writes if write.is_initial])
    blanks = [write.at for write in writes if write.is_blank]
    start = initial_at or began_at
    since = first([at for at in blanks if start is None or at >= start]) or listed_at or start
    completion = first([row.at for row in own if row.is_completion])
    return Observer([write for write in writes if since is None or write.at >= since], completion)


def is_of_res_fax(write: Write, names: set[str]) -> bool:
    """A dialplan sets other texts, or FAXSTATUS alone.  FAXERROR is not reported if it remains blank."""
    status = write.values.get("FAXSTATUS" if "FAXSTATUS" in names else "FAXERROR")
    if status is None or ("FAXSTATUS" in names and status not in {"", "SUCCESS", "FAILED"}):
        return False
    if "FAXSTATUSSTRING" in names:
        return "FAXSTATUSSTRING" in write.values
    return "FAXERROR" in write.values or "FAXERROR" not in names or status == "SUCCESS"


def leading(own: list[Seen]) -> str | None:
    """The variable with which each write begins, as far as the observer receives it."""
    names = {variable(row)[0] for row in own if is_setting(row)}
    return next((name for name in ("FAXSTATUS", "FAXERROR") if name in names), None)


def is_of_fax(row: Seen, own: list[Seen], listed_at: datetime | None) -> bool:
    """Whether a variable was set while the fax ran."""
    completion = first([row.at for row in own if row.is_completion])
    return is_setting(row) and (not listed_at or row.at >= listed_at) and (not completion or row.at <= completion)


def is_setting(row: Seen) -> bool:
    """A VarSet, without those between two writes."""
    return row.event == "VarSet" and variable(row)[1] not in PREPARING


def variable(row: Seen) -> tuple[str, str]:
    """Name and value of a VarSet."""
    return row.details.get("Variable") or "", row.details.get("Value") or ""


def unescaped(value: str) -> str:
    """Asterisk escapes quotes, question marks and backslashes with a backslash."""
    return re.sub(r"""\\(["'?\\])""", r"\1", value)
