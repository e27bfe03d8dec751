"""Ids of epochs and sessions.

Ids are computed from what was observed and not drawn at random, so that the same observation has the same epoch and
session wherever it is appended.
"""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID, uuid5

from faxstore.observations import MICROSECONDS, Life

NAMESPACE = UUID("5b1f6f0e-8a55-5d0c-9a53-0d1f6a7c4a11")
"""Namespace of all ids of faxstore.  Changing it would change the id of every session."""


def epoch_id(life: Life) -> UUID:
    """Return the id for an epoch that is not stored yet, from its server and the best evidence of its start.

    A start in UTC is rounded to whole seconds.  The store looks for an epoch that starts within 2 s first, so only the
    first observer of a start uses this id.
    """
    if life.started_at is not None:
        start = f"start {round(life.started_at / MICROSECONDS)}"
    elif life.startup_text is not None:
        start = f"text {life.startup_text}"
    else:
        start = f"seen {life.first_seen}"
    if life.reloaded_at is not None:
        start += f" reload {round(life.reloaded_at / MICROSECONDS)}"
    return uuid5(NAMESPACE, f"epoch\n{life.server}\n{start}")


@lru_cache(maxsize=2_000)
def session_id(epoch: UUID, session_number: int) -> UUID:
    """Return the id of a listed session.  The epoch's id stands for server and epoch."""
    return uuid5(NAMESPACE, f"session\n{epoch}\n{session_number}")


def unlisted_id(server: str, uniqueid: str, application: str, ordinal: int) -> UUID:
    """Return the id of a fax that no list showed: run number `ordinal` (from 0) of the application on a channel."""
    return uuid5(NAMESPACE, f"unlisted\n{server}\n{uniqueid}\n{application}\n{ordinal}")


def variables_id(server: str, uniqueid: str) -> UUID:
    """Return the id for the variables of a call that ran no fax: a dialplan set them.  No view shows it."""
    return uuid5(NAMESPACE, f"variables\n{server}\n{uniqueid}")
