"""A resolved observation: a row of fax.session_history."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from faxstore.observations import Observation
from faxstore.sessions.application_runs import DIAL_BEGIN, PRELUDES, Pending
from faxstore.sessions.channel import Channel
from faxstore.sessions.fax import Fax
from faxstore.sessions.identity import variables_id
from faxstore.sessions.unlisted_faxes import call_of


class Resolved(NamedTuple):
    """An observation with its session and epoch: a row of fax.session_history."""

    key: int | None
    """Its place in the spool.  None if faxstore derived the observation (Gone)."""
    observation: Observation
    session_id: UUID
    epoch_id: UUID
    is_prelude: bool = False
    """Whether it precedes the start of its fax."""
    is_fax: bool = True
    """False: a variable of a call without a fax."""


def rows_without_fax(channel: Channel, former: Fax | None, events: list[Pending]) -> list[Resolved]:
    """Return events that prove no fax as rows of the former fax of the call, else of the call."""
    if former is not None:
        return [Resolved(key, event, former.session_id, channel.epoch) for key, event in events]
    return [
        Resolved(key, event, variables_id(event.life.server, call_of(channel, event)), channel.epoch, is_fax=False)
        for key, event in events
    ]


def rows_of_run(run: list[Pending], session_id: UUID, epoch: UUID, start_is_known: bool) -> list[Resolved]:
    """Return the events of a run as rows of its session.

    A DialBegin is its prelude.  If its start was not observed, its variables are, because they may be the dialplan's.
    """
    prelude = {DIAL_BEGIN} if start_is_known else PRELUDES
    return [Resolved(key, event, session_id, epoch, is_prelude=event.event in prelude) for key, event in run]
