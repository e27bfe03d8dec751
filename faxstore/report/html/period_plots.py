"""The plots on the page about a period: the title of each, what it means, and what it draws of the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from faxstore.counted import counted
from faxstore.report.columns import cell_text, percent
from faxstore.report.formats import Row
from faxstore.report.html import plots
from faxstore.report.html.drawing import Spec
from faxstore.report.html.figures import Figures

MOST = 8
"""The most peers, classes or servers in a plot; the table behind it has more."""


@dataclass(frozen=True)
class Plot:
    """A plot of a report."""

    name: str
    """The name of the report whose rows are in the table behind it."""
    title: str
    meaning: str
    nothing: str
    """What the page says if there is nothing to draw."""
    spec: Callable[[Figures], Spec | None]
    """The specification, None if there is nothing to draw."""


def _pages(found: Figures) -> Spec | None:
    rows = found.rows["usage"]
    series = {"pages_sent": "sent", "pages_received": "received", "pages_gateway": "gateway"}
    drawn = {name: title for name, title in series.items() if any(row[name] for row in rows)}
    return plots.bars_by_time(rows, found.bucket, drawn) if drawn else None


def _failures(found: Figures) -> Spec | None:
    rows = found.rows["failures"][:MOST]
    lines = [(_class(row), row["sessions"], f"{row['sessions']:,} · {percent(row['share'])}") for row in rows]
    return plots.ranking(lines) if lines else None


def _class(row: Row) -> str:
    return cell_text(row["result_class"] or "no result").replace("_", " ")


def _seconds_per_page(found: Figures) -> Spec | None:
    rows = found.rows["quality"]
    is_known = any(row["seconds_per_page"] is not None for row in rows)
    return plots.line_by_time(rows, found.bucket, "seconds_per_page") if is_known else None


def _peers(found: Figures) -> Spec | None:
    used = [row for row in found.rows["peers"] if row["bad_line_ratio_estimated"] is not None][:MOST]
    rows = sorted(used, key=itemgetter("bad_line_ratio_estimated"), reverse=True)
    lines = [(_peer(row), row["bad_line_ratio_estimated"], percent(row["bad_line_ratio_estimated"])) for row in rows]
    return plots.ranking(lines) if lines else None


def _peer(row: Row) -> str:
    return f"{cell_text(row['peer']) or 'unknown'} · {cell_text(row['transport']) or 'unknown transport'}"


def _concurrency(found: Figures) -> Spec | None:
    rows = found.rows["concurrency"]
    return plots.peaks_by_time(rows, found.bucket) if any(row["peak"] for row in rows) else None


def _coverage(found: Figures) -> Spec | None:
    polled = sorted(
        (row for row in found.rows["coverage"] if row["from_at"] is not None), key=itemgetter("share_covered")
    )[:MOST]
    texts = [f"{percent(row['share_covered'])} · {counted(row['gaps'], 'gaps')}" for row in polled]
    bounds = found.moments["since"], found.moments["until"]
    return plots.tracks(polled, texts, found.rows["gaps"], bounds, found.bucket) if polled else None


PLOTS: Sequence[Plot] = (
    Plot("usage", "Pages", "Sent, received, or carried by gateways.", "No page was reported.", _pages),
    Plot(
        "failures",
        "Faxes without success",
        "By class, with the share of all faxes that ended; “no result” is unknown.",
        "No fax ended without success.",
        _failures,
    ),
    Plot(
        "quality",
        "Seconds per page",
        "Mean of the pages whose start and end polls observed.",
        "No poll observed the start and end of a page.",
        _seconds_per_page,
    ),
    Plot(
        "peers",
        "Bad lines by peer",
        "Estimated share of bad lines, where receivers without ECM counted them; the most used peers, the worst first.",
        "No page was received without ECM.",
        _peers,
    ),
    Plot("concurrency", "Faxes at once", "The highest number (bar) and the mean (line).", "No fax.", _concurrency),
    Plot(
        "coverage",
        "Coverage",
        "Time since the first poll of a server; gaps are coloured. The least observed servers.",
        "No server was polled.",
        _coverage,
    ),
)
"""The plots, in the order of the page."""
