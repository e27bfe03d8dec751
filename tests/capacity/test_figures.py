"""The figures of `faxstore capacity` are those of docs/performance.md."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from faxstore.capacity.figures import Figure, Figures

TOP = Path(__file__).parents[2]
PERFORMANCE = (TOP / "docs" / "performance.md").read_text(encoding="utf-8")
ARCHIVED = (TOP / "docs" / "decisions" / "0048-archived-months.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([\d,.]+) (\S[^|]*) \| `([^`]+)` \| (\S+) \|$", re.MULTILINE)


def measured() -> dict[str, Figure]:
    """The figures by name."""
    every = {each.name: getattr(Figures(), each.name) for each in fields(Figures)}
    return {name: figure for name, figure in every.items() if figure is not None}


def test_the_page_has_each_figure_with_its_command_and_day() -> None:
    rows = ROW.findall(PERFORMANCE)
    written = {name: (float(value.replace(",", "")), *others) for name, value, *others in rows}
    assert written == {
        name: (figure.value, figure.unit, figure.command, figure.day.isoformat()) for name, figure in measured().items()
    }


def test_each_command_is_a_program_of_the_repository() -> None:
    for figure in measured().values():
        module = re.match(r"python -m (\S+)", figure.command)
        file = TOP / f"{module[1].replace('.', '/')}.py" if module else TOP / "Makefile"
        assert file.exists(), figure


def test_other_paragraphs_of_the_page_state_the_same_bytes() -> None:
    """A session of benchmarks.fill has 100 rows, so that bytes per fax are a hundredth per row."""
    figures = Figures()
    total, session = figures.total.value / 100, figures.session.value / 100
    unpacked = (8 * figures.snapshot.value + figures.event.value) / 9  # benchmarks.width has eight per event
    assert f"a row that is not packed takes {unpacked:.0f} bytes" in PERFORMANCE
    assert f"{total:.1f} for totals, {session:.1f} for fax.session" in PERFORMANCE
    assert f"Each append takes {figures.append.value:.0f} bytes" in PERFORMANCE
    assert f"files {figures.archived_row.value} bytes per row" in ARCHIVED
