"""Where one run of a fax application on a channel ends and the next begins, judged by the channel's events.

Newexten reports that an application begins.  The AMI user may not receive it; then VarSet FAXERROR=INIT_ERROR marks the
beginning, if it directly follows the variables that a run clears first (res_fax.c, sendfax_exec and receivefax_exec).
A run that cannot reserve its session sets INIT_ERROR a second time, as its result ("error reserving fax session";
recording names-22).  That one is no beginning.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from faxstore.observations import Observation

COMPLETIONS = frozenset({"SendFAX", "ReceiveFAX"})
NEWEXTEN = "Newexten"


class Pending(NamedTuple):
    """An event that waits for its session, and its key in the spool."""

    key: int
    event: Observation


observed_at = attrgetter("event.observed_at")
"""The time of a pending event; pending events of a channel are sorted by it."""

_CLEARED = ("FAXSTATUS", "FAXPAGES", "FAXSTATUS")
"""The variables that a run sets right before INIT_ERROR, in this order (forwards and backwards)."""

_APPLICATIONS = {"send": "SendFAX", "receive": "ReceiveFAX"}


def count_of_earlier_run(pending: Sequence[Pending], event: Observation) -> int:
    """Return how many of the first pending events belong to an earlier run if this event begins a run, else 0."""
    if event.event != NEWEXTEN and not _is_init_error(event):
        return 0
    at = bisect_left(pending, event.observed_at, key=observed_at)
    if event.event == NEWEXTEN:
        # A dialplan may set LOCALSTATIONID for the next fax.
        return at if any(_variable(entry.event) != "LOCALSTATIONID" for entry in pending[:at]) else 0
    start = _start_of_run(pending, at)
    return start if start is not None and any(_is_init_error(entry.event) for entry in pending[:start]) else 0


def count_until_next_run(pending: Sequence[Pending], moment: int) -> int:
    """Return how many of the first pending events do not belong to a run that began after a moment.

    Where recordings overlap, later events are pending already when an earlier one arrives.
    """
    for at in range(bisect_right(pending, moment, key=observed_at), len(pending)):
        event = pending[at].event
        if event.event == NEWEXTEN:
            return at
        if _is_init_error(event) and (start := _start_of_run(pending, at)) is not None:
            return start
    return len(pending)


def begins(events: Iterable[Observation]) -> bool:
    """Return whether the events contain the beginning of a run.  FAXStatus comes only at the beginning (res_fax.c)."""
    return any(event.event in (NEWEXTEN, "FAXStatus") or _is_init_error(event) for event in events)


def application(events: Sequence[Observation]) -> str:
    """Return the application of a run by its completion event, else by its beginning, else ''."""
    completed = (event.event for event in events if event.event in COMPLETIONS)
    begun = (_APPLICATIONS.get(event.operation or "") for event in events if event.event in (NEWEXTEN, "FAXStatus"))
    return next(completed, None) or next(filter(None, begun), "")


def _start_of_run(pending: Sequence[Pending], at: int) -> int | None:
    """Return where the run begins whose INIT_ERROR is (or would be) at this index; None if it is a run's result."""
    for variable in _CLEARED:
        if at == 0 or _variable(pending[at - 1].event) != variable:
            return None
        moment = pending[at - 1].event.observed_at
        while at and pending[at - 1].event.observed_at == moment:  # an event that was imported twice is pending twice
            at -= 1
    return at


def _is_init_error(event: Observation) -> bool:
    return _variable(event) == "FAXERROR" and event.details.get("Value") == "INIT_ERROR"


def _variable(event: Observation) -> str:
    variable = event.details.get("Variable") if event.event == "VarSet" else ""
    return variable if isinstance(variable, str) else ""
