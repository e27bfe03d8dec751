"""Draws the pictures of this folder (`make pictures`): the screens of commands on a generated year, as SVG.

The faxes are those of `faxstore demo --year`, and some that are in progress.  Takes as long as that command.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from faxstore.demo.year import COLLECTOR, fill, first_day
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
from faxstore.store import embedded, migrate
from faxstore.store.append import Appender
from faxstore.store.database import Connection, connect

HERE = Path(__file__).parent
COLUMNS = 96
LINES = 19
MOST_LINES = 32
"""Of `show`, which has a line per change."""

IN_PROGRESS = (8, 31, 52, 70, 95)
"""Seconds that faxes have been in progress."""

_NOISY = """
select session_id from fax.sessions
where bad_lines > 20 and rate_falls > 0 and pages between 3 and 5 and result = 'success'
order by started_at desc limit 1
"""
FRAME = """\
<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
 font-size: {char_height}px; line-height: {line_height}px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>{lines}</defs>
<rect fill="#1b1f24" width="{terminal_width}" height="{terminal_height}" rx="8" />
<g transform="translate(9, 9)" clip-path="url(#{unique_id}-clip-terminal)">
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
        first = first_day(now)
        with connect(dsn) as connection:
            fill(connection, first, now, lambda share: print(f"\r{share:.0%}", end="", file=sys.stderr))
            append_in_progress(connection, datetime.now(UTC))
            ((noisy,),) = connection.execute(_NOISY).fetchall()
            lines = printed(lambda screen: show(connection, str(noisy), screen))
            draw("show", f"faxstore show {str(noisy)[:SHORT_ID]}", lines[:MOST_LINES])
            lines = printed(lambda screen: report(connection, "quality", first, screen))
            draw("quality", f"faxstore report quality --from {first} --bucket month --server generated2", lines)
        draw("watch", "faxstore watch", screen_of_watch(dsn))


def append_in_progress(connection: Connection, now: datetime) -> list[Record]:
    """Append what polls of faxes that began a while ago have shown by now; return the rest of the first two."""
    known: list[Record] = []
    rest: list[Record] = []
    for place, seconds in enumerate(IN_PROGRESS):
        server = SERVERS[place % len(SERVERS)]
        longest = max(faxes_of(server, now.date() - timedelta(days=7 + place)), key=lambda fax: fax.pages)
        fax = replace(longest, at=now - timedelta(seconds=seconds), done=longest.pages, failure=None)
        records = list(FaxRecords(fax, 9000 + place, life_of(server, now.date())).records())
        known += [record for record in records if record.observed_at < microseconds(now)]
        rest += records[-2:] if place < 2 else []
    Appender(connection, COLLECTOR).append(enumerate(known))
    return rest


def screen_of_watch(dsn: str) -> list[Text]:
    """Return the lines of `faxstore watch` after two faxes ended."""
    shown, found = LiveScreen(), looks(dsn, ())
    with connect(dsn) as connection:
        rest = append_in_progress(connection, datetime.now(UTC))
        shown.show(next(found))
        Appender(connection, COLLECTOR).append(enumerate(rest))
        shown.show(next(found))
    return shown.lines(COLUMNS, LINES)


def report(connection: Connection, name: str, since: date, screen: Screen) -> None:
    """Print a report by month."""
    about = asked(connection, Period.parse(since.isoformat(), None, "UTC"), ["generated2"], "month")
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
