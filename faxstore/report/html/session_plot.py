"""The picture of one session: its pages, and above them the bad lines of the current page and the data rate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from faxstore.report.formats import Row
from faxstore.report.html.drawing import ACCENT, INK, LINE, PAPER, SOFT, Spec

HEIGHT = 108
RATES = 36
"""The height of the line of rates, at the top."""
BAND = 16
"""The height of the band of pages, at the bottom."""
MOST_NUMBERED = 20
"""The most pages that have room for their numbers."""


def session_plot(session: Row, pages: Sequence[Row], changes: Sequence[Row]) -> Spec:
    """The picture of a session with its rows of fax.session_pages and fax.session_timeline; seconds from its start."""
    start = session["started_at"]
    moments = [change["observed_at"] for change in changes]
    ended = max([*moments, *(page["page_ended_at"] for page in pages if page["page_ended_at"])], default=start)
    seconds = max((ended - start).total_seconds(), 1)
    x: Spec = {
        "field": "from",
        "type": "quantitative",
        "scale": {"domain": [0, seconds], "nice": False},
        "axis": {"tickCount": 5, "labelExpr": "datum.label + ' s'", "labelPadding": 4},
    }
    return {
        "height": HEIGHT + 20,
        "resolve": {"scale": {"y": "independent"}},
        "layer": [
            *_pages(_placed_pages(pages, start, ended), x),
            *_courses(_placed_snapshots(changes, start, ended), x),
        ],
    }


def _placed_pages(pages: Sequence[Row], start: datetime, ended: datetime) -> list[Spec]:
    """The pages that polls observed, with the seconds at which they began and ended."""
    bounds = [(page, page["page_started_at"] or ended, page["page_ended_at"] or ended) for page in pages]
    return [
        {"page": str(page["page"]), **_between(began, end, start), "middle": _seconds(began + (end - began) / 2, start)}
        for page, began, end in bounds
        if began < end
    ]


def _placed_snapshots(changes: Sequence[Row], start: datetime, ended: datetime) -> list[Spec]:
    """The rate and the bad lines from each snapshot to the next one; `new_rate` is the text of a rate that is new."""
    snapshots = [change for change in changes if change["event"] == "FAXSession"]
    ends = [change["observed_at"] for change in snapshots[1:]] + [ended]
    before = [None] + [change["data_rate"] for change in snapshots[:-1]]
    return [
        {
            **_between(change["observed_at"], end, start),
            "rate": change["data_rate"],
            "new_rate": "" if change["data_rate"] in (None, previous) else str(change["data_rate"]),
            "bad_lines": change["bad_lines"] or 0,
        }
        for change, end, previous in zip(snapshots, ends, before, strict=False)
    ]


def _between(began: datetime, ended: datetime, start: datetime) -> Spec:
    return {"from": _seconds(began, start), "to": _seconds(ended, start)}


def _seconds(moment: datetime, start: datetime) -> float:
    return (moment - start).total_seconds()


def _pages(pages: list[Spec], x: Spec) -> list[Spec]:
    """The band of pages, with their numbers as far as there is room."""
    band: Spec = {"y": {"value": HEIGHT - BAND}, "y2": {"value": HEIGHT}}
    numbered = pages if len(pages) <= MOST_NUMBERED else []
    return [
        {
            "data": {"values": pages},
            "mark": {"type": "rect", "color": LINE, "stroke": PAPER, "strokeWidth": 1},
            "encoding": {"x": x, "x2": {"field": "to"}, **band},
        },
        {
            "data": {"values": numbered},
            "mark": {"type": "text", "fontSize": 10, "color": INK, "baseline": "middle"},
            "encoding": {
                "x": {**x, "field": "middle"},
                "y": {"value": HEIGHT - BAND / 2},
                "text": {"field": "page"},
            },
        },
    ]


def _courses(snapshots: list[Spec], x: Spec) -> list[Spec]:
    """The bad lines of the current page as areas, and the rate as a line with its values."""
    y: Spec = {"type": "quantitative", "axis": None}
    below, above = ({"scale": {"range": place}} for place in ([HEIGHT - BAND - 2, RATES + 6], [RATES, 14]))
    lines: Spec = {"x2": {"field": "to"}, "y": {"field": "bad_lines", **y, **below}, "y2": {"datum": 0}}
    rate: Spec = {"y": {"field": "rate", **y, **above}}
    step = {"type": "line", "interpolate": "step-after", "color": SOFT, "strokeWidth": 1}
    text = {"type": "text", "align": "left", "dy": -6, "fontSize": 10, "color": SOFT}
    return [
        {
            "data": {"values": snapshots},
            "encoding": {"x": x},
            "layer": [{"mark": {"type": "rect", "color": ACCENT}, "encoding": lines}],
        },
        {
            "data": {"values": snapshots},
            "encoding": {"x": x, **rate},
            "layer": [{"mark": step}, {"mark": text, "encoding": {"text": {"field": "new_rate"}}}],
        },
    ]
