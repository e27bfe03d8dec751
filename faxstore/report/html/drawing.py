"""Draws Vega-Lite specifications as SVG, with the colours of the page and without a browser or a network.

Colours are CSS variables of style.css, so that one picture serves light, dark and printed pages.  vl-convert contains
Vega, which escapes all text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Spec = dict[str, Any]
"""A Vega-Lite specification, or a part of one."""

WIDTH = 340
"""The width of a picture, in pixels: that of a telephone without its margins.  Wider columns enlarge it a little."""

INK, SOFT, LINE = "var(--ink)", "var(--soft)", "var(--line)"
ACCENT, SECOND, THIRD = "var(--accent)", "var(--second)", "var(--third)"
PAPER = "var(--paper)"

_CONFIG: Spec = {
    "aria": False,
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "bar": {"color": ACCENT},
    "line": {"color": ACCENT, "strokeWidth": 1.5},
    "point": {"color": ACCENT, "filled": True, "size": 20},
    "text": {"color": INK, "fontSize": 12},
    "axis": {
        "domain": False,
        "ticks": False,
        "title": None,
        "labelColor": SOFT,
        "labelFontSize": 11,
        "labelPadding": 6,
        "labelOverlap": "greedy",
        "gridColor": LINE,
    },
    "axisX": {"grid": False, "labelFlush": True},
    "legend": {
        "orient": "top",
        "title": None,
        "labelColor": SOFT,
        "labelFontSize": 11,
        "symbolType": "square",
        "symbolSize": 70,
        "symbolStrokeWidth": 0,
        "offset": 6,
    },
    "range": {"category": [ACCENT, SECOND, THIRD]},
}


def drawn(spec: Spec) -> Any:
    """The picture as text that is not escaped again.  Its page names it, for screen readers."""
    import vl_convert
    from markupsafe import Markup

    whole = {
        "width": WIDTH,
        "padding": {"top": 3, "bottom": 3, "left": 0, "right": 4},
        "autosize": {"type": "fit", "contains": "padding"},
        "config": _CONFIG,
        **spec,
    }
    return Markup(vl_convert.vegalite_to_svg(json.dumps(whole, default=float)))


def values(rows: list[Mapping[str, Any]]) -> Spec:
    """The data of a specification."""
    return {"values": rows}
