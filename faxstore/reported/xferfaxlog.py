"""HylaFAX's activity log xferfaxlog (xferfaxlog(5F), faxd/FaxAcctInfo.c++): a line of tab-separated fields per event.

HylaFAX writes up to 19 fields, HylaFAX+ a 20th with the counts of the job, and older versions fewer; the first 14 have
the same places in all since HylaFAX 4.0.  SEND is an attempt to send, RECV and POLL a received document.  HylaFAX+
writes PROXY for an attempt that it left to another server.  Other types are no faxes: calls (CALL), messages to pagers
(PAGE), jobs that were submitted (SUBMIT) or ended without success (UNSENT), whose attempts have lines of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from faxstore.counted import counted
from faxstore.reported.fax import Item, Other, Rejected, ReportedFax
from faxstore.visible import visible

DIRECTIONS = {"SEND": "sent", "PROXY": "sent", "RECV": "received", "POLL": "received"}
"""The direction of a fax, by type of record."""

OTHERS = frozenset(("CALL", "PAGE", "SUBMIT", "UNSENT"))
"""The types of records of something else."""

FIELDS = (14, 16, 17, 18, 19, 20)
"""The numbers of fields that versions write."""

_DATE, _TYPE, _COMMID, _JOB, _TAG, _SENDER, _DEST, _STATION = 0, 1, 2, 4, 5, 6, 7, 8
_PAGES, _CONNTIME, _REASON, _NUMBER = 10, 12, 13, 15

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A session_id, which faxstore's own export has as commid; HylaFAX's are decimal numbers."""
_TIME = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,2}):(\d{2})|\?\?:\?\?:\?\?)")
_UNKNOWN = re.compile(r"result unknown(?:: (.*))?")
"""The reason that faxstore's own export has for an unknown result."""


def read(lines: Iterable[str]) -> Iterator[Item]:
    """Yield an item per line; blank lines have none."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _item(line)
            except ValueError as error:
                yield Rejected(number, str(error))


def _item(line: str) -> Item:
    """Return the item of a line.  Raises ValueError with what is wrong with it."""
    if not line.endswith("\n"):
        raise ValueError("the file ends in the middle of it: import it again when it is complete")
    fields = line.rstrip("\r\n").split("\t")
    if len(fields) not in FIELDS:
        raise ValueError(f"it has {counted(len(fields), 'fields')} separated by tabs, expected 14 or 16 to 20")
    kind = fields[_TYPE]
    if kind in OTHERS:
        return Other(kind)
    if kind not in DIRECTIONS:
        raise ValueError(f"its type is {visible(kind)}, expected {', '.join((*DIRECTIONS, *sorted(OTHERS)))}")
    return _fax(line.rstrip("\r\n"), fields, DIRECTIONS[kind])


def _fax(line: str, fields: list[str], direction: str) -> ReportedFax:
    own = _ID.fullmatch(fields[_COMMID])
    result, text = _result(_text(fields, _REASON) or "")
    pages, seconds = _pages(fields[_PAGES]), _seconds(fields[_CONNTIME])
    is_sent = direction == "sent"
    return ReportedFax(
        key=(line,),
        raw=line,
        result=result,
        result_text=text,
        started_local=_start(fields[_DATE]),
        direction=direction,
        job=_text(fields, _JOB) if is_sent else None,
        account_code=_text(fields, _owner(fields) if is_sent else _TAG),
        caller_number=_text(fields, _NUMBER) or (_text(fields, _SENDER) if is_sent and own else None),
        called_number=_text(fields, _DEST),
        remote_station_id=_text(fields, _STATION),
        # 0 stands for unknown too in a line of faxstore
        pages=None if own and result == "unknown" and not pages else pages,
        duration_seconds=(seconds or None) if own else seconds,
        session=UUID(own[0]) if own else None,
    )


def _owner(fields: list[str]) -> int:
    """Return the place of the owner: before the CallIDs had a field of their own, it was the 17th field."""
    return 16 if len(fields) == 17 else 17


def _text(fields: list[str], place: int) -> str | None:
    """Return a field without its quotes; None if it is empty or the version has no such field."""
    return (fields[place].strip('"').replace('\\"', '"') or None) if place < len(fields) else None


def _start(text: str) -> str:
    try:
        return datetime.strptime(text, "%m/%d/%y %H:%M").isoformat()  # 69 to 99 are of the last century
    except ValueError as error:
        raise ValueError(f"its date is {visible(text)!r:.40}, expected MM/DD/YY HH:MM") from error


def _pages(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise ValueError(f"its pages are {visible(text)!r:.40}, expected a number")
    return int(text)


def _seconds(text: str) -> Decimal | None:
    """Return the seconds of H:MM:SS or M:SS; None of ??:??:??, which HylaFAX writes for more than a year."""
    if not (found := _TIME.fullmatch(text)):
        raise ValueError(f"its conntime is {visible(text)!r:.40}, expected HH:MM:SS")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return None if found[3] is None else Decimal(hours * 3600 + minutes * 60 + seconds)


def _result(reason: str) -> tuple[str, str | None]:
    """Return result and text: no reason is a success, and so is OK, which GOfax.IP writes."""
    if unknown := _UNKNOWN.fullmatch(reason):
        return "unknown", unknown[1]
    return ("success" if reason in ("", "OK") else "failed"), reason or None
