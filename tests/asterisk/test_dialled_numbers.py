"""An Originate or a call file with a caller id dials the other server, directly or over a Local channel.

Asterisk writes the caller's own number into caller and connected line of the sender (main/pbx.c, pbx_outgoing_attempt).
On a Local channel, the answer then brings the dialled number back as the caller's.  The history must say who called
whom.  All of it is played once, on both servers.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until_over
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, servers_below

CALLER = "5550100"

DIALLED = {
    "15550001": "PJSIP/15550001@audio",
    "15550002": "Local/15550002@out/n",
    "15550003": "Local/15550003@out",
}
"""The channel of each dialled number."""

FILED = {"15550004": "PJSIP/15550004@audio", "15550005": "Local/15550005@out"}
"""The same for call files."""

FAXES = len(DIALLED) + len(FILED)


@dataclass(frozen=True)
class Played:
    """What was played, on which servers, and the database that recorded it."""

    dsn: str
    servers: list[Server]


@pytest.fixture(scope="module")
def played(module_dsn: str, module_folder: Path) -> Played:
    """All faxes of this module, played and recorded: each server sends and receives each number."""
    page = pages.write_pages(module_folder / "page.tif", pages=1, lines=60)
    with servers_below(module_folder) as start_asterisk:
        servers = [start_asterisk("22"), start_asterisk("16")]
        with Ingestor(module_folder / "ingest", module_dsn, servers) as ingestor:
            for server in servers:
                _play(server, page)
            for server in servers:
                wait_until_over(server, 2 * FAXES, 60)
                stored.wait_until_ended(module_dsn, server, 2 * FAXES)
            ingestor.leave()
    return Played(module_dsn, servers)


def _play(server: Server, page: Path) -> None:
    play(server, [Fax(number, page, channel, account="sales", caller=CALLER) for number, channel in DIALLED.items()])
    for number, channel in FILED.items():
        server.queue_call(
            f'Channel: {channel}\nContext: tx\nExtension: send\nPriority: 1\nCallerID: "Tests" <{CALLER}>\n'
            f"Account: sales\nSetvar: TAG={number}\nSetvar: FILE={page}\nSetvar: TXECM=yes\n"
        )


def test_the_sender_called_the_number_that_was_dialled(played: Played) -> None:
    for server in played.servers:
        tags = {begun.uniqueid: begun.tag for begun in server.begun()}
        sent = [row for row in stored.faxes(played.dsn, server.name) if row["direction"] == "sent"]
        assert {tags[row["uniqueid"]]: row["called_number"] for row in sent} == {
            number: number for number in DIALLED | FILED
        }


def test_the_caller_is_the_one_of_the_originate(played: Played) -> None:
    """The receivers hear of it from the other server."""
    for server in played.servers:
        rows = stored.faxes(played.dsn, server.name)
        assert [row["caller_number"] for row in rows] == [CALLER] * 2 * FAXES


def test_each_fax_is_one_row_with_its_account(played: Played) -> None:
    for server in played.servers:
        rows = stored.faxes(played.dsn, server.name)
        found = sorted((row["operation"], row["result"], row["pages"], row["account_code"]) for row in rows)
        assert found == [("receive", "success", 1, "trunk")] * FAXES + [("send", "success", 1, "sales")] * FAXES


def test_no_attempt_is_missed_and_none_is_invented(played: Played) -> None:
    for server in played.servers:
        assert stored.attempts(played.dsn, server.name) == (2 * FAXES, 0)
