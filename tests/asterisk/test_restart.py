"""A server is killed in the middle of its faxes, and later stopped: session numbers and channels restart.

It starts slowly, like a big one: it accepts logins and lists fax sessions before it reports that it is booted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until_over
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, servers_below
from tests.asterisk.stored import Row

LIVES = ("killed", "stopped", "whole")
"""How each life of the server ends; the faxes are named after it."""


SLOW = 4
"""Seconds that a start takes; ingest reconnects sooner than that."""


@dataclass(frozen=True)
class End:
    """When the end of a server began and when it was complete, in seconds since 1970."""

    began: float
    over: float


@dataclass(frozen=True)
class Played:
    """What was played, on which servers, when they ended, and the database that recorded it."""

    dsn: str
    servers: list[Server]
    ends: dict[tuple[str, str], End]

    def rows(self, server: Server, life: str) -> list[Row]:
        """The rows of one life's faxes by session number; exactly one per application that ran."""
        uniqueids = {begun.uniqueid: begun for begun in server.begun() if begun.tag.startswith(life)}
        found = [row for row in stored.faxes(self.dsn, server.name) if row["uniqueid"] in uniqueids]
        assert len(found) == len(uniqueids) == 4
        for row in found:
            begun = uniqueids[row["uniqueid"]]
            assert (row["operation"], row["channel"]) == (begun.operation, begun.channel)
        return sorted(found, key=lambda row: int(row["session_number"]))


@pytest.fixture(scope="module")
def played(module_dsn: str, module_folder: Path) -> Played:
    """Two faxes in each life of both servers."""
    page = pages.write_pages(module_folder / "page.tif", pages=1, lines=60)
    ends: dict[tuple[str, str], End] = {}
    with servers_below(module_folder) as start_asterisk:
        servers = [start_asterisk("22"), start_asterisk("16")]
        with Ingestor(module_folder / "ingest", module_dsn, servers) as ingestor:
            for life in LIVES:
                ingestor.wait_until_watching()
                for server in servers:
                    play(server, [Fax(f"{life}-{number}", page) for number in (1, 2)])
                if life == "whole":
                    break
                time.sleep(12)
                for server in servers:
                    ends[server.name, life] = _end(server, life)
                    server.launch(SLOW)
                for server in servers:
                    server.wait_until_ready()
            for server in servers:
                wait_until_over(server, len([end for end in server.ends() if not end.tag.startswith("whole")]) + 4, 60)
                stored.wait_until_ended(module_dsn, server, 12)
            ingestor.leave()
    return Played(module_dsn, servers, ends)


def _end(server: Server, how: str) -> End:
    began = time.time()
    if how == "killed":
        server.kill()
    else:
        server.stop()
    return End(began, time.time())


def test_numbers_and_channels_begin_again(played: Played) -> None:
    for server in played.servers:
        lives = [played.rows(server, life) for life in LIVES]
        assert [[row["session_number"] for row in rows] for rows in lives] == [[0, 1, 2, 3]] * 3
        channels = [{row["channel"] for row in rows} for rows in lives]
        assert channels[0] == channels[1] == channels[2]


def test_every_life_has_sessions_of_its_own(played: Played) -> None:
    for server in played.servers:
        epochs = [{row["epoch_id"] for row in played.rows(server, life)} for life in LIVES]
        assert [len(epoch) for epoch in epochs] == [1, 1, 1]
        assert len(set.union(*epochs)) == 3
        sessions = {row["session_id"] for life in LIVES for row in played.rows(server, life)}
        assert len(sessions) == len(stored.faxes(played.dsn, server.name)) == 12


def test_a_kill_ends_what_it_cuts_off_and_nobody_knows_the_result(played: Played) -> None:
    for server in played.servers:
        assert not [end for end in server.ends() if end.tag.startswith("killed")]
        killed = played.ends[server.name, "killed"]
        for row in played.rows(server, "killed"):
            assert (row["end_observed_by"], row["result"]) == ("server_restart", "unknown")
            assert row["snapshots"] > 0
            assert row["ended_not_before"] <= row["ended_not_after"]
            assert row["ended_not_before"].timestamp() <= killed.over
            assert row["ended_not_after"].timestamp() >= killed.began


def test_a_stop_tells_how_its_faxes_ended(played: Played) -> None:
    for server in played.servers:
        stopped = played.ends[server.name, "stopped"]
        found = {end.uniqueid: end for end in server.ends() if end.tag.startswith("stopped")}
        assert len(found) == 4
        for row in played.rows(server, "stopped"):
            end = found[row["uniqueid"]]
            assert (row["end_observed_by"], row["result"], row["result_text"]) == ("completion", "failed", end.text)
            assert row["ended_not_before"].timestamp() <= stopped.over
            assert row["ended_not_after"].timestamp() >= stopped.began


def test_what_the_server_lived_to_see_is_whole(played: Played) -> None:
    for server in played.servers:
        for row in played.rows(server, "whole"):
            assert (row["end_observed_by"], row["result"], row["pages"]) == ("completion", "success", 1)
