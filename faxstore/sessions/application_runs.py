"""Where one run of a fax application on a channel begins and where the next one begins, judged by the channel's events.

A fax needs evidence of its own: a list that shows it, its completion event, or the beginning of a run.  Newexten and
FAXStatus show a beginning.  The AMI user may not receive them.  Then three variables do, which a run sets first and one
after the other (res_fax.c, sendfax_exec and receivefax_exec): FAXSTATUS=FAILED, FAXERROR=INIT_ERROR and
FAXSTATUSSTRING=error starting fax session.

No other variable is evidence: a dialplan may set any variable to any text at any time.  A run that cannot reserve its
session sets INIT_ERROR a second time, as its result, with another FAXSTATUSSTRING (recording names-22).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from faxstore.observations import Observation

COMPLETIONS = frozenset({"SendFAX", "ReceiveFAX"})
NEWEXTEN = "Newexten"
DIAL_BEGIN = "DialBegin"
PRELUDES = frozenset({DIAL_BEGIN, "VarSet"})
"""Events that may precede the start of a fax."""


class Pending(NamedTuple):
    """An event that waits for its session, and its key in the spool."""

    key: int
    event: Observation


observed_at = attrgetter("event.observed_at")
"""The time of a pending event; pending events of a channel are sorted by it."""

APPLICATIONS = {"send": "SendFAX", "receive": "ReceiveFAX"}
"""The application that runs a session, by its operation."""

_INITIAL = (("FAXSTATUSSTRING", "error starting fax session"), ("FAXERROR", "INIT_ERROR"), ("FAXSTATUS", "FAILED"))
"""What a run sets when it begins, backwards (res_fax.c, set_channel_variables)."""

_GATEWAY = (
    ("FAXSTATUSSTRING", "gateway operation started successfully"),
    ("FAXERROR", "NO_ERROR"),
    ("FAXSTATUS", "SUCCESS"),
)
"""What a gateway sets when it is attached to a call, which may be no fax; backwards (res_fax.c, acf_faxopt_write)."""

_SUCCESS = ("FAXSTATUS", "SUCCESS")

_CLEARED = frozenset({
    ("FAXMODE", ""), ("FAXRESOLUTION", ""), ("FAXBITRATE", ""), ("FAXPAGES", "0"), ("REMOTESTATIONID", ""),
})  # fmt: skip
"""What a run sets right before _INITIAL, after FAXSTATUS=FAILED: each only if it existed (res_fax.c, sendfax_exec)."""


def start_of_run(events: Sequence[Observation]) -> int | None:
    """Return the index of the first event of the first run that begins among these events; None if none begins."""
    for at, event in enumerate(events):
        if event.event in (NEWEXTEN, "FAXStatus"):
            return at
        if (start := _start_by_variables(events, at)) is not None:
            return start
    return None


def start_of_session(events: Sequence[Observation], operation: str | None) -> int | None:
    """Return the index of the first event that belongs to a session of this operation which was listed afterwards."""
    start = start_of_run(events)
    if start is None and operation == "gateway":
        starts = (_start_by_variables(events, at, _GATEWAY) for at in range(len(events)))
        return next((at for at in starts if at is not None), None)
    return start


def is_fax(events: Sequence[Observation]) -> bool:
    """Return whether the events prove a fax: a run begins among them, or a completion event is."""
    return any(event.event in COMPLETIONS for event in events) or start_of_run(events) is not None


def split(events: Sequence[Pending], start: int) -> tuple[list[Pending], list[Pending]]:
    """Return the variables before the start of a run, and all other events.

    A DialBegin belongs to the run that follows it.
    """
    dialled = [entry for entry in events[:start] if entry.event.event == DIAL_BEGIN]
    loose = [entry for entry in events[:start] if entry.event.event != DIAL_BEGIN]
    return loose, [*dialled, *events[start:]]


def is_in_session(events: Sequence[Observation]) -> bool:
    """Return whether the events show a session that has not ended: FAXStatus reports it, and its completion is due."""
    names = {event.event for event in events}
    return "FAXStatus" in names and not names & COMPLETIONS


def begun_without_end(events: Sequence[Observation]) -> bool:
    """Return whether only variables prove a run, and none of them its end.

    A run sets its result whatever happens (res_fax.c, sendfax_exec and receivefax_exec).  If its channel hangs up
    without one, it goes on under another name, where it is listed.
    """
    names = {event.event for event in events}
    return is_fax(events) and names <= PRELUDES and not _is_over(events)


def begins_for_certain(events: Sequence[Observation]) -> bool:
    """Return whether a run begins among the events, by more than Newexten.

    Asterisk sends Newexten again if something else about the channel changes while the application runs: its name
    (a masquerade) or its place in the dialplan (AMI Redirect).
    """
    variables = (_start_by_variables(events, at) for at in range(len(events)))
    return any(event.event == "FAXStatus" for event in events) or any(start is not None for start in variables)


def count_of_earlier_run(pending: Sequence[Pending], event: Observation) -> int:
    """Return how many of the first pending events belong to an earlier run if this event begins another, else 0."""
    if event.event not in (NEWEXTEN, "FAXStatus") and not _is_initial(event):
        return 0
    at = bisect_left(pending, event.observed_at, key=observed_at)
    events = _events(pending[:at])
    if event.event == NEWEXTEN:
        start = at if _is_over(events) or not _repeats(events, event) else 0
    elif event.event == "FAXStatus":
        places = range(at - 1, 0, -1)
        start = next((place for place in places if _is_newexten(events[place], events[0].channel)), 0)
    else:
        start = _start_by_variables([*events, event], at) or 0
        if _is_preceded_by_newexten(events, start):
            start -= 1
    start = _first_of_moment([*events, event], start)
    return start if start and is_fax(events[:start]) else 0


def count_until_next_run(pending: Sequence[Pending], moment: int) -> int:
    """Return how many of the first pending events do not belong to a run that began after a moment.

    Where recordings overlap, later events are pending already when an earlier one arrives.
    """
    events = _events(pending)
    for at in range(bisect_right(pending, moment, key=observed_at), len(pending)):
        if events[at].event == NEWEXTEN and not _repeats(events[:at], events[at]):
            return at
        if (start := _start_by_variables(events, at)) is not None:
            return _first_of_moment(events, start - 1) if _is_preceded_by_newexten(events, start) else start
    return len(pending)


def application(events: Iterable[Observation]) -> str:
    """Return the application of a run by its completion event, else by its beginning, else ''."""
    completed = (event.event for event in events if event.event in COMPLETIONS)
    begun = (APPLICATIONS.get(event.operation or "") for event in events if event.event in (NEWEXTEN, "FAXStatus"))
    return next(completed, None) or next(filter(None, begun), "")


def _start_by_variables(
    events: Sequence[Observation], at: int, initial: tuple[tuple[str, str], ...] = _INITIAL
) -> int | None:
    """Return where the run begins whose last initial variable is at this index; None if there is none."""
    if _variable(events[at]) != initial[0]:
        return None
    for variable in initial[1:]:
        at = _before(events, at)
        if at < 0 or _variable(events[at]) != variable:
            return None
    if initial is _INITIAL:
        while (before := _before(events, at)) >= 0 and _variable(events[before]) in _CLEARED:
            at = before
        if before >= 0 and _variable(events[before]) == _INITIAL[-1]:
            at = before
    return _first_of_moment(events, at)


def _before(events: Sequence[Observation], at: int) -> int:
    """Return the index of the last event of an earlier moment (an event that was imported twice is pending twice)."""
    return _first_of_moment(events, at) - 1


def _first_of_moment(events: Sequence[Observation], at: int) -> int:
    while at and events[at - 1].observed_at == events[at].observed_at:
        at -= 1
    return at


def _is_over(events: Sequence[Observation]) -> bool:
    """Return whether the events contain a result after the beginning of their run."""
    initial = [at for at, event in enumerate(events) if _is_initial(event)]
    results = [at for at, event in enumerate(events) if _variable(event) in (("FAXSTATUS", "FAILED"), _SUCCESS)]
    return bool(initial and results and results[-1] > initial[-1])


def _repeats(events: Sequence[Observation], newexten: Observation) -> bool:
    """Return whether Newexten names the same application with the same arguments as the last one among the events."""
    former = next((event for event in reversed(events) if event.event == NEWEXTEN), None)
    arguments = newexten.details.get("AppData")
    return bool(arguments and former and former.details.get("AppData") == arguments)


def _is_preceded_by_newexten(events: Sequence[Observation], start: int) -> bool:
    return start > 0 and events[start - 1].event == NEWEXTEN


def _is_newexten(event: Observation, channel: str | None) -> bool:
    """Return whether an event is a Newexten under this name; under another name it shows where the run went."""
    return event.event == NEWEXTEN and event.channel == channel


def _is_initial(event: Observation) -> bool:
    return _variable(event) == _INITIAL[0]


def _variable(event: Observation) -> tuple[str, str]:
    """Return name and value of the variable that an event sets, or two empty texts."""
    variable, value = event.details.get("Variable"), event.details.get("Value")
    if event.event != "VarSet" or not isinstance(variable, str) or not isinstance(value, str):
        return "", ""
    return variable, value


def _events(pending: Iterable[Pending]) -> list[Observation]:
    return [event for _, event in pending]
