"""Jobs in recordings of operators' cases (tests/field)."""

from __future__ import annotations

from pathlib import Path

import psycopg

from faxstore.ingest.importer import import_file
from tests.kit.given import of, read

FIELD = Path(__file__).parents[2] / "field"


def test_sendfax_again_with_sound_after_t38_failed_is_one_job(database: psycopg.Connection) -> None:
    """The dialplan runs SendFAX twice on one channel; the second attempt gets through."""
    import_file(database, str(FIELD / "c09-retry-same-channel.jsonl.gz"), "pbx", lambda _: None)
    (row,) = read(database, "select * from fax.jobs")
    assert of(row, "direction", "account_code", "file_names") == ("sent", "acme", ["/out/job61.tif"])
    assert of(row, "attempts", "succeeded", "result", "pages", "transport") == (2, True, "success", 2, "G.711")
    assert row["last_attempt_at"] > row["first_attempt_at"]
