"""Faxes whose parties chose names that attack a page, on two servers with a gap, for tests of HTML."""

from __future__ import annotations

import psycopg

from tests.kit.given import append, completed, hangup, of_server, receiving, result
from tests.kit.given_attempts import DAY, HOUR, Attempt, append_attempts

HOSTILE = "\"><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">{{7*7}}&amp;"
"""A station id, as a remote fax may send it."""

SINCE, UNTIL = "2026-11-01", "2026-11-04"
"""A period that contains them."""


def append_hostile_faxes(database: psycopg.Connection) -> None:
    """A fax over a noisy line from a hostile station, others that succeed and fail, and a gap in the coverage."""
    append(
        database,
        of_server(-HOUR, "Polled"),
        receiving((0, 1, 0), (3, 1, 40), (6, 2, 5)),
        receiving((9, 2, 60), (12, 3, 0), data_rate=7200),
        result(12.5, "SUCCESS", "", "OK"),
        completed(13, 2, RemoteStationID=HOSTILE),
        hangup(13.5),
        of_server(HOUR, "Disconnected", Reason=HOSTILE, LastPolled=HOUR - 1),
        of_server(2 * HOUR, "Connected"),
        of_server(2 * HOUR + 1, "Polled"),
    )
    append_attempts(
        database,
        Attempt(DAY, "success", pages=1234, called=HOSTILE),
        Attempt(DAY + 60, "success", direction="received", pages=7),
        Attempt(DAY + 120, "failed", server="other"),
        Attempt(DAY + 180, "unknown", server="other", account=HOSTILE),
    )
