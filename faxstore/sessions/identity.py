"""The identities that are computed rather than given out: the same observation, wherever it is
appended, names the same epoch and the same session."""

from __future__ import annotations

from uuid import UUID, uuid5

from faxstore.observations import MICROSECONDS, Life

NAMESPACE = UUID("5b1f6f0e-8a55-5d0c-9a53-0d1f6a7c4a11")
"""Of faxstore; changing it would rename every session."""


def epoch_id(life: Life) -> UUID:
    """The id of an epoch that nobody has named before: from its server, and the best evidence of its start.

    The UTC start counts in whole seconds.  The store looks for an epoch that starts within 2 s first, so
    this id is only used by the first observer of a start.
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


def session_id(epoch: UUID, session_number: int) -> UUID:
    """The id of a listed session; the epoch's id stands for server and epoch."""
    return uuid5(NAMESPACE, f"session\n{epoch}\n{session_number}")


def unlisted_id(server: str, uniqueid: str, application: str, ordinal: int) -> UUID:
    """The id of a fax that no list showed: the ordinal-th (from 0) of that application's runs on a channel."""
    return uuid5(NAMESPACE, f"unlisted\n{server}\n{uniqueid}\n{application}\n{ordinal}")
