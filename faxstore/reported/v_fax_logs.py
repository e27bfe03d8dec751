"""FusionPBX's table v_fax_logs as CSV with a header (app/fax/app_config.php, hangup_rx.lua, hangup_tx.lua).

A row is written when a call has ended, so fax_epoch is the end of the fax; only sent ones have a fax_duration.  Of
received ones fax_document_transferred_pages is always 0, and fax_document_total_pages has their pages.  fax_bad_rows is
not read: it counts the last page only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from faxstore.reported.csv_rows import as_json, named, names_of, number, rows, whole_number
from faxstore.reported.fax import Item, Rejected, ReportedFax, WrongFormatError
from faxstore.visible import visible

NEEDED = ("fax_log_uuid", "fax_success", "fax_document_transferred_pages", "fax_document_total_pages", "fax_epoch")
"""Columns without which a file is none of this table."""

ACCOUNTS = ("accountcode", "domain_name", "domain_uuid")
"""The columns of the account, the first one that has a value; the table itself has only the last one."""

RESULTS = {"1": "success", "0": "failed"}


def read(lines: Iterable[str]) -> Iterator[Item]:
    """Yield an item per row.  Raises WrongFormatError if the first line is not the header."""
    found = rows(lines)
    names = names_of(next(found, (0, [""]))[1])
    if missing := [name for name in NEEDED if name not in names]:
        raise WrongFormatError(f"its first line lacks {', '.join(missing)}: export the table as CSV with a header")
    for line, cells in found:
        try:
            yield _fax(named(names, cells))
        except ValueError as error:
            yield Rejected(line, str(error))


def _fax(row: Mapping[str, str]) -> ReportedFax:
    if "fax_log_uuid" not in row:
        raise ValueError("it has no fax_log_uuid")
    direction = _direction(row)
    duration = number(row, "fax_duration")
    is_received = direction == "received"
    return ReportedFax(
        key=(row["fax_log_uuid"].lower(),),
        raw=as_json(row),
        result=RESULTS.get(row.get("fax_success", ""), "unknown"),
        result_text=row.get("fax_result_text"),
        started_at=_start(row, duration or Decimal(0)),
        direction=direction,
        account_code=next((row[name] for name in ACCOUNTS if name in row), None),
        called_number=None if is_received else _dialled(row.get("fax_uri", "")),
        local_station_id=row.get("fax_local_station_id"),
        pages=_pages(row, is_received),
        duration_seconds=duration,
    )


def _pages(row: Mapping[str, str], is_received: bool) -> int | None:
    transferred, total = (whole_number(row, f"fax_document_{name}_pages") for name in ("transferred", "total"))
    return total if is_received and not transferred else transferred


def _direction(row: Mapping[str, str]) -> str | None:
    """Return the direction: only a sent fax has a URI, and the file of a received one is in the folder inbox."""
    if "fax_uri" in row:
        return "sent"
    found = re.search(r"/(inbox|sent|temp)/", row.get("fax_file", ""))
    return ("received" if found[1] == "inbox" else "sent") if found else None


def _dialled(uri: str) -> str | None:
    """Return the number in a dial string such as sofia/gateway/ID/5550100 or user/5550100@domain, the first if any."""
    number = uri.partition("|")[0].rpartition("/")[2].partition("@")[0]
    return number if re.search(r"\d", number) else None


def _start(row: Mapping[str, str], duration: Decimal) -> str:
    end = number(row, "fax_epoch")
    if end is None:
        raise ValueError("it has no fax_epoch")
    try:
        return (datetime.fromtimestamp(float(end), UTC) - timedelta(seconds=float(duration))).isoformat()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"fax_epoch is {visible(row['fax_epoch'])!r:.40}, expected seconds since 1970") from error
