"""Draws the pictures of this folder (`make pictures`): the screens of commands on generated faxes, as SVG.

The faxes are the last ones of `faxstore demo --year`, and some that are in progress.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from rich.console import Console
from rich.text import Text

from faxstore.demo.year import fill
from faxstore.demo.year_plan import SERVERS, faxes_of
from faxstore.demo.year_records import FaxRecords
from faxstore.demo.year_servers import life_of
from faxstore.observations import Record, microseconds
from faxstore.report.formats import Style
from faxstore.report.listing import SHORT_ID
from faxstore.report.live import looks
from faxstore.report.live_screen import LiveScreen
from faxstore.report.one_session import show
from faxstore.report.period_report import asked, print_report
from faxstore.report.period_reports import REPORTS
from faxstore.report.screen import Screen
from faxstore.settings.period import Period
from faxstore.spool.progress import Progress
from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from faxstore.store.database import Connection, connect

HERE = Path(__file__).parent
DAYS = 31
"""The faxes are those of this number of days at least, from the first day of a month on."""

COLUMNS = 96
LINES = 19
MOST_LINES = 32
"""Of `show`, which has a line per change."""

IN_PROGRESS = (28, 51, 62, 84)
"""Seconds that faxes have been in progress."""

ENDED = (3, 5)
"""Seconds since faxes ended."""

INGESTOR = "fax-host/1"

_NOISY = """
select session_id from fax.sessions
where bad_lines > 20 and rate_falls > 0 and pages between 3 and 5 and result = 'success'
order by started_at desc limit 1
"""
FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
 font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect fill="#1b1f24" width="{width}" height="{height}" rx="8" />
<g transform="translate(9, 24)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""
"""The picture of a terminal without a window, and without a font from elsewhere."""


def main() -> None:
    """Draw all pictures."""
    with (
        tempfile.TemporaryDirectory(prefix="faxstore-pictures-", dir="/tmp") as folder,
        embedded.running(Path(folder)) as dsn,
    ):
        migrate.upgrade(dsn)
        now = datetime.now(UTC)
        first = (now - timedelta(days=DAYS)).date().replace(day=1)
        with connect(dsn) as connection:
            for _ in range(2):  # the second time what became due meanwhile
                now = datetime.now(UTC)
                fill(connection, first, now, lambda share: print(f"\r{share:.0%}", end="", file=sys.stderr))
            ((noisy,),) = connection.execute(_NOISY).fetchall()
            lines = printed(lambda screen: show(connection, str(noisy), screen))
            draw("show", f"faxstore show {str(noisy)[:SHORT_ID]}", lines[:MOST_LINES])
            lines = printed(lambda screen: report(connection, "usage", first, screen))
            draw("usage", f"faxstore report usage --from {first} --bucket week", lines)
        draw("watch", "faxstore watch", screen_of_watch(dsn))


def append_recent(connection: Connection, now: datetime) -> list[Record]:
    """Append what polls of some faxes have shown by now; return the ends of those that have ended."""
    known: list[Record] = []
    ends: list[Record] = []
    for place, seconds in enumerate((*IN_PROGRESS, *ENDED)):
        server = SERVERS[place % len(SERVERS)]
        week = (now.date() - timedelta(days=day) for day in range(7))
        faxes = sorted((fax for day in week for fax in faxes_of(server, day)), key=lambda fax: fax.pages)
        fax = replace(faxes[-1 - place], done=faxes[-1 - place].pages, failure=None, has_result=True)
        ended = timedelta(seconds=fax.seconds) if seconds in ENDED else timedelta()
        fax = replace(fax, at=now - timedelta(seconds=seconds) - ended)
        records = list(FaxRecords(fax, 9000 + place, life_of(server, now.date())).records())
        known += [record for record in records[:-4] if record.observed_at < microseconds(now)]
        ends += records[-4:] if ended else []
    Appender(connection, INGESTOR).append(enumerate(known), Progress(uuid4(), 0))
    return ends


def screen_of_watch(dsn: str) -> list[Text]:
    """Return the lines of `faxstore watch` after two faxes ended."""
    shown, found = LiveScreen(), looks(dsn, ())
    with connect(dsn) as connection:
        ends = append_recent(connection, datetime.now(UTC))
        shown.show(next(found))
        Appender(connection, INGESTOR).append(enumerate(ends))
        shown.show(next(found))
    return shown.lines(COLUMNS, LINES)


def report(connection: Connection, name: str, since: date, screen: Screen) -> None:
    """Print a report by week."""
    about = asked(connection, Period.parse(since.isoformat(), None, "UTC"), (), "week")
    print_report(connection, REPORTS[name], about, Style(), screen)


def printed(write: Callable[[Screen], None]) -> list[Text]:
    """Return the lines that a command prints on a terminal."""
    out = io.StringIO()
    write(Screen(out, COLUMNS))
    return [Text(line) for line in out.getvalue().splitlines()]


def draw(name: str, command: str, lines: Sequence[Text]) -> None:
    """Write a picture of a command and its lines."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text(f"$ {command}", "bold"))
    for line in lines:
        console.print(line, no_wrap=True, crop=True)
    console.save_svg(str(HERE / f"{name}.svg"), title=command, code_format=FRAME, unique_id=name)


if __name__ == "__main__":
    main()
