"""Dialplans write FAXSTATUS and its relatives at any moment: the faxes, their results and their number stay exact.

conf/meddling.conf writes them before a fax, behind it (while the channel is up and when it has hung up), around a
retry, on a voice call, and after calls that nobody answered.  All of it is played once; each test checks one aspect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until_over
from tests.asterisk.dialplan_log import End
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, servers_below
from tests.asterisk.stored import Row

ENDS = 21
"""The ends that each server logs; see test_the_servers_did_what_they_should for those that ran a fax application."""


@dataclass(frozen=True)
class Played:
    """What was played, on which servers, and the database that recorded it."""

    dsn: str
    servers: list[Server]

    def faxes(self) -> Iterator[tuple[End, Row]]:
        """The ends of all fax applications, each with its row: the runs of one channel are in order."""
        for server in self.servers:
            rows = stored.faxes(self.dsn, server.name)
            ran = [end for end in server.ends() if end.ran]
            for uniqueid in {end.uniqueid for end in ran}:
                ends = [end for end in ran if end.uniqueid == uniqueid]
                yield from zip(ends, [row for row in rows if row["uniqueid"] == uniqueid], strict=True)


@pytest.fixture(scope="module")
def played(module_dsn: str, module_folder: Path) -> Played:
    """All calls of this module, played and recorded."""
    page = pages.write_pages(module_folder / "page.tif", pages=1, lines=60)
    with servers_below(module_folder) as start_asterisk:
        servers = [start_asterisk("22"), start_asterisk("16")]
        with Ingestor(module_folder / "ingest", module_dsn, servers) as ingestor:
            for server in servers:
                play(server, _calls(page))
                _queue_call_file(server)
            for server in servers:
                wait_until_over(server, ENDS, 120)
            for server in servers:
                stored.wait_until_ended(module_dsn, server, sum(end.ran for end in server.ends()))
            ingestor.leave()
    return Played(module_dsn, servers)


def _calls(page: Path) -> list[Fax]:
    """The calls of each server: the receiver's dialplan, and the sender's."""
    garbage = page.with_name("garbage.tif")
    garbage.write_text("no TIFF")
    return [
        Fax("plain", page, "Local/recv@meddling-rx/n", "send@meddling-tx", account="sales"),
        Fax("twice", page, "Local/twice@meddling-rx/n", "twice@meddling-tx", account="sales"),
        Fax("unreadable", garbage, "Local/twice@meddling-rx/n", "twice@meddling-tx", account="sales"),
        Fax("missing", page, "Local/recv@meddling-rx/n", "missing@meddling-tx", account="support"),
        Fax("talk", page, "Local/talk@meddling-rx/n", "talk@meddling-tx", account="support"),
        Fax("nobody", page, "Local/noanswer@rx/n", "send@meddling-tx", limit=3),
    ]


def _queue_call_file(server: Server) -> None:
    """A call that nobody answers, tried twice: then Asterisk runs the extension `failed` of the context."""
    server.queue_call(
        "Channel: Local/noanswer@rx/n\nContext: meddling-tx\nExtension: send\nPriority: 1\nSetvar: TAG=call-file\n"
        "WaitTime: 2\nMaxRetries: 1\nRetryTime: 1\n"
    )


def test_the_servers_did_what_they_should(played: Played) -> None:
    expected = {
        "plain": {"send": ["success"], "receive": ["success"]},
        "twice": {"send": ["success", "success"], "receive": ["success", "success"]},
        "unreadable": {"send": ["failed", "failed"], "receive": ["failed", "failed"]},
        "missing": {"send": ["failed", "success"], "receive": ["success"]},
    }
    for server in played.servers:
        found: dict[str, dict[str, list[str]]] = {}
        for end in server.ends():
            if end.ran:
                found.setdefault(end.tag, {}).setdefault(end.operation, []).append(end.result)
        assert found == expected


def test_each_run_of_a_fax_application_has_one_row_and_nothing_else_has_one(played: Played) -> None:
    for server in played.servers:
        runs = sorted((begun.channel, begun.uniqueid) for begun in server.begun())
        assert sorted((row["channel"], row["uniqueid"]) for row in stored.faxes(played.dsn, server.name)) == runs


def test_the_operation_is_known_unless_another_application_ran_it(played: Played) -> None:
    """TryExec(SendFAX(...)) announces TryExec; the run has no session and no completion event to name the operation."""
    for end, row in played.faxes():
        assert row["operation"] == (None if end.error == "FILE_ERROR" else end.operation), end


def test_result_pages_and_reason_are_those_of_the_fax_application(played: Played) -> None:
    for end, row in played.faxes():
        assert row["result"] == end.result, end
        assert row["result_text"] == end.text, end
        assert (row["pages"] or 0) == end.pages, end


def test_no_fax_has_a_station_id_of_the_dialplan(played: Played) -> None:
    for end, row in played.faxes():
        assert row["local_station_id"] != "+1 555 0667", end
        assert row["remote_station_id"] != "+1 555 0666", end


def test_the_account_is_that_of_the_call(played: Played) -> None:
    for end, row in played.faxes():
        assert row["account_code"] == end.account, end


def test_no_attempt_is_missed_and_none_is_invented(played: Played) -> None:
    for server in played.servers:
        assert stored.attempts(played.dsn, server.name) == (13, 0)
