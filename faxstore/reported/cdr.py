"""Asterisk's call detail records as CSV: Master.csv of cdr_csv or cdr_custom, or a table of calls with a header.

A call is recognised as a fax by its last application, SendFAX or ReceiveFAX (earlier TxFAX or RxFAX): the dialplan ran
nothing after it.  Other calls are no faxes, also those of which another application was the last one.  A record has
neither pages nor a result, and its seconds are those of the call from its answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain

from faxstore.reported.csv_rows import as_json, named, names_of, number, rows
from faxstore.reported.fax import Item, Other, Rejected, ReportedFax, WrongFormatError
from faxstore.visible import visible

APPLICATIONS = {"sendfax": "sent", "txfax": "sent", "receivefax": "received", "rxfax": "received"}
"""The direction of a fax, by the name of the application in lower case."""

_COMMON = "lastapp lastdata start answer end duration billsec disposition amaflags"
LAYOUTS = {
    9: f"accountcode src dst dcontext clid channel dstchannel {_COMMON} uniqueid userfield peeraccount linkedid"
    " sequence",
    8: f"clid src dst dcontext channel dstchannel {_COMMON} accountcode uniqueid userfield sequence",
}
"""The columns of a file without a header, by the place of the start: of cdr_csv, and of cdr_custom's sample."""

FEWEST = 16
"""The columns that each file without a header has; the last ones are optional."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}.*")


class _Lines:
    """The lines of a file, and whether the last one that was taken is cut off."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = lines
        self.is_cut = False

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.is_cut = not line.endswith("\n")
            yield line


def read(lines: Iterable[str]) -> Iterator[Item]:
    """Yield an item per call.  Raises WrongFormatError if the columns are unknown."""
    taken = _Lines(lines)
    found = rows(taken)
    if (first := next(found, None)) is None:
        return
    names = ["start" if name == "calldate" else name for name in names_of(first[1])]
    is_log = not {"lastapp", "start"} <= set(names)
    for line, cells in chain((first,), found) if is_log else found:
        try:
            if is_log and taken.is_cut:
                raise ValueError("the file ends in the middle of it: import it again when it is complete")
            yield _item(named(_layout(first[1])[: max(len(cells), FEWEST)] if is_log else names, cells))
        except ValueError as error:
            yield Rejected(line, str(error))


def _layout(cells: list[str]) -> list[str]:
    """Return the names of the columns of a file without a header, by the place of the first time."""
    places = [place for place, cell in enumerate(cells) if _MOMENT.fullmatch(cell)]
    if not places or places[0] not in LAYOUTS:
        raise WrongFormatError(
            "its first line is no header with lastapp and start or calldate, and has no time as its 9th or 10th column"
        )
    return LAYOUTS[places[0]].split()


def _item(row: Mapping[str, str]) -> Item:
    application = row.get("lastapp", "").lower()
    if application not in APPLICATIONS:
        return Other("calls")
    direction = APPLICATIONS[application]
    billed = number(row, "billsec")
    start = _moment(row.get("start", ""))
    begin = start + timedelta(seconds=float((number(row, "duration") or Decimal(0)) - billed)) if billed else start
    called = row.get("dst", "")
    return ReportedFax(
        key=(application, *(row.get(name, "") for name in ("start", "channel", "src", "dst", "lastdata"))),
        raw=as_json(row),
        result="unknown",
        direction=direction,
        started_at=begin.isoformat() if begin.tzinfo else None,
        started_local=None if begin.tzinfo else begin.isoformat(),
        account_code=row.get("accountcode"),
        caller_number=row.get("src"),
        called_number=called if re.search(r"\d", called) else None,  # not of an extension such as s or fax
        duration_seconds=billed,
    )


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"its start is {visible(text)!r:.40}, expected YYYY-MM-DD HH:MM:SS") from error
