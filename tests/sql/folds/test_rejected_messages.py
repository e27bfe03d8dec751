"""fax.rejected_messages: each unparsable message once, as received."""

from __future__ import annotations

import psycopg

from faxstore.observations import Rejected
from tests.kit.given import append, at, moment, of, read


def test_an_unparsable_message_is_stored_as_received(database: psycopg.Connection) -> None:
    append(database, Rejected("pbx", moment(0), "no header", "Gar\udcffbage\n"), collector="host1")
    (row,) = read(database, "select * from fax.rejected_messages")
    assert of(row, "server", "observed_at", "reason", "collector_id") == ("pbx", at(0), "no header", "host1")
    assert bytes(row["raw"]) == b"Gar\\udcffbage\n"


def test_a_repeated_message_is_stored_once(database: psycopg.Connection) -> None:
    one, two = Rejected("pbx", moment(0), "no header", "garbage"), Rejected("pbx", moment(0), "no header", "rubbish")
    append(database, one, two, one)
    append(database, two, collector="another")
    assert read(database, "select count(*) from fax.rejected_messages") == [{"count": 2}]
