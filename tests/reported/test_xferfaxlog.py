"""Lines of HylaFAX's xferfaxlog: given a line, expect a fax, another record, or a reason."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from faxstore.reported.fax import Item, Other, Rejected, ReportedFax
from faxstore.reported.xferfaxlog import read
from tests.kit.reported_lines import CLASSIC, line


def one(text: str) -> Item:
    (item,) = read(text.splitlines(keepends=True))
    return item


def fax(text: str) -> ReportedFax:
    item = one(text)
    assert isinstance(item, ReportedFax), item
    return item


def of(item: ReportedFax, *names: str) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name in names)


def test_the_log_of_a_classic_hylafax() -> None:
    found = [item for item in read(CLASSIC.splitlines(keepends=True)) if isinstance(item, ReportedFax)]
    names = (
        "started_local",
        "job",
        "account_code",
        "called_number",
        "pages",
        "duration_seconds",
        "result",
        "result_text",
    )
    assert [of(item, *names) for item in found] == [
        ("2008-03-30T03:09:00", "1", "anonymous", "5550100", 0, 0, "failed", "No local dialtone"),
        ("2008-03-30T03:14:00", "1", "anonymous", "5550100", 0, 0, "failed", "Unknown problem"),
        ("2008-03-30T03:35:00", "4", "anonymous", "05550100", 0, 4, "success", None),
        ("2008-03-30T03:38:00", "5", "cba", "05550100", 1, 42, "success", None),
    ]


def test_a_sent_fax_of_hylafax_plus() -> None:
    sent = fax(line())
    assert of(sent, "direction", "job", "account_code", "caller_number", "called_number", "remote_station_id") == (
        "sent", "45", "ann", "5550100", "5550123", "+49 30 5550123",
    )  # fmt: skip
    assert of(sent, "pages", "duration_seconds", "result", "session") == (2, Decimal(55), "success", None)
    assert sent.raw + "\n" == line()


def test_a_received_fax_is_under_no_job_and_no_owner() -> None:
    text = line(type="RECV", jobid="recvq/fax000000007.tif", jobtag='""', sender="fax", owner='""', jobinfo="")
    assert of(fax(text), "direction", "job", "account_code", "caller_number") == ("received", None, None, "5550100")


@pytest.mark.parametrize(("fields", "account"), [(14, None), (16, None), (17, "ann"), (18, "ann"), (19, "ann")])
def test_older_versions_have_fewer_fields(fields: int, account: str | None) -> None:
    text = line(fields, callid='"ann"') if fields == 17 else line(fields)
    assert of(fax(text), "account_code", "pages", "result") == (account, 2, "success")


@pytest.mark.parametrize(
    ("kind", "expected"), [("SEND", "sent"), ("PROXY", "sent"), ("RECV", "received"), ("POLL", "received")]
)
def test_the_types_that_are_faxes(kind: str, expected: str) -> None:
    assert fax(line(type=kind)).direction == expected


@pytest.mark.parametrize("kind", ["CALL", "PAGE", "SUBMIT", "UNSENT"])
def test_the_types_that_are_none(kind: str) -> None:
    assert one(line(type=kind, commid="", modem="")) == Other(kind)


@pytest.mark.parametrize(
    ("reason", "result", "text"),
    [
        ('""', "success", None),
        ('"OK"', "success", "OK"),  # of GOfax.IP
        ('"Busy signal detected {E001}"', "failed", "Busy signal detected {E001}"),
        ('"result unknown"', "unknown", None),
        ('"result unknown: HANGUP"', "unknown", "HANGUP"),
    ],
)
def test_only_no_reason_is_a_success(reason: str, result: str, text: str | None) -> None:
    assert of(fax(line(reason=reason)), "result", "result_text") == (result, text)


def test_zero_is_unknown_in_a_line_of_faxstore_only() -> None:
    own = "5f1c7a52-9c0e-5d5b-8a53-0d2f6a1b9c11"
    unknown = line(npages="0", conntime="00:00:00", reason='"result unknown"')
    assert of(fax(unknown), "pages", "duration_seconds", "session") == (0, 0, None)
    unknown = unknown.replace("000000123", own)
    assert of(fax(unknown), "pages", "duration_seconds", "session") == (None, None, UUID(own))
    assert fax(line(commid=own, npages="0", conntime="00:00:07", reason='"failed"')).pages == 0


@pytest.mark.parametrize(("text", "seconds"), [("0:09", 9), ("1:02:03", 3723), ("100:00:00", 360_000)])
def test_a_time_has_hours_or_not(text: str, seconds: int) -> None:
    assert fax(line(conntime=text)).duration_seconds == seconds


def test_a_time_that_hylafax_could_not_write_is_unknown() -> None:
    assert fax(line(conntime="??:??:??")).duration_seconds is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (line(13), "it has 13 fields separated by tabs, expected 14 or 16 to 20"),
        (line(type="FAX"), "its type is FAX, expected SEND, PROXY, RECV, POLL, CALL, PAGE, SUBMIT, UNSENT"),
        (line(date="13/45/08 03:09"), "its date is '13/45/08 03:09', expected MM/DD/YY HH:MM"),
        (line(npages="-1"), "its pages are '-1', expected a number"),
        (line(conntime="soon"), "its conntime is 'soon', expected HH:MM:SS"),
        (line().rstrip("\n"), "the file ends in the middle of it: import it again when it is complete"),
    ],
)
def test_a_wrong_line_has_a_reason(text: str, reason: str) -> None:
    assert one(text) == Rejected(1, reason)


def test_blank_lines_count_but_are_nothing() -> None:
    assert list(read(["\n", line(type="SUBMIT"), "\n", "x\n"]))[1:] == [
        Rejected(4, "it has 1 field separated by tabs, expected 14 or 16 to 20")
    ]


def test_a_year_of_two_digits_from_69_on_is_of_the_last_century() -> None:
    assert fax(line(date="12/31/98 23:59")).started_local == "1998-12-31T23:59:00"
    assert fax(line(date="01/01/30 00:00")).started_local == "2030-01-01T00:00:00"
