"""A history to seal: received faxes with all kinds of events, in two months, with more rows than one block."""

from __future__ import annotations

from typing import Any

import psycopg
from msgspec.structs import replace

from faxstore.billing import verification
from faxstore.log import seal
from faxstore.log.signing import Signing
from faxstore.observations import Record
from faxstore.store.database import connect
from faxstore.verify.checks import CHECKS, findings
from faxstore.verify.findings import Finding, Scope
from tests.kit.given import append, begins, channel_status, completed, gone, receiving, snapshot, status, variable

MONTH = 31 * 86400
SECRETS = ("555010", "Ada Lovelace", "letter-of-", "PJSIP/trunk-")
"""Text that occurs only in personal values of these faxes."""


def fax(number: int, begin: float, rows: int = 10) -> list[Record]:
    """A fax on a channel of its own; polls observe all but its last page."""
    channel = f"PJSIP/trunk-{number:08x}"
    called: dict[str, Any] = {
        "CallerIDNum": f"555010{number % 10}",
        "CallerIDName": "Ada Lovelace",
        "AccountCode": "acme",
    }
    steps = [(begin + 1 + n, 1 + n * 3 // rows, n % 3) for n in range(rows)]
    file = f"/fax/letter-of-{number}.tif"
    events = [
        begins(begin, "ReceiveFAX", AppData=file, **called),
        channel_status(begin + 1.5, number, DNID="5550199", Linkedid="17936.1", **called),
        variable(begin + rows + 1, "FAXSTATUS", "SUCCESS"),
        variable(begin + rows + 1.1, "REMOTESTATIONID", "+1 555 0100"),
        status(begin + rows + 1.2, "FAX Transmission In Progress", LocalStationID="+1 555 0199"),
        completed(
            begin + rows + 2,
            3,
            RemoteStationID="+1 555 0100",
            ChanVariable=["FAXSTATUS=SUCCESS", "LOCALSTATIONID=+1 555 0199", "FAXERROR="],
            **called,
        ),
    ]
    begun, *later = [replace(event, channel=channel, uniqueid=f"17936.{number}") for event in events]
    return [begun, *receiving(*steps, number=number, channel=channel, file_name=file), *later]


def a_history(connection: psycopg.Connection, faxes: int = 30, first: int = 0) -> None:
    """Appends faxes, every other one in the next month."""
    for number in range(first, first + faxes):
        append(connection, fax(number, number * 60 + (number % 2) * MONTH))
    append(connection, snapshot(9e4, 9999, file_name=None), gone(9e4 + 1, 9999))


def sealed(dsn: str, **options: Any) -> tuple[int, str]:
    """Seals; returns the number of new rows, and the note."""
    with connect(dsn) as connection:
        signing = Signing(options.get("key"), options.get("old_key"), options.get("start", False))
        found = seal.seal(connection, options.get("origin", "faxstore/test"), signing, lambda *_: None)
    assert found is not None
    return found


def verified(dsn: str, **scope: Any) -> list[Finding]:
    """Verifies; returns the findings."""
    with connect(dsn) as connection:
        return list(findings(connection, Scope(**scope), (*CHECKS, verification.check)))


def verified_rows(dsn: str, **scope: Any) -> list[Finding]:
    """Verifies without the check of the catalog: the test disabled triggers to change rows."""
    return [one for one in verified(dsn, **scope) if one.check != "catalog"]


def as_lines(found: list[Finding]) -> list[str]:
    """Returns findings as the lines that faxstore verify prints."""
    return [f"{one.check}: {one.where}: {one.what}" for one in found]


def sizes(dsn: str) -> list[int]:
    """Returns the sizes of the checkpoints, in order."""
    with psycopg.connect(dsn) as connection:
        return [size for (size,) in connection.execute("select size from fax.checkpoint order by 1")]
