"""CSV of FusionPBX's v_fax_logs and of Asterisk's CDR: given rows, expect faxes, other calls, or reasons."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from faxstore.reported import cdr, v_fax_logs
from faxstore.reported.fax import Item, Other, Rejected, ReportedFax, WrongFormatError

Read = Callable[[Iterable[str]], Iterator[Item]]

FUSION = (
    "fax_log_uuid,domain_uuid,fax_success,fax_result_code,fax_result_text,fax_file,fax_ecm_used,fax_local_station_id,"
    "fax_document_transferred_pages,fax_document_total_pages,fax_bad_rows,fax_transfer_rate,fax_uri,fax_duration,"
    "fax_date,fax_epoch\n"
)
SENT = (
    "0b7a5c70-0000-4000-8000-000000000001,d0,1,0,OK,/fax/d0/100/sent/a.tif,on,us,2,3,7,14400,"
    "sofia/gateway/5d2e/5550123|sofia/gateway/77aa/5550123,61.5,2026-03-01 10:01:01+00,1772359261\n"
)
RECEIVED = (
    "0B7A5C70-0000-4000-8000-000000000002,d0,0,49,The call dropped prematurely,/fax/d0/100/inbox/b.tif,off,us,0,4,9,"
    "9600,,,2026-03-01 11:00:00+00,1772362800\n"
)
MASTER = (
    '"law","5550100","5550123","faxes","""Ann"" <5550100>","Local/1@faxes-1;2","","SendFAX","/fax/a.tif,z",'
    '"2026-03-01 10:00:00","2026-03-01 10:00:05","2026-03-01 10:01:05",65,60,"ANSWERED","DOCUMENTATION","177.1",""\n'
)
CUSTOM = (
    '"""Ann"" <5550100>","5550100","fax","in","PJSIP/t-1","","ReceiveFAX","/fax/b.tif","2026-03-01 11:00:00",'
    '"","2026-03-01 11:00:07","7","0","NO ANSWER","DOCUMENTATION","","177.2","",3\n'
)
TABLE = "calldate,clid,src,dst,lastapp,lastdata,duration,billsec,disposition,accountcode\n"


def faxes(read: Read, text: str) -> list[ReportedFax]:
    items = list(read(text.splitlines(keepends=True)))
    assert all(isinstance(item, ReportedFax) for item in items), items
    return [item for item in items if isinstance(item, ReportedFax)]


def of(item: ReportedFax, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name in names)


def test_a_sent_fax_of_fusionpbx_began_its_duration_before_its_row() -> None:
    (sent,) = faxes(v_fax_logs.read, FUSION + SENT)
    assert of(sent, "direction", "started_at", "duration_seconds", "pages", "result", "result_text") == (
        "sent", "2026-03-01T09:59:59.500000+00:00", Decimal("61.5"), 2, "success", "OK",
    )  # fmt: skip
    assert of(sent, "called_number", "account_code", "local_station_id", "job") == ("5550123", "d0", "us", None)
    assert json.loads(sent.raw)["fax_bad_rows"] == "7"


def test_a_received_fax_of_fusionpbx_has_its_pages_in_the_other_column() -> None:
    (received,) = faxes(v_fax_logs.read, FUSION + RECEIVED)
    assert of(received, "direction", "started_at", "duration_seconds", "pages", "result", "called_number") == (
        "received", "2026-03-01T11:00:00+00:00", None, 4, "failed", None,
    )  # fmt: skip
    assert received.key == ("0b7a5c70-0000-4000-8000-000000000002",)


def test_the_domain_of_a_joined_table_is_the_account() -> None:
    header, row = FUSION.replace("\n", ",domain_name\n"), SENT.replace("\n", ",example.com\n")
    assert faxes(v_fax_logs.read, header + row)[0].account_code == "example.com"


def test_a_call_of_cdr_csv_begins_with_its_answer() -> None:
    (sent,) = faxes(cdr.read, MASTER)
    names = ("direction", "started_local", "duration_seconds", "pages", "result", "account_code")
    assert of(sent, *names) == ("sent", "2026-03-01T10:00:05", 60, None, "unknown", "law")
    assert of(sent, "caller_number", "called_number") == ("5550100", "5550123")


def test_a_call_of_cdr_custom_without_an_answer_begins_with_the_call() -> None:
    (received,) = faxes(cdr.read, CUSTOM)
    assert of(received, "direction", "started_local", "duration_seconds", "account_code", "called_number") == (
        "received", "2026-03-01T11:00:00", 0, None, None,
    )  # fmt: skip


def test_a_table_of_calls_has_a_header() -> None:
    row = '2026-03-01 10:00:00+01,"Ann",5550100,5550123,txfax,/a.tif,10,4.5,ANSWERED,\n'
    (sent,) = faxes(cdr.read, TABLE + row)
    assert of(sent, "started_at", "started_local", "direction") == ("2026-03-01T10:00:05.500000+01:00", None, "sent")


@pytest.mark.parametrize("application", ["Dial", "Hangup", "System", ""])
def test_only_the_last_application_makes_a_fax(application: str) -> None:
    assert list(cdr.read([MASTER.replace("SendFAX", application)])) == [Other("calls")]


def test_optional_columns_may_be_missing() -> None:
    assert len(faxes(cdr.read, MASTER.replace(',"177.1",""', ""))) == 1


@pytest.mark.parametrize(
    ("read", "text", "line", "reason"),
    [
        (v_fax_logs.read, FUSION + SENT + "1,2\n", 3, "it has 2 columns, expected 16"),
        (v_fax_logs.read, FUSION + SENT.replace("1772359261", ""), 2, "it has no fax_epoch"),
        (v_fax_logs.read, FUSION + SENT.replace(",2,3,", ",two,3,"), 2,
         "fax_document_transferred_pages is 'two', expected a number"),
        (v_fax_logs.read, FUSION + SENT.replace("61.5", "-1"), 2,
         "fax_duration is '-1', expected a number of 0 or more"),
        (cdr.read, MASTER + MASTER.replace("2026-03-01 10:00:00", "0000-00-00 00:00:00"), 2,
         "its start is '0000-00-00 00:00:00', expected YYYY-MM-DD HH:MM:SS"),
        (cdr.read, MASTER + MASTER[:40] + "\n", 2, "it has 5 columns, expected 16"),
        (cdr.read, MASTER + MASTER.rstrip("\n"), 2,
         "the file ends in the middle of it: import it again when it is complete"),
    ],
)  # fmt: skip
def test_a_wrong_row_has_a_line_and_a_reason(read: Read, text: str, line: int, reason: str) -> None:
    *_, last = read(text.splitlines(keepends=True))
    assert last == Rejected(line, reason)


@pytest.mark.parametrize(
    ("read", "text", "reason"),
    [
        (v_fax_logs.read, "", "its first line lacks fax_log_uuid, fax_success"),
        (v_fax_logs.read, SENT, "its first line lacks fax_log_uuid, fax_success"),
        (cdr.read, "a,b\n", "its first line is no header with lastapp and start or calldate"),
        (cdr.read, TABLE + '"' + "x" * 200_000, "field larger than field limit"),
    ],
)
def test_another_format_is_recognised(read: Read, text: str, reason: str) -> None:
    with pytest.raises(WrongFormatError, match=reason):
        list(read(text.splitlines(keepends=True)))


def test_an_empty_file_has_no_calls() -> None:
    assert list(cdr.read([])) == []
