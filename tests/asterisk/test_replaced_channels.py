"""The channel of a fax is replaced while its application runs, or right before: each fax stays one fax.

When a call is transferred to a channel that runs a fax application, Asterisk swaps both channels under it
(main/channel.c, channel_do_masquerade): the application goes on with the name, Uniqueid and account of the transferred
call.  An AMI action that takes a channel out of its application (ast_channel_yank) leaves the application with a
channel of which Asterisk reports nothing.  All of it is played once, on both servers; each test checks one aspect.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.asterisk import pages, stored, transfers
from tests.asterisk.calls import wait_until_over
from tests.asterisk.dialplan_log import Begun, End
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, servers_below
from tests.asterisk.sip_phone import Phone
from tests.asterisk.stored import Row
from tests.asterisk.transfers import Site

REPLACED = {
    "transfer-to-receiver": "receive",
    "transfer-to-sender": "send",
    "first-at-once": "send",
    "second-at-once": "send",
    "replaced-call": "receive",
}
"""The faxes whose channel is replaced while they run, with their operation: each goes on to the end."""

WHOLE = {"pickup": "send", "forward": "receive", "parked-first": "receive"}
"""The faxes whose channel changed hands before they began: each goes on to the end."""

TAKEN = {"park": "receive", "bridge": "send"}
"""The faxes whose channel is taken from them: each ends then, and Asterisk does not report how."""


@dataclass(frozen=True)
class Played:
    """What was played, at which sites, and the database that recorded it."""

    dsn: str
    servers: list[Server]

    def runs(self, server: Server) -> list[Begun]:
        """All runs of fax applications on a server; an Originate began one without a dialplan that could log it."""
        begun = server.begun()
        return begun + [one for one in begun if one.tag == f"redirect-application-{server.version}"]

    def faxes(self, kinds: dict[str, str]) -> Iterator[tuple[Begun, Row]]:
        """The faxes of these kinds on the servers where their channel changed hands: their start and their only row."""
        for server, begun in self.starts(kinds):
            rows = self.rows(server, begun)
            assert len(rows) == 1, (begun, rows)
            yield begun, rows[0]

    def starts(self, kinds: dict[str, str]) -> Iterator[tuple[Server, Begun]]:
        """The starts of the faxes of these kinds, on the servers where their channel changed hands."""
        for server in self.servers:
            for kind, operation in kinds.items():
                (begun,) = [one for one in server.begun() if one.tag == f"{kind}-{server.version}"]
                assert begun.operation == operation, begun
                yield server, begun

    def rows(self, server: Server, begun: Begun) -> list[Row]:
        """The rows of that operation on the channel on which it began, oldest first."""
        names = (begun.operation, begun.channel, begun.uniqueid)
        rows = stored.faxes(self.dsn, server.name)
        return [row for row in rows if (row["operation"], row["channel"], row["uniqueid"]) == names]

    def end(self, begun: Begun) -> End:
        """The end of that fax, as its application left it on whatever channel it had by then."""
        ends = [end for server in self.servers for end in server.ends() if end.ran]
        (end,) = [end for end in ends if (end.tag, end.operation) == (begun.tag, begun.operation)]
        return end


@pytest.fixture(scope="module")
def played(module_dsn: str, module_folder: Path) -> Played:
    """All faxes of this module, played and recorded."""
    with servers_below(module_folder) as start_asterisk, ExitStack() as stack:
        servers = [start_asterisk("22"), start_asterisk("16")]
        ingestor = stack.enter_context(Ingestor(module_folder / "ingest", module_dsn, servers, every=0.3))
        phones = [stack.enter_context(Phone(server.sip.phone, server.sip.own)) for server in servers]
        for server in servers:
            pages.write_pages(server.home / "pages.tif", pages=2, lines=150)
        ends = list(zip(servers, phones, strict=True))
        sites = [Site(*near, *far, module_dsn) for near, far in zip(ends, reversed(ends), strict=True)]
        for site in sites:
            _play(site, site.server.version)
        for server in servers:
            wait_until_over(server, 0, 90)
        for server in servers:
            stored.wait_until_ended(module_dsn, server, len(server.begun()) + 1)
        ingestor.leave()
    return Played(module_dsn, servers)


def _play(site: Site, version: str) -> None:
    """Starts all faxes of one site and lets their channels change hands; most of them go on."""
    transfers.transfer_to_receiver(site, f"transfer-to-receiver-{version}")
    transfers.transfer_to_sender(site, f"transfer-to-sender-{version}")
    transfers.transfer_two_at_once(site, (f"first-at-once-{version}", f"second-at-once-{version}"))
    transfers.replace_call(site, f"replaced-call-{version}")
    transfers.pick_up(site, f"pickup-{version}")
    transfers.forward(site, f"forward-{version}")
    transfers.park_first(site, f"parked-first-{version}")
    transfers.park_running(site, f"park-{version}")
    transfers.bridge_running(site, f"bridge-{version}")
    transfers.redirect_application(site, f"redirect-application-{version}")
    transfers.redirect_dialplan(site, f"redirect-dialplan-{version}")


def test_each_run_of_a_fax_application_has_one_row_and_nothing_else_has_one(played: Played) -> None:
    for server in played.servers:
        rows = [(row["operation"], row["channel"], row["uniqueid"]) for row in stored.faxes(played.dsn, server.name)]
        assert sorted(rows) == sorted((run.operation, run.channel, run.uniqueid) for run in played.runs(server))


def test_the_servers_did_what_they_should(played: Played) -> None:
    """The sound of replaced-call passes through the phones, which costs the fax now and then."""
    for _, begun in played.starts(REPLACED | WHOLE):
        end = played.end(begun)
        assert (end.uniqueid != begun.uniqueid) == any(begun.tag.startswith(kind) for kind in REPLACED), begun
        assert (end.result, end.pages) == ("success", 2) or begun.tag.startswith("replaced-call"), end


def test_a_fax_goes_on_when_its_channel_is_replaced(played: Played) -> None:
    for begun, row in played.faxes(REPLACED):
        end = played.end(begun)
        assert (row["result"], row["pages"], row["end_observed_by"]) == (end.result, end.pages, "completion"), begun
        assert (row["session_number"], row["result_text"]) == (end.session, end.text), begun


def test_the_timeline_shows_the_new_channel(played: Played) -> None:
    for begun, row in played.faxes(REPLACED):
        notes = stored.notes(played.dsn, row)
        assert any(f", Uniqueid {played.end(begun).uniqueid}" in note for note in notes), (begun, notes)


def test_it_is_billed_to_the_account_that_it_started_with(played: Played) -> None:
    """The transferred call has an account of its own, and its completion event reports that one."""
    for begun, row in played.faxes(REPLACED | WHOLE):
        assert (row["account_code"], row["caller_number"]) == (begun.account, begun.caller), begun
    accounts = [played.end(begun).account for begun, _ in played.faxes({"transfer-to-receiver": "receive"})]
    assert accounts == ["desk", "desk"]


def test_a_call_that_changed_hands_before_its_fax_is_one_fax(played: Played) -> None:
    for begun, row in played.faxes(WHOLE):
        assert (row["result"], row["pages"], row["end_observed_by"]) == ("success", 2, "completion"), begun


def test_a_fax_whose_channel_is_taken_from_it_is_gone_with_an_unknown_result(played: Played) -> None:
    for begun, row in played.faxes(TAKEN):
        assert (row["result"], row["end_observed_by"]) == ("unknown", "gone"), begun
        assert not row["pages"], begun


@pytest.mark.parametrize(
    ("kind", "first"), [("redirect-dialplan", "failed"), ("redirect-application", "failed unknown")]
)
def test_a_redirected_channel_has_two_faxes(played: Played, kind: str, first: str) -> None:
    """Asterisk reports nothing about the end of the fax that ran without a dialplan."""
    for server in played.servers:
        begun = next(one for one in server.begun() if one.tag == f"{kind}-{server.version}")
        rows = played.rows(server, begun)
        assert [row["pages"] or 0 for row in rows] == [0, 2]
        assert rows[0]["result"] in first.split()
        assert rows[1]["result"] == "success"
        assert rows[1]["session_number"] is not None
        assert rows[0]["session_number"] != rows[1]["session_number"]


def test_no_attempt_is_missed_and_none_is_invented(played: Played) -> None:
    for server in played.servers:
        assert stored.attempts(played.dsn, server.name) == (len(played.runs(server)), 0)
