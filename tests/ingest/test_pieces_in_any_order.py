"""Recordings cut at random lines, imported in random order: every table and view is that of the whole recording.

FAXSTORE_TEST_PIECES=2000 tries that many examples, FAXSTORE_TEST_RANDOM=1 other ones in each run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faxstore.capture.recording import Line
from tests.kit.damaged_recordings import recorded
from tests.kit.imported_pieces import Contents, contents, empty, import_all, write_pieces

RECORDINGS = (
    "restart-22",
    "restart-hard-16",
    "names-22",
    "no-ecm-16",
    "gateway-16",
    "churn-22",
    "failures-22",
    "rates-22",
)
Pieces = list[tuple[int, int]]

WHOLE: dict[tuple[str, int], Contents] = {}
"""What each recording gives that was imported whole, by its name and the decimals of its times."""


def lines_of(recording: str, digits: int) -> list[Line]:
    """Return the lines of a recording, with times rounded to this number of decimals."""
    return [replace(line, ts=round(line.ts, digits)) for line in recorded(recording)]


@st.composite
def cuts(draw: st.DrawFn) -> tuple[str, int, Pieces]:
    """Draw a recording, the decimals of its times, and pieces in the order of their import.

    Pieces that only touch are imported in order: what is missing between two pieces shows only if it contains a poll.
    They touch where the lines of a moment do not repeat, which a coarse clock can make look like an overlap.
    """
    recording, digits = draw(st.sampled_from(RECORDINGS)), draw(st.sampled_from((6, 6, 1)))
    lines = lines_of(recording, digits)
    places = sorted(draw(st.lists(st.integers(60, len(lines) - 1), min_size=2, max_size=6, unique=True)))
    again = st.lists(st.integers(0, len(places)), max_size=2)
    if draw(st.booleans()):
        clear = [place for place in places if not repeats(lines, place)]
        pieces = [(first, end) for first, end in pairwise([0, *clear, len(lines)])]
        return recording, digits, [*pieces, *(pieces[number % len(pieces)] for number in draw(again))]
    overlaps = draw(st.lists(st.integers(1, 200), min_size=len(places), max_size=len(places)))
    pieces = overlapping(lines, places, overlaps)
    pieces += [pieces[number % len(pieces)] for number in draw(again)]
    pieces += [(0, len(lines))] if draw(st.booleans()) else []
    return recording, digits, draw(st.permutations(pieces))


def repeats(lines: Sequence[Line], place: int) -> bool:
    """Return whether the lines from a place on are those before it once more, as if the pieces overlapped there."""
    return any(lines[place - count : place] == lines[place : place + count] for count in range(1, 60))


def overlapping(lines: Sequence[Line], places: Sequence[int], overlaps: Sequence[int]) -> Pieces:
    """Return pieces that end at these places; without those places after which a missing piece would not show.

    A missing piece shows if there are two polls between its neighbours, and the later one begins within a connection.
    """
    pieces = [(0, len(lines))]
    for place, overlap in zip(places, overlaps, strict=True):
        begins = max(0, place - overlap)
        alone = lines[pieces[-1][0] + 200 : begins]
        polls = sum(line.text.startswith("Action: FAXSessions\r\n") for line in alone)
        if polls > 1 and not (lines[begins].text.startswith("connect") and begins):
            pieces[-1:] = [(pieces[-1][0], place), (begins, len(lines))]
    return pieces


@settings(
    max_examples=int(os.environ.get("FAXSTORE_TEST_PIECES", "12")),
    deadline=None,
    derandomize="FAXSTORE_TEST_RANDOM" not in os.environ,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(cut=cuts())
def test_pieces_give_what_the_whole_recording_gives(
    server: str, template: str, tmp_path_factory: pytest.TempPathFactory, cut: tuple[str, int, Pieces]
) -> None:
    recording, digits, pieces = cut
    lines = lines_of(recording, digits)
    whole, *paths = write_pieces(tmp_path_factory.mktemp("pieces"), lines, [(0, len(lines)), *pieces])
    if (recording, digits) not in WHOLE:
        with empty(server, template) as database:
            import_all(database, [whole])
            WHOLE[recording, digits] = contents(database)
    with empty(server, template) as database:
        import_all(database, paths)
        found = contents(database)
    assert [name for name in found if found[name] != WHOLE[recording, digits][name]] == []
