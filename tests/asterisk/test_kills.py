"""A server is killed five times in one run, each time a little later in its faxes, and restarts each time.

All lives use the same session numbers and channels: only the epoch distinguishes their sessions.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until, wait_until_over
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, servers_below
from tests.asterisk.stored import Row

KILLS = 5
LATER = 1.5
"""Seconds by which each kill is later than the previous one, counted from when all four sessions were seen."""

SESSIONS = 4
"""The number of faxes in each life."""


class Kill(NamedTuple):
    """The start and the end of a kill, in seconds since 1970."""

    began: float
    over: float

    def within(self, begin: datetime, end: datetime) -> bool:
        """Whether the kill may have happened between these moments."""
        return begin.timestamp() <= self.over and self.began <= end.timestamp()


@dataclass(frozen=True)
class Killed:
    """The server, its kills, and the database that recorded it."""

    dsn: str
    server: Server
    kills: list[Kill]

    def rows(self, life: int) -> list[Row]:
        """The rows of the faxes of one life, by session number."""
        return _rows(self.dsn, self.server, life)


def _rows(dsn: str, server: Server, life: int) -> list[Row]:
    uniqueids = {begun.uniqueid for begun in server.begun() if begun.tag.startswith(f"life-{life}-")}
    found = [row for row in stored.faxes(dsn, server.name) if row["uniqueid"] in uniqueids]
    return sorted(found, key=lambda row: int(row["session_number"]))


@pytest.fixture(scope="module")
def killed(module_dsn: str, module_folder: Path) -> Killed:
    """Five lives that a kill ends, and a sixth in which the faxes finish."""
    page = pages.write_pages(module_folder / "page.tif", pages=1, lines=60)
    kills = []
    with servers_below(module_folder) as start_asterisk:
        server = start_asterisk("22")
        with Ingestor(module_folder / "ingest", module_dsn, [server]) as ingestor:
            for life in range(KILLS + 1):
                ingestor.wait_until_watching()
                play(server, [Fax(f"life-{life}-{number}", page) for number in (1, 2)])
                if life == KILLS:
                    break
                _wait_until_seen(module_dsn, server, life)
                time.sleep(life * LATER)
                kills.append(_kill(server))
                server.start()
            wait_until_over(server, SESSIONS, 60)
            stored.wait_until_ended(module_dsn, server, (KILLS + 1) * SESSIONS)
            ingestor.leave()
    return Killed(module_dsn, server, kills)


def _kill(server: Server) -> Kill:
    began = time.time()
    server.kill()
    return Kill(began, time.time())


def _wait_until_seen(dsn: str, server: Server, life: int) -> None:
    def seen() -> bool:
        rows = _rows(dsn, server, life)
        return len(rows) == SESSIONS and all(row["snapshots"] > 0 for row in rows)

    wait_until(f"the sessions of life {life} are in the history", seen, 30)


def test_every_life_has_the_same_numbers_and_sessions_of_its_own(killed: Killed) -> None:
    lives = [killed.rows(life) for life in range(KILLS + 1)]
    assert [[row["session_number"] for row in rows] for rows in lives] == [list(range(SESSIONS))] * (KILLS + 1)
    assert [len({row["epoch_id"] for row in rows}) for rows in lives] == [1] * (KILLS + 1)
    assert len({row["epoch_id"] for rows in lives for row in rows}) == KILLS + 1
    assert len(stored.faxes(killed.dsn, killed.server.name)) == (KILLS + 1) * SESSIONS


def test_every_kill_ends_what_it_cuts_off_and_nobody_knows_the_result(killed: Killed) -> None:
    for life, kill in enumerate(killed.kills):
        for row in killed.rows(life):
            assert (row["end_observed_by"], row["result"]) == ("server_restart", "unknown"), (life, row)
            assert kill.within(row["ended_not_before"], row["ended_not_after"])


def test_every_kill_is_a_gap(killed: Killed) -> None:
    gaps = stored.gaps(killed.dsn, killed.server.name)
    for kill in killed.kills:
        assert any(kill.within(begin, end) for begin, end in gaps), (kill, gaps)


def test_the_last_life_is_whole(killed: Killed) -> None:
    ends = {end.session: end for end in killed.server.ends()}
    assert sorted(number for number in ends if number is not None) == list(range(SESSIONS))
    for row in killed.rows(KILLS):
        end = ends[row["session_number"]]
        assert (row["end_observed_by"], row["result"], row["pages"]) == ("completion", end.result, end.pages)
        assert end.result == "success"
