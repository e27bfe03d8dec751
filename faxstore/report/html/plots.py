"""The plots of a period: rows of reports as Vega-Lite specifications.

Times are local ones of the period's time zone, as milliseconds of a clock without offset; Vega shows them as UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from faxstore.report.formats import Row
from faxstore.report.html.drawing import ACCENT, INK, LINE, PAPER, SECOND, SOFT, WIDTH, Spec

HEIGHT = 180
BAND = 36
"""The height of a line of names: a name and a text, and a bar below them."""

TIME_FORMATS = {
    "hour": {"hours": "%H:%M", "date": "%-d %b", "week": "%-d %b", "month": "%-d %b", "year": "%-d %b"},
    "day": "%-d %b",
    "week": "%-d %b",
    "month": "%b %Y",
}
"""How an axis shows a time, by the bucket of the rows (d3-time-format); of hours, midnight is the day."""

_NARROW: Spec = {"minExtent": 34, "maxExtent": 34}
"""The width of a vertical axis: a browser's font may be wider than that with which Vega measures labels."""

_BAND: Spec = {"y": {"field": "place", "type": "ordinal", "axis": None, "scale": {"padding": 0}}}
"""The line of a row."""


def bars_by_time(rows: Sequence[Row], bucket: str, series: Mapping[str, str]) -> Spec:
    """Bars of one figure or several above each other; `series` has the title of each, by its name in the rows."""
    points = [
        {**bounds, "series": title, "value": row[name]}
        for row, bounds in _timed(rows)
        for name, title in series.items()
        if row[name]
    ]
    most = max(sum(row[name] or 0 for name in series) for row in rows)
    colour: Spec = {"field": "series", "type": "nominal", "scale": {"domain": list(series.values())}}
    return {
        "data": {"values": points},
        "height": HEIGHT,
        "transform": [{"stack": "value", "groupby": ["from"], "as": ["low", "high"]}],
        "mark": {"type": "rect", "stroke": PAPER, "strokeWidth": 0.5},
        "encoding": {
            **_time(rows, bucket),
            "y": {"field": "low", "type": "quantitative", "axis": _counts(most)},
            "y2": {"field": "high"},
            "color": colour,
        },
    }


def line_by_time(rows: Sequence[Row], bucket: str, name: str) -> Spec:
    """A line with a point in the middle of each bucket; it is interrupted where the figure is unknown."""
    points = [{**bounds, "middle": _middle(bounds), "value": row[name]} for row, bounds in _timed(rows)]
    time = _time(rows, bucket)["x"]
    return {
        "data": {"values": points},
        "height": HEIGHT,
        "mark": {"type": "line", "point": True, "invalid": "break-paths-show-domains"},
        "encoding": {
            "x": {**time, "field": "middle"},
            "y": {"field": "value", "type": "quantitative", "axis": {"tickCount": 4, **_NARROW}},
        },
    }


def peaks_by_time(rows: Sequence[Row], bucket: str) -> Spec:
    """Bars of the highest number at once, and a line across each of them at the mean."""
    points = [{**bounds, "peak": row["peak"], "mean": row["mean"]} for row, bounds in _timed(rows) if row["peak"]]
    most = max(row["peak"] for row in rows)
    peak: Spec = {
        "mark": {"type": "rect", "color": SECOND, "stroke": PAPER, "strokeWidth": 0.5},
        "encoding": {"y": {"field": "peak", "type": "quantitative", "axis": _counts(most)}, "y2": {"datum": 0}},
    }
    mean: Spec = {
        "mark": {"type": "rule", "color": INK, "strokeWidth": 1.5},
        "encoding": {"y": {"field": "mean", "type": "quantitative"}},
    }
    time = _time(rows, bucket)
    return {"data": {"values": points}, "height": HEIGHT, "encoding": time, "layer": [peak, mean]}


def ranking(lines: Sequence[tuple[str, float, str]]) -> Spec:
    """A bar per name; each line is (name, figure, the figure as text)."""
    rows = [
        {"place": place, "name": name, "value": value, "text": text} for place, (name, value, text) in enumerate(lines)
    ]
    bar: Spec = {
        "mark": {"type": "bar", "height": 5, "yOffset": 7},
        "encoding": {"x": {"field": "value", "type": "quantitative", "axis": None}},
    }
    return {
        "data": {"values": rows},
        "height": BAND * len(rows),
        "encoding": _BAND,
        "layer": [bar, *_texts()],
    }


def tracks(
    servers: Sequence[Row], texts: Sequence[str], gaps: Sequence[Row], bounds: tuple[datetime, datetime], bucket: str
) -> Spec:
    """A track per server from its first poll on, with its gaps, and a text at its right."""
    since, until = map(_milliseconds, bounds)
    places = {row["server"]: place for place, row in enumerate(servers)}
    observed = [
        {"place": place, "name": row["server"], "text": text, **_between(row["from_at_local"], row["to_at_local"])}
        for (place, row), text in zip(enumerate(servers), texts, strict=True)
    ]
    missed = [
        {
            "place": places[gap["server"]],
            **_between(max(gap["began_at_local"], bounds[0]), min(gap["ended_at_local"] or bounds[1], bounds[1])),
        }
        for gap in gaps
        if gap["server"] in places
    ]
    time = _axis(since, until, bucket)
    return {
        "data": {"values": observed},
        "height": BAND * len(observed) + 20,
        "encoding": _BAND,
        "layer": [_track(time, LINE), {"data": {"values": missed}, **_track(time, ACCENT)}, *_texts()],
    }


def _track(time: Spec, colour: str) -> Spec:
    """Bars of time; each is wide enough to be visible."""
    return {"mark": {"type": "bar", "height": 8, "yOffset": 7, "color": colour, "stroke": colour}, "encoding": time}


def _texts() -> Sequence[Spec]:
    """The name and the text of each line of names, above its bar."""
    above = {"type": "text", "dy": -7, "baseline": "middle"}
    return (
        {
            "mark": {**above, "align": "left", "limit": WIDTH - 110},
            "encoding": {"x": {"value": 0}, "text": {"field": "name"}},
        },
        {
            "mark": {**above, "align": "right", "color": SOFT},
            "encoding": {"x": {"value": "width"}, "text": {"field": "text"}},
        },
    )


def _counts(most: int) -> Spec:
    """The axis of a number of something, in whole numbers."""
    return {"tickCount": min(4, most), "labelExpr": "format(datum.value, '~s')", **_NARROW}


def _time(rows: Sequence[Row], bucket: str) -> Spec:
    """The bounds of rows that are buckets of time, as a horizontal axis."""
    ends = _milliseconds(rows[0]["bucket_start_local"]), _milliseconds(rows[-1]["bucket_end_local"])
    return _axis(*ends, bucket)


def _axis(since: float, until: float, bucket: str) -> Spec:
    scale = {"type": "utc", "domain": [since, until], "nice": False}
    axis = {"format": TIME_FORMATS[bucket], "tickCount": 4, "labelSeparation": 10}
    return {"x": {"field": "from", "type": "temporal", "scale": scale, "axis": axis}, "x2": {"field": "to"}}


def _timed(rows: Sequence[Row]) -> list[tuple[Row, dict[str, float]]]:
    """The rows with their bounds."""
    return [(row, _between(row["bucket_start_local"], row["bucket_end_local"])) for row in rows]


def _between(start: datetime, end: datetime) -> dict[str, float]:
    return {"from": _milliseconds(start), "to": _milliseconds(end)}


def _middle(bounds: Mapping[str, float]) -> float:
    return (bounds["from"] + bounds["to"]) / 2


def _milliseconds(local: datetime) -> float:
    return local.replace(tzinfo=UTC).timestamp() * 1000
