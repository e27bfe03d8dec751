"""The bytes of each format in version 1.  They must not change: old batches are rendered again with them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from faxstore.billing.formats import BillingFormat, file_name, renderer
from faxstore.errors import UsageError

STARTED = datetime(2026, 10, 31, 23, 59, 58, tzinfo=UTC)


def a_line(**other: Any) -> dict[str, Any]:
    """A row of fax.export_line."""
    line: dict[str, Any] = {
        "consumer": "default", "batch": 7, "line": 1, "session_id": UUID(int=1), "revision": 1, "supersedes": None,
        "supersedes_batch": None, "supersedes_line": None, "changed": [], "server": "pbx 1", "session_number": 4,
        "direction": "sent", "account_code": "law", "caller_number": "+4930", "called_number": "+4940",
        "local_station_id": 'Müller, "Fax"', "remote_station_id": "a\nb\x1b[2J", "uniqueid": "1.7", "linkedid": None,
        "started_at": STARTED, "ended_at": STARTED + timedelta(seconds=61.5), "end_observed_by": "completion",
        "duration_seconds": Decimal("61.500000"), "pages": 2, "bad_lines": None, "transport": "T.38",
        "last_data_rate": 14400, "result": "success", "result_class": "success", "bad_lines_lower_bound": None,
        "overlaps_gap": False, "snapshots": 60, "first_position": 1, "last_position": 61, "previous_direction": None,
        "previous_account_code": None, "previous_ended_at": None, "previous_duration_seconds": None,
        "previous_pages": None, "previous_bad_lines": None, "previous_transport": None, "previous_result": None,
        "salt": b"", "personal_digest": b"", "digest": b"", "erased_at": None,
    }  # fmt: skip
    return line | other


def a_correction(**other: Any) -> dict[str, Any]:
    """A correction of that fax: it now has an account code and one more page."""
    values: dict[str, Any] = {
        "line": 2, "revision": 2, "supersedes": 1, "supersedes_batch": 6, "supersedes_line": 40,
        "changed": ["account_code", "pages"], "previous_direction": "sent", "previous_account_code": None,
        "previous_ended_at": STARTED + timedelta(seconds=61.5), "previous_duration_seconds": Decimal("61.500000"),
        "previous_pages": 1, "previous_bad_lines": None, "previous_transport": "T.38", "previous_result": "success",
    }  # fmt: skip
    return a_line(**values | other)


def rendered(form: BillingFormat, *lines: dict[str, Any]) -> bytes:
    return b"".join(renderer(form)(lines))


CSV = (
    "batch,line,session_id,revision,supersedes,supersedes_batch,supersedes_line,changed,server,session_number,direction,"
    "account_code,caller_number,called_number,local_station_id,remote_station_id,uniqueid,linkedid,started_at,ended_at,"
    "end_observed_by,duration_seconds,pages,bad_lines,transport,last_data_rate_bits_per_second,result,result_class,"
    "bad_lines_lower_bound,overlaps_gap,snapshots,first_position,last_position,previous_direction,previous_account_code,"
    "previous_ended_at,previous_duration_seconds,previous_pages,previous_bad_lines,previous_transport,previous_result\r\n"
    "7,1,00000000-0000-0000-0000-000000000001,1,,,,,pbx 1,4,sent,law,+4930,+4940,"
    '"Müller, ""Fax""","a\nb\x1b[2J",1.7,,2026-10-31T23:59:58+00:00,2026-11-01T00:00:59.500000+00:00,completion,'
    "61.500000,2,,T.38,14400,success,success,,false,60,1,61,,,,,,,,\r\n"
    "7,2,00000000-0000-0000-0000-000000000001,2,1,6,40,account_code pages,pbx 1,4,sent,law,+4930,+4940,"
    '"Müller, ""Fax""","a\nb\x1b[2J",1.7,,2026-10-31T23:59:58+00:00,2026-11-01T00:00:59.500000+00:00,completion,'
    "61.500000,2,,T.38,14400,success,success,,false,60,1,61,sent,,2026-11-01T00:00:59.500000+00:00,61.500000,1,,T.38,success\r\n"
)


def test_csv() -> None:
    assert rendered(BillingFormat.CSV, a_line(), a_correction()).decode() == CSV


def test_jsonl() -> None:
    first, second = rendered(BillingFormat.JSONL, a_line(), a_correction()).splitlines()
    assert first.startswith(
        b'{"batch": 7, "line": 1, "session_id": "00000000-0000-0000-0000-000000000001", "revision": 1,'
        b' "supersedes": null, "supersedes_batch": null, "supersedes_line": null, "changed": [], "server": "pbx 1",'
        b' "session_number": 4, "direction": "sent", "account_code": "law", "caller_number": "+4930",'
        b' "called_number": "+4940", "local_station_id": "M\\u00fcller, \\"Fax\\"",'
        b' "remote_station_id": "a\\nb\\u001b[2J", "uniqueid": "1.7", "linkedid": null,'
        b' "started_at": "2026-10-31T23:59:58+00:00", "ended_at": "2026-11-01T00:00:59.500000+00:00",'
        b' "end_observed_by": "completion", "duration_seconds": 61.5, "pages": 2, "bad_lines": null,'
    )
    corrected = json.loads(second)
    assert (corrected["changed"], corrected["previous_pages"], corrected["pages"]) == (["account_code", "pages"], 1, 2)


def test_a_new_fax_is_one_usage_event() -> None:
    assert rendered(BillingFormat.CLOUDEVENTS, a_line()) == (
        b'{"specversion": "1.0", "type": "faxstore.fax", "source": "pbx%201",'
        b' "id": "00000000-0000-0000-0000-000000000001/1", "time": "2026-10-31T23:59:58+00:00", "subject": "law",'
        b' "datacontenttype": "application/json", "data": {"faxes": 1, "pages": 2, "bad_lines": null, "seconds": 61.5,'
        b' "account_code": "law", "direction": "sent", "transport": "T.38", "result": "success",'
        b' "ended_at": "2026-11-01T00:00:59.500000+00:00", "session_id": "00000000-0000-0000-0000-000000000001",'
        b' "revision": 1, "batch": 7, "line": 1}}\n'
    )


def test_a_correction_is_a_reversal_and_a_new_event() -> None:
    """The reversal subtracts the page without an account; the new event counts two pages for law."""
    reversal, new = map(json.loads, rendered(BillingFormat.CLOUDEVENTS, a_correction()).splitlines())
    assert (reversal["id"][-11:], new["id"][-2:]) == ("/2/reversal", "/2")
    assert (reversal["subject"], reversal["data"]["faxes"], reversal["data"]["pages"]) == ("unassigned", -1, -1)
    assert (new["subject"], new["data"]["faxes"], new["data"]["pages"]) == ("law", 1, 2)
    assert reversal["data"]["seconds"] + new["data"]["seconds"] == 0


def test_a_withdrawn_fax_has_a_reversal_only() -> None:
    (reversal,) = map(json.loads, rendered(BillingFormat.CLOUDEVENTS, a_correction(direction="detector")).splitlines())
    assert reversal["data"]["faxes"] == -1


def test_usage_events_contain_no_personal_value() -> None:
    events = rendered(BillingFormat.CLOUDEVENTS, a_line(), a_correction())
    assert [value for value in (b"+4930", b"+4940", b"ller", b"[2J") if value in events] == []


@pytest.mark.parametrize("form", [BillingFormat.JSONL, BillingFormat.CLOUDEVENTS])
def test_json_cannot_steer_a_terminal(form: BillingFormat) -> None:
    data = rendered(form, a_line(server="\x1b]0;x\x07\u202e", account_code="\x9b2J\u2028"))
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in data)


def test_a_newer_version_is_refused() -> None:
    with pytest.raises(UsageError, match="csv version 2 is newer than this faxstore: upgrade faxstore"):
        renderer("csv", 2)


def test_file_names_sort_in_the_order_of_the_batches() -> None:
    names = [file_name("a", batch, "csv") for batch in (1, 9, 10, 999_999)]
    assert names == sorted(names)
    assert file_name("usage", 12, "cloudevents") == "billing-usage-000012.cloudevents.jsonl"
