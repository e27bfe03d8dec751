"""res_fax is reloaded while its server keeps running: SessionNumber restarts at 0 and CoreStatus does not change.

Asterisk refuses to unload a module that is in use.  A forced unload removes the code under the running faxes: Asterisk
22 and 16 then cut them off and continue with the old numbers, or keep channels that never end, or crash; we have seen
each of these.  What the test expects after a forced unload holds for all of them; then it restarts the server.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until, wait_until_over
from tests.asterisk.dialplan_log import Begun, End
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, servers_below
from tests.asterisk.stored import Row

MODULES = ("res_fax.so", "res_fax_spandsp.so")
"""In the order of loading; unloading takes the reverse order."""


@dataclass(frozen=True)
class Forced:
    """When the forced unload began and when the servers had ended, in seconds since 1970."""

    began: float
    over: float


@dataclass(frozen=True)
class Played:
    """What was played, on which servers, and the database that recorded it."""

    dsn: str
    servers: list[Server]
    forced: Forced

    def rows(self, server: Server, tag: str) -> list[Row]:
        """The rows of that fax, the sender's first; exactly one per application."""
        begun = sorted((one for one in server.begun() if one.tag == tag), key=lambda one: one.operation, reverse=True)
        assert [one.operation for one in begun] == ["send", "receive"]
        return [self._row(server, one) for one in begun]

    def _row(self, server: Server, begun: Begun) -> Row:
        found = [row for row in stored.faxes(self.dsn, server.name) if row["uniqueid"] == begun.uniqueid]
        assert len(found) == 1, (begun, found)
        assert (found[0]["operation"], found[0]["channel"]) == (begun.operation, begun.channel)
        return found[0]


@pytest.fixture(scope="module")
def played(module_dsn: str, module_folder: Path) -> Played:
    """Faxes before, during and after reloads of res_fax, on both servers at once."""
    page = pages.write_pages(module_folder / "page.tif", pages=1, lines=60)
    with servers_below(module_folder) as start_asterisk:
        servers = [start_asterisk("22"), start_asterisk("16")]
        with Ingestor(module_folder / "ingest", module_dsn, servers) as ingestor:
            for server in servers:
                play(server, [Fax("before", page)])
            for server in servers:
                _wait_until_running(server)
                _check_that_it_is_not_unloaded_in_use(server)
            for server in servers:
                wait_until_over(server, 2, 60)
                _load_anew(server)
                play(server, [Fax("after", page), Fax("after-too", page)])
            for server in servers:
                wait_until_over(server, 6, 60)
                play(server, [Fax("forced", page)])
            forced = _force(servers)
            ingestor.wait_until_watching()
            for server in servers:
                play(server, [Fax("last", page)])
            for server in servers:
                wait_until_over(server, len([end for end in server.ends() if end.tag != "last"]) + 2, 60)
                stored.wait_until_ended(module_dsn, server, 10)
            ingestor.leave()
    return Played(module_dsn, servers, forced)


def _ends(server: Server, tag: str) -> list[End]:
    return [end for end in server.ends() if end.tag == tag]


def _wait_until_running(server: Server) -> None:
    """Waits until a sender and a receiver are listed as active."""

    def running() -> bool:
        with server.manager() as manager:
            listed = manager.ask("FAXSessions")
        return [entry["State"] for entry in listed if "State" in entry] == ["Active", "Active"]

    wait_until(f"a fax runs on {server.name}", running, 20)


def _check_that_it_is_not_unloaded_in_use(server: Server) -> None:
    """The server refuses to unload; a reload of the settings works, and numbers continue."""
    with server.manager() as manager:
        for module in MODULES:
            answer = manager.ask("ModuleLoad", Module=module, LoadType="unload")[0]
            assert answer["Message"] == "Could not unload module."
        answer = manager.ask("ModuleLoad", Module="res_fax.so", LoadType="reload")[0]
        assert answer["Response"] == "Success", answer


def _load_anew(server: Server) -> None:
    """Unloads and loads both modules; the server keeps running."""
    with server.manager() as manager:
        before = manager.ask("CoreStatus")[0]
        for kind, modules in (("unload", reversed(MODULES)), ("load", iter(MODULES))):
            for module in modules:
                answer = manager.ask("ModuleLoad", Module=module, LoadType=kind)[0]
                assert answer["Response"] == "Success", (kind, module, answer)
        after = manager.ask("CoreStatus")[0]
    for name in ("CoreStartupDate", "CoreStartupTime"):
        assert before[name] == after[name]


def _force(servers: list[Server]) -> Forced:
    """Unloads res_fax under running faxes and loads it again; then restarts the servers, running or not."""
    for server in servers:
        _wait_until_running(server)
    time.sleep(2)
    began = time.time()
    for what in ("unload -f", "load"):
        for server in servers:
            with suppress(subprocess.TimeoutExpired):
                server.run_command(f"module {what} res_fax.so")
        time.sleep(1)  # Give the faxes time to send their last events before the next load.
    for server in servers:
        server.kill()
    over = time.time()
    for server in servers:
        server.start()
    return Forced(began, over)


def test_numbers_begin_again_with_a_load(played: Played) -> None:
    for server in played.servers:
        assert [row["session_number"] for row in played.rows(server, "before")] == [0, 1]
        after = [*played.rows(server, "after"), *played.rows(server, "after-too")]
        assert sorted(row["session_number"] for row in after) == [0, 1, 2, 3]


def test_every_load_is_a_life_of_its_own(played: Played) -> None:
    for server in played.servers:
        lives = {tag: {row["epoch_id"] for row in played.rows(server, tag)} for tag in ("before", "after", "last")}
        assert [len(epochs) for epochs in lives.values()] == [1, 1, 1]
        assert len(set.union(*lives.values())) == 3
        again = {row["epoch_id"] for tag in ("after-too", "forced") for row in played.rows(server, tag)}
        assert again == lives["after"]


def test_every_fax_is_one_session(played: Played) -> None:
    for server in played.servers:
        faxes = stored.faxes(played.dsn, server.name)
        assert len({row["session_id"] for row in faxes}) == len(faxes) == len(server.begun()) == 10


def test_results_and_pages_are_those_of_the_dialplan(played: Played) -> None:
    for server in played.servers:
        for tag in ("before", "after", "after-too", "last"):
            assert [(end.result, end.pages) for end in _ends(server, tag)] == [("success", 1)] * 2
            for row in played.rows(server, tag):
                assert (row["result"], row["pages"], row["end_observed_by"]) == ("success", 1, "completion")


def test_a_fax_that_was_cut_off_has_ended_when_it_was(played: Played) -> None:
    for server in played.servers:
        found = {end.operation: end.result for end in _ends(server, "forced") if end.ran}
        for row in played.rows(server, "forced"):
            assert row["end_observed_by"] in ("completion", "gone", "server_restart")
            assert row["ended_not_before"] <= row["ended_not_after"]
            assert row["ended_not_before"].timestamp() <= played.forced.over
            assert row["ended_not_after"].timestamp() >= played.forced.began
            if row["operation"] in found and row["result"] != "unknown":
                assert row["result"] == found[row["operation"]]
