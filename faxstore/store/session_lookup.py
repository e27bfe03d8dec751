"""The stored epochs and sessions, as faxstore.sessions asks for them."""

from __future__ import annotations

from uuid import UUID

from faxstore import sql
from faxstore.observations import Life, Listing, Observation, moment
from faxstore.sessions.channel import Fax
from faxstore.sessions.lookup import Runs
from faxstore.store.database import Connection
from faxstore.store.epochs import Epochs

_LAST_ON_CHANNEL = sql.text("queries/store/last_on_channel")
_RUNS_OF_UNIQUEID = sql.text("queries/store/runs_of_uniqueid")
_MISSING = "select session_id, session_number from fax.find_gone_sessions(%s, %s, %s::bigint[])"


class StoredSessions:
    """The SessionLookup of one database."""

    def __init__(self, connection: Connection, collector_id: str) -> None:
        self._connection = connection
        self._epochs = Epochs(connection, collector_id)

    def epoch(self, life: Life) -> UUID:
        """Return the epoch of a life; create it if no observer has reported it yet."""
        return self._epochs.resolve(life)

    def known_epoch(self, life: Life) -> UUID | None:
        """Return the epoch of a life, or None if it is not stored."""
        return self._epochs.find(life)

    def latest_fax(self, epoch: UUID, event: Observation) -> Fax | None:
        """Return the last fax that began on the event's channel by the time of the event, as it was at that time."""
        parameters = {
            "epoch": epoch,
            "channel": event.channel,
            "uniqueid": event.uniqueid,
            "moment": moment(event.observed_at),
        }
        row = self._connection.execute(_LAST_ON_CHANNEL, parameters).fetchone()
        return Fax.stored(*row) if row else None

    def runs(self, server: str, uniqueid: str, at: int) -> Runs:
        """Return the faxes of a server's Uniqueid as of a moment (microseconds)."""
        parameters = {"server": server, "uniqueid": uniqueid, "moment": moment(at)}
        rows = self._connection.execute(_RUNS_OF_UNIQUEID, parameters).fetchall()
        under_way = next((session for session, _, goes_on in rows if goes_on), None)
        return Runs(under_way, frozenset(session for session, before, _ in rows if before))

    def missing(self, epoch: UUID, listing: Listing) -> list[tuple[UUID, int]]:
        """Return id and SessionNumber of each open session of the epoch that a complete list does not contain."""
        parameters = [epoch, moment(listing.observed_at), list(listing.session_numbers)]
        return self._connection.execute(_MISSING, parameters).fetchall()
