"""The texts of `faxstore watch` about faxes and servers, for its screen and for its lines in a pipe."""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.counted import counted
from faxstore.report.columns import cell_text
from faxstore.report.formats import Row
from faxstore.report.listing import SHORT_ID
from faxstore.report.live import Watching
from faxstore.report.session_list import other_end

_UNITS = ((86_400, "days"), (3_600, "hours"), (60, "minutes"))
_MOST_NAMES = 3
"""Servers that are named; of more, the number."""


def lasting(seconds: int) -> str:
    """Return a duration in its largest unit: "12 minutes"."""
    for length, unit in _UNITS:
        if seconds >= length:
            return counted(seconds // length, unit)
    return f"{max(seconds, 0)} s"


def polled(watching: Watching) -> tuple[str, bool]:
    """Return which servers are not polled now, and whether that is a reason to worry."""
    lost = [row for row in watching.servers if row["reason"]]
    if not watching.servers:
        return "no server has been polled yet", True
    number = counted(len(watching.servers), "servers")
    if not lost:
        return f"{number} polled", False
    named = ", ".join(_gap(row) for row in lost[:_MOST_NAMES])
    more = f" and {len(lost) - _MOST_NAMES} more" if len(lost) > _MOST_NAMES else ""
    return f"{len(lost)} of {number} not polled: {named}{more}", True


def _gap(row: Row) -> str:
    over = "over " if row["seconds"] >= 3_600 else ""
    return f"{cell_text(row['server'])} for {over}{lasting(row['seconds'])} ({row['reason']})"


def appended(watching: Watching) -> str:
    """Return when an ingestor last appended from its spool."""
    last = watching.last_append
    if last is None:
        return "no ingestor has appended from its spool yet"
    host = cell_text(last["collector_id"].rpartition("/")[0] or last["collector_id"])
    return f"the spool of {host} was last appended {lasting(last['seconds'])} ago"


def live_line(row: Row) -> str:
    """Return a fax in progress as one line."""
    page, lines = f"page {row['page']}" if row["page"] else "", bad_lines_so_far(row)
    facts = [page, *_rate(row), f"{lines} bad lines" if lines else "", f"{row['seconds']} s"]
    return f"{_fax(row)}  {', '.join(filter(None, facts))}"


def ended_line(row: Row) -> str:
    """Return a fax that has ended as one line."""
    pages = "" if row["pages"] is None else counted(row["pages"], "pages")
    seconds = "" if row["duration_seconds"] is None else f"{cell_text(row['duration_seconds'])} s"
    reason = f" ({cell_text(row['result_text'])})" if row["result"] == "failed" and row["result_text"] else ""
    facts = [f"ended: {row['result']}{reason}", pages, *_bad_lines(row), seconds]
    return f"{_fax(row)}  {', '.join(filter(None, facts))}"


def _fax(row: Row) -> str:
    parties = f"{row['direction'] or 'fax'} {cell_text(other_end(row))}"
    return f"{str(row['session_id'])[:SHORT_ID]}  {cell_text(row['server'])}  {parties}"


def _rate(row: Row) -> Iterator[str]:
    if row["last_data_rate"]:
        yield f"{row['last_data_rate']} bit/s"


def _bad_lines(row: Row) -> Iterator[str]:
    if row["bad_lines"] is not None:
        yield counted(row["bad_lines"], "bad lines")


def bad_lines_so_far(row: Row) -> str:
    """Return the bad lines on the complete pages, and those on the current page: "4+1"; empty if not measurable."""
    return "" if row["page_bad_lines"] is None else f"{row['bad_lines'] or 0}+{row['page_bad_lines']}"
