"""The screen of `faxstore watch`: the faxes in progress, the last ones that ended, and a footer about the watching."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from operator import itemgetter

from rich.text import Text

from faxstore.counted import counted
from faxstore.errors import UnreachableError
from faxstore.report.columns import Column, Long, cell_text
from faxstore.report.formats import Row
from faxstore.report.layout import cut, layout
from faxstore.report.listing import SHORT_ID
from faxstore.report.live import Look
from faxstore.report.live_text import appended, bad_lines_so_far, lasting, polled
from faxstore.report.session_list import other_end

STALE = 60
"""Seconds without an observation after which a fax in progress is dim."""

MOST_ENDED = 5
"""The number of ended faxes that are shown."""

TROUBLE = "bold red"

_ENDS = ("direction", "caller_number", "called_number")


def _last_seen(row: Row) -> str:
    return f"{lasting(row['seconds_since_observed'])} ago" if _is_stale(row) else ""


def _is_stale(row: Row) -> bool:
    return row["seconds_since_observed"] is None or row["seconds_since_observed"] > STALE


_SESSION = Column("session", lambda row: str(row["session_id"])[:SHORT_ID], ("session_id",), rank=10)
_SERVER = Column("server", itemgetter("server"), ("server",), rank=2)
_OTHER_END = Column("other end", other_end, _ENDS, rank=3, least=len("from +493012345678"))

LIVE = (
    _SESSION,
    _SERVER,
    Column("direction", itemgetter("direction"), ("direction",), rank=8, least=len("received")),
    _OTHER_END,
    Column("page", itemgetter("page"), ("page",), rank=1),
    Column("bit/s", itemgetter("last_data_rate"), ("last_data_rate",), rank=5, least=len("14400")),
    Column("bad lines", bad_lines_so_far, ("bad_lines", "page_bad_lines"), rank=6),
    Column("seconds", itemgetter("seconds"), ("seconds",), rank=4),
    Column("last seen", _last_seen, ("seconds_since_observed",), rank=9),
)
ENDED = (
    _SESSION,
    Column("ended (UTC)", lambda row: cell_text(row["ended_at"]).rpartition(" ")[2], ("ended_at",), rank=7),
    _SERVER,
    _OTHER_END,
    Column("pages", itemgetter("pages"), ("pages",), rank=4),
    Column("bad lines", itemgetter("bad_lines"), ("bad_lines",), rank=6),
    Column("result", itemgetter("result"), ("result",), rank=1),
    Column("reason", lambda row: row["result_text"] if row["result"] == "failed" else None, ("result_text",), rank=8,
           long=Long.CUT_END),
)  # fmt: skip


class LiveScreen:
    """What the screen shows, after each look."""

    def __init__(self) -> None:
        self._look: Look | None = None
        self._error: UnreachableError | None = None
        self._looked_at = ""
        self._ended: deque[Row] = deque(maxlen=MOST_ENDED)

    def show(self, found: Look | UnreachableError) -> None:
        """Show a look.  An error of the database leaves the last one on the screen, with its time."""
        if isinstance(found, UnreachableError):
            self._error = found
            return
        self._look, self._error = found, None
        self._looked_at = f"{datetime.now(UTC):%H:%M:%S} UTC"
        self._ended.extendleft(found.ended)

    def lines(self, width: int, height: int) -> list[Text]:
        """Return the lines of a terminal of this size, from the top to the bottom."""
        if self._look is None:
            return []
        footer = [Text(cut(text, width, keep_end=False), style) for text, style in self._footer(self._look)]
        ended = ["", *_table(ENDED, self._ended, width)] if self._ended else []
        room = height - len(footer) - len(ended) - 1
        if room < 4:  # the faxes in progress are more important
            room, ended = room + len(ended), []
        body = [self._title(self._look, width), *_live(self._look.live, width, room), *map(Text, ended)]
        blank = [Text()] * (height - len(body) - len(footer))
        return [*body, *blank, *footer][-height:]

    def _title(self, look: Look, width: int) -> Text:
        number = counted(len(look.live), "faxes") if look.live else "no fax"
        title = f"{number} in progress"
        return Text(f"{title}{self._looked_at:>{max(width - len(title), 0)}}", "bold")

    def _footer(self, look: Look) -> list[tuple[str, str]]:
        text, is_trouble = polled(look.watching)
        lines = [(text, TROUBLE if is_trouble else "dim"), (f"{appended(look.watching)} · q quits", "dim")]
        if self._error is not None:
            lines[0] = (f"database: connection lost ({self._error}); retrying", TROUBLE)
        return lines


def _live(rows: Sequence[Row], width: int, room: int) -> list[Text]:
    """The lines of the faxes in progress; of those for which there is no room, their number."""
    if not rows:
        return []
    titles, rule, *lines = _table(LIVE, rows, width)
    shown = len(rows) if len(lines) + 2 <= room else max(room - 3, 0)
    drawn = [Text(line, "dim" if _is_stale(row) else "") for row, line in zip(rows[:shown], lines, strict=False)]
    more = [Text(f"and {len(rows) - shown} more", "dim")] if shown < len(rows) else []
    return [Text(titles, "bold"), Text(rule, "dim"), *drawn, *more]


def _table(columns: Sequence[Column], rows: Sequence[Row] | deque[Row], width: int) -> list[str]:
    shape = layout(columns, list(rows), width)
    return [shape.titles, "─" * shape.width, *shape.lines(rows)]
