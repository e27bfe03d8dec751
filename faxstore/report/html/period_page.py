"""`faxstore report html`: the page about a period, from its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from faxstore.counted import counted
from faxstore.report import period_report
from faxstore.report.columns import Column, cell_text, fields, percent
from faxstore.report.formats import Row
from faxstore.report.html.document import rendered
from faxstore.report.html.drawing import drawn
from faxstore.report.html.figures import PICTURED, SHOWN, Figures
from faxstore.report.html.period_plots import PLOTS
from faxstore.report.html.session_plot import session_plot
from faxstore.report.html.tables import Table, figure_text, table

LISTED = 50
"""The most rows of a table whose rows are not buckets of time."""

TITLES = {
    "worst": "Worst faxes",
    "peers": "Peers",
    "failures": "Faxes without success by class",
    "coverage": "Servers",
    "usage": "Faxes and pages by {bucket}",
    "quality": "Quality by {bucket}",
    "concurrency": "Faxes at once by {bucket}",
}
"""The tables of the page."""

MORE_COLUMNS = {
    "usage": fields("pages_sent", "pages_received", "pages_gateway"),
    "failures": (Column("share", lambda row: percent(row["share"])),),
    "peers": (Column("bad lines, share", lambda row: percent(row["bad_line_ratio_estimated"])),),
}
"""What a table of the page has beside the columns of the table on a terminal."""


@dataclass(frozen=True)
class Fact:
    """A figure at the top of the page."""

    name: str
    figure: str
    note: str


@dataclass(frozen=True)
class Picture:
    """A plot with its texts; `name` is that of the table behind it."""

    title: str
    meaning: str
    picture: Any
    nothing: str = ""
    name: str = ""


@dataclass(frozen=True)
class Listed:
    """A table with its title."""

    name: str
    title: str
    note: str
    table: Table
    is_open: bool


def page(found: Figures, lacking: Sequence[str]) -> Iterator[str]:
    """The text of the page, in pieces; `lacking` has the reasons why faxes of the period are absent."""
    return rendered(
        "period.html",
        title="Fax report",
        head=[*_head(found), *(f"Not in this report, because {line}." for line in lacking)],
        facts=list(_facts(found)),
        plots=[_picture(found, plot) for plot in PLOTS],
        worst=list(_worst(found)),
        lists=[_listed(found, name) for name in TITLES],
    )


def _head(found: Figures) -> Iterator[str]:
    since, until = (f"{found.moments[name]:%Y-%m-%d %H:%M}" for name in ("since", "until"))
    yield f"{since} to {until}, {found.about.period.time_zone}"
    servers = found.about.servers
    yield f"{counted(len(servers), 'servers')}: {cell_text(servers)}" if servers else "no server is on record"
    yield f"made {cell_text(found.moments['made_at'])} UTC. An empty cell is unknown or not measurable, never zero."


def _facts(found: Figures) -> Iterator[Fact]:
    totals = {name: figure_text(value) or "unknown" for name, value in found.totals.items()}
    yield Fact("Faxes", totals["sessions"], f"{totals['sent']} sent, {totals['received']} received")
    yield Fact("Pages", totals["pages"], f"{totals['pages_sent']} sent, {totals['pages_received']} received")
    succeeded = percent(found.totals["success_rate"]) or "unknown"
    yield Fact("Succeeded", succeeded, f"{totals['failures']} failed, {totals['unknown_ends']} unknown")
    busiest = max(found.rows["concurrency"], key=lambda row: row["peak"], default=None)
    if busiest:
        yield Fact("Most at once", figure_text(busiest["peak"]), f"{found.bucket} from {busiest['label']}")
    polled = [row for row in found.rows["coverage"] if row["share_covered"] is not None]
    least = min(polled, key=lambda row: row["share_covered"], default=None)
    if least:
        yield Fact("Least observed", percent(least["share_covered"]), cell_text(least["server"]))
    else:
        yield Fact("Observed", "unknown", "no server was polled")


def _picture(found: Figures, plot: Any) -> Picture:
    spec = plot.spec(found)
    picture = drawn(spec) if spec else None
    return Picture(plot.title, plot.meaning, picture, plot.nothing, plot.name)


def _worst(found: Figures) -> Iterator[Picture]:
    for fax in found.rows["worst"][:PICTURED]:
        pages, changes = (
            [row for row in rows if row["session_id"] == fax["session_id"]] for rows in (found.pages, found.changes)
        )
        spec = session_plot(fax, pages, changes)
        title = f"{cell_text(fax['started_at'])} UTC"
        yield Picture(title, meaning_of(fax), drawn(spec))


def meaning_of(fax: Row) -> str:
    """The parties and the quality of a fax, in one line."""
    is_sent = fax["direction"] == "sent"
    other = cell_text(fax["called_number" if is_sent else "caller_number"]) or "unknown"
    lines = counted((fax["bad_lines"] or 0) + (fax["bad_lines_discarded"] or 0), "bad lines")
    if fax["bad_lines"] is None and fax["bad_lines_discarded"] is None:
        lines = "bad lines not measurable"
    falls = counted(fax["rate_falls"] or 0, "rate falls")
    return f"{cell_text(fax['server'])}, {'to' if is_sent else 'from'} {other}: {lines}, {falls}, {fax['result']}"


def _listed(found: Figures, name: str) -> Listed:
    report, rows = SHOWN[name], found.rows[name]
    shown = rows if report.is_by_time else rows[:LISTED]
    note = counted(len(rows), "rows")
    if len(shown) < len(rows):
        note = f"the first {LISTED} of {note}; faxstore report {name} prints all"
    columns = [*period_report.table_columns(report, found.about, shown), *MORE_COLUMNS.get(name, ())]
    title = TITLES[name].format(bucket=found.bucket)
    return Listed(name, title, note, table(shown, columns), is_open=not report.is_by_time)
