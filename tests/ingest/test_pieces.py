"""Pieces of a recording: one without what precedes it is rejected, and in any order they yield the whole."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from msgspec import structs

from faxstore.capture.recording import Line
from faxstore.errors import UsageError
from faxstore.ingest.importer import import_file, import_lines
from faxstore.observations import ServerObservation
from tests.kit.damaged_recordings import recorded
from tests.kit.given import append, life, read, snapshot
from tests.kit.imported_pieces import SERVER, Contents, contents, empty, import_all, write_pieces

FAXES = "select server, count(*) as faxes, count(distinct epoch_id) as epochs from fax.sessions group by server"
RATES = recorded("rates-22")


@pytest.fixture(scope="module")
def rates(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Contents:
    """The recording rates-22, imported whole: 12 faxes."""
    with empty(server, template) as database:
        import_all(database, write_pieces(tmp_path_factory.mktemp("whole"), RATES, [(0, len(RATES))]))
        return contents(database)


def imported(database: psycopg.Connection, *paths: str) -> None:
    for path in paths:
        import_file(database, path, SERVER, lambda _: None)


@pytest.mark.parametrize("order", ["012", "102", "201", "00120", "0102", "2"])
def test_a_piece_that_ends_before_the_first_fax(
    database: psycopg.Connection, rates: Contents, tmp_path: Path, order: str
) -> None:
    """Pieces 0 and 1 share 20 lines, piece 2 is the whole recording; a rejected one is imported again."""
    paths = write_pieces(tmp_path, RATES, [(0, 60), (40, len(RATES)), (0, len(RATES))])
    import_all(database, [paths[int(number)] for number in order])
    assert contents(database) == rates
    assert read(database, FAXES) == [{"server": SERVER, "faxes": 12, "epochs": 1}]


@pytest.mark.parametrize("order", ["0120", "0210", "2010", "1201"])
def test_adjacent_pieces(database: psycopg.Connection, rates: Contents, tmp_path: Path, order: str) -> None:
    """No line is in two pieces: the first cut is within a list, the second between an answer and its event."""
    within_list = next(at for at, line in enumerate(RATES) if "FAXSessionsEntry\r" in line.text) + 1
    answers = [at for at, line in enumerate(RATES) if "Message: FAXSession event" in line.text]
    cuts = [0, within_list, answers[-1] + 1, len(RATES)]
    paths = write_pieces(tmp_path, RATES, list(pairwise(cuts)))
    import_all(database, [paths[int(number)] for number in order])
    assert contents(database) == rates


def test_a_rejected_piece_leaves_nothing(database: psycopg.Connection, tmp_path: Path) -> None:
    first, second, third = write_pieces(tmp_path, RATES, [(0, 1000), (990, 3000), (2990, len(RATES))])
    begins = r"begins at 2026-11-23T08:\d\d:\d\d\.\d+\+00:00, within a connection to pbx, and before it"
    advice = "import the piece before it first; --without-login imports it if that piece no longer exists"
    with pytest.raises(UsageError, match=f"^{re.escape(third)}: {begins} nothing was imported: {advice}$"):
        imported(database, third)
    assert read(database, "select * from fax.epoch") == []
    imported(database, first)
    before = contents(database)
    known = r"the last line imported is of 2026-11-23T08:46:57\.\d+\+00:00"
    with pytest.raises(UsageError, match=f"^{re.escape(third)}: {begins} {known}: {advice}$"):
        imported(database, third)
    assert contents(database) == before
    imported(database, second, third)


def test_a_piece_whose_beginning_is_lost(database: psycopg.Connection, tmp_path: Path) -> None:
    second, third = write_pieces(tmp_path, RATES, [(990, 3000), (2990, len(RATES))])
    import_file(database, second, SERVER, lambda _: None, without_login=True)
    imported(database, third)
    assert [row["epochs"] for row in read(database, FAXES)] == [1]


def test_a_piece_of_a_time_in_which_an_ingestor_watched(database: psycopg.Connection, tmp_path: Path) -> None:
    """Its faxes belong to the epoch that the ingestor found."""
    (piece,) = write_pieces(tmp_path, RATES, [(990, len(RATES))])
    began = round(RATES[0].ts * 1e6)
    of = structs.replace(life(SERVER), first_seen=began, started_at=began - 3_600_000_000)
    seen = [structs.replace(snapshot(0, 99, of=of), observed_at=began + offset) for offset in (0, 60_000_000)]
    append(database, *seen, ServerObservation(SERVER, began, "Polled"), collector="host1/1")
    imported(database, piece)
    assert [row["epochs"] for row in read(database, FAXES)] == [1]


def test_a_cut_within_a_moment_of_a_coarse_clock(server: str, template: str, tmp_path: Path) -> None:
    """The times have one decimal, so a hundred lines have the same: their order in it is known only from the start."""
    lines = [replace(line, ts=round(line.ts, 1)) for line in RATES]
    busiest = max(range(1, len(lines) - 50), key=lambda at: lines[at + 50].ts == lines[at].ts)
    whole, *pieces = write_pieces(tmp_path, lines, [(0, len(lines)), (0, busiest + 20), (busiest + 10, len(lines))])
    found = []
    for paths in ([whole], pieces, [*reversed(pieces), whole]):
        with empty(server, template) as database:
            import_all(database, paths)
            found.append(contents(database))
    assert found[1] == found[0]
    assert found[2] == found[0]


@pytest.mark.parametrize("order", ["01", "10"])
def test_a_cut_between_two_connections(server: str, template: str, tmp_path: Path, order: str) -> None:
    """Both pieces begin a connection, so neither is rejected; the later list ends what the earlier piece left open."""
    lines = [line for line in recorded("restart-22") if not line.text.startswith(("Event: Hangup", "Event: SendFAX"))]
    cut = [at for at, line in enumerate(lines) if line.text == "connected"][1]
    whole, *pieces = write_pieces(tmp_path, lines, [(0, len(lines)), (0, cut), (cut, len(lines))])
    found = []
    for paths in ([whole], [pieces[int(number)] for number in order]):
        with empty(server, template) as database:
            assert import_all(database, paths) == []
            found.append(contents(database))
    assert found[1] == found[0]


def test_a_changed_file_is_no_piece_of_the_recording(database: psycopg.Connection, tmp_path: Path) -> None:
    first, changed = write_pieces(tmp_path, RATES, [(0, 1000), (500, 2000)])
    imported(database, first)
    text = Path(changed).read_text().splitlines(keepends=True)
    Path(changed).write_text("".join([*text[:200], *text[201:]]))
    differs = "line 201 differs from the recording that was imported before: import the unchanged file"
    with pytest.raises(UsageError, match=f"^{re.escape(changed)}: {differs}$"):
        imported(database, changed)


def test_what_was_imported_before_is_skipped(database: psycopg.Connection) -> None:
    import_lines(database, SERVER, RATES[:1000], lambda _: None)
    again = import_lines(database, SERVER, RATES[300:900], lambda _: None)
    assert (again.known, again.rows, again.repeats) == (600, 0, 0)
    more = import_lines(database, SERVER, RATES[300:1100], lambda _: None)
    assert (more.known, more.repeats) == (700, 0)
    assert read(database, "select octet_length(line_digests) / 4 as lines from fax.recording_part") == [{"lines": 1100}]


def test_another_recording_of_the_same_time_is_imported(database: psycopg.Connection) -> None:
    """A second recorder sees the same server: its lines have other times, and its rows are its own."""
    other = [Line(line.ts + 0.0003, line.dir, line.text) for line in RATES]
    first = import_lines(database, SERVER, RATES, lambda _: None)
    second = import_lines(database, SERVER, other[990:], lambda _: None)
    assert second.known == 0
    assert 0 < second.rows <= first.rows
    assert read(database, FAXES) == [{"server": SERVER, "faxes": 12, "epochs": 1}]
