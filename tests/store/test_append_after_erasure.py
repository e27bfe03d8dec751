"""What is observed again, or goes on, after an erasure adds no second session and no second row.

Events name only their channel, and the erasure removed that name.
"""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from msgspec.structs import replace

from faxstore.capture import recording as capture
from faxstore.ingest.importer import import_file
from faxstore.reader.line_reader import LineReader
from faxstore.store.append import Appender
from tests.kit.given import (
    FILE,
    Row,
    append,
    begins,
    channel_status,
    completed,
    hangup,
    of,
    on_channel,
    read,
    receiving,
    the_session,
)

TESTS = Path(__file__).parents[1]
RECORDINGS = [
    TESTS / name
    for name in (
        "calls/transfers-22.jsonl.gz",
        "calls/variables-16.jsonl.gz",
        "captures/failures-22.jsonl.gz",
        "captures/detect-22.jsonl.gz",
        "field/c08-dahdi-reuse.jsonl.gz",
    )
]
ALL = {
    "session": "select * from fax.session order by session_id",
    "session_history": "select * from fax.session_history order by position",
}


def stored(database: psycopg.Connection) -> dict[str, list[Row]]:
    return {name: read(database, query) for name, query in ALL.items()}


def erase_all(database: psycopg.Connection) -> None:
    database.execute("select fax.erase_sessions(array(select session_id from fax.session), 'asked for')")


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name.split(".")[0])
def test_an_import_of_the_same_recording_adds_nothing(database: psycopg.Connection, recording: Path) -> None:
    import_file(database, str(recording), "pbx", lambda _: None)
    erase_all(database)
    before = stored(database)
    assert import_file(database, str(recording), "pbx", lambda _: None).repeats > 0
    assert stored(database) == before


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.name.split(".")[0])
def test_records_appended_again_in_small_batches_add_nothing(database: psycopg.Connection, recording: Path) -> None:
    """As an ingestor does after a failover; each of these batches is of an ingestor that has just started."""
    line_reader = LineReader("pbx")
    records = [record for line in capture.read(str(recording)) for record in line_reader.feed(line)]
    Appender(database, "one").append(enumerate(records))
    erase_all(database)
    before = stored(database)
    for first in range(0, len(records), 40):
        Appender(database, "one").append(enumerate(records[first : first + 40]))
    assert stored(database) == before


def test_a_fax_that_was_erased_while_open_completes(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0), (5, 2, 0)), channel_status(1, AccountCode="sales"))
    erase_all(database)
    append(database, completed(9, 2))
    fax = the_session(database)
    assert of(fax, "pages", "end_observed_by", "account_code", "channel") == (2, "completion", "sales", None)


def test_an_erased_fax_completes_under_another_name(database: psycopg.Connection) -> None:
    """An attended transfer; the fax is erased between the hangup of its channel and its completion event."""
    called = {"AppData": FILE, "AccountCode": "office"}
    append(database, begins(0, "ReceiveFAX", **called), receiving((1, 1, 0)))
    append(database, hangup(5), receiving((6, 2, 0)))
    erase_all(database)
    ended = on_channel(
        8, "ReceiveFAX", {"AccountCode": "sales"}, operation="receive", channel="PJSIP/phone-2", uniqueid="9.9"
    )
    append(database, replace(ended, pages_received=2, file_name=FILE))
    fax = the_session(database)
    assert of(fax, "pages", "end_observed_by", "account_code") == (2, "completion", "office")
    erase_all(database)
    assert the_session(database) == {**fax, "file_names": None}


def test_a_name_that_is_listed_again_is_not_stored_again(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 0)), channel_status(1))
    erase_all(database)
    append(database, receiving((2, 1, 0)))
    assert the_session(database)["channel"] is None
