"""Where one run of a fax application on a channel ends and the next begins, by its events alone.

Newexten tells that an application begins.  Without it, VarSet FAXERROR=INIT_ERROR does, right after the variables
that res_fax.c (sendfax_exec, receivefax_exec) clears: that is how each run starts.  A run whose session cannot be
reserved says INIT_ERROR once more, as its result ("error reserving fax session", names-22 among the recordings).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from faxstore.observations import Observation

COMPLETIONS = frozenset({"SendFAX", "ReceiveFAX"})
NEWEXTEN = "Newexten"

Waiting = Sequence[tuple[int, Observation]]
"""Events of one channel with their keys, in the order of their moments."""

_CLEARED = ("FAXSTATUS", "FAXPAGES", "FAXSTATUS")
"""The variables that a run sets right before INIT_ERROR, in that order (it reads the same both ways)."""

_APPLICATIONS = {"send": "SendFAX", "receive": "ReceiveFAX"}


def earlier(waiting: Waiting, event: Observation) -> int:
    """How many of these, the first ones, are of an earlier run than the one that this event begins."""
    if event.event != NEWEXTEN and not _is_init_error(event):
        return 0
    at = sum(seen.observed_at < event.observed_at for _, seen in waiting)
    if event.event == NEWEXTEN:
        return at if any(_tells_of_a_run(seen) for _, seen in waiting[:at]) else 0
    start = _start(waiting, at)
    return start if start is not None and any(_is_init_error(seen) for _, seen in waiting[:start]) else 0


def until_next(waiting: Waiting, moment: int) -> int:
    """How many of these are not of a run that began after this moment.

    A piece of a recording that overlaps the one before brings what lies before the events that wait.
    """
    for at, (_, seen) in enumerate(waiting):
        if seen.observed_at > moment and seen.event == NEWEXTEN:
            return at
        if seen.observed_at > moment and _is_init_error(seen) and (start := _start(waiting, at)) is not None:
            return start
    return len(waiting)


def _start(waiting: Waiting, at: int) -> int | None:
    """Where the run starts whose INIT_ERROR is at this place; None: that is a result, not a start."""
    for variable in _CLEARED:
        if at == 0 or _variable(waiting[at - 1][1]) != variable:
            return None
        moment = waiting[at - 1][1].observed_at
        while at and waiting[at - 1][1].observed_at == moment:  # an event that was imported before waits twice
            at -= 1
    return at


def begins(events: Iterable[Observation]) -> bool:
    """Whether the beginning of a run is among these; FAXStatus comes at the beginning alone (res_fax.c)."""
    return any(seen.event in (NEWEXTEN, "FAXStatus") or _is_init_error(seen) for seen in events)


def application(events: Sequence[Observation]) -> str:
    """The application that a run tells: by its completion, else by its beginning; empty where nothing does."""
    completed = (seen.event for seen in events if seen.event in COMPLETIONS)
    begun = (_APPLICATIONS.get(seen.operation or "") for seen in events if seen.event in (NEWEXTEN, "FAXStatus"))
    return next(completed, None) or next(filter(None, begun), "")


def _tells_of_a_run(seen: Observation) -> bool:
    # A dialplan may set LOCALSTATIONID for the fax to come.
    return _variable(seen) != "LOCALSTATIONID"


def _is_init_error(seen: Observation) -> bool:
    return _variable(seen) == "FAXERROR" and seen.details.get("Value") == "INIT_ERROR"


def _variable(seen: Observation) -> str:
    variable = seen.details.get("Variable") if seen.event == "VarSet" else ""
    return variable if isinstance(variable, str) else ""
