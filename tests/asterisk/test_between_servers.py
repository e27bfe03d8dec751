"""Two servers fax each other over SIP: as T.38, as audio, and through a gateway; some faxes never start.

All of them are played once, and each test checks one aspect.
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

SLOW = {"MODEM": "v27", "MAXRATE": "4800"}
"""V.27 survives noise best: noise costs it lines, not the whole fax."""

CLASHING = {"MODEM": "v27", "MAXRATE": "14400"}
"""Settings that SendFAX refuses: V.27 is no faster than 4800."""

CALLER = "5550100"
CALLERS = {"t38": "5550111", "local": "5550112", "missing": "5550113"}
"""The caller of each kind of fax, if it is not CALLER."""

ENDS = {"22": 15, "16": 14}
"""The number of ends that each server logs: senders, receivers, gateways, and calls that no fax application took."""


@dataclass(frozen=True)
class Played:
    """What was played, on which servers, and the database that recorded it."""

    dsn: str
    servers: list[Server]

    def ends(self) -> Iterator[tuple[Server, End]]:
        """All ends of fax applications and gateways, each with its server."""
        for server in self.servers:
            for end in server.ends():
                if end.ran:
                    yield server, end

    def row(self, server: Server, end: End) -> Row:
        """The only row of that end."""
        found = [row for row in stored.faxes(self.dsn, server.name) if _names(row) == _names_of(end)]
        assert len(found) == 1, (end, found)
        return found[0]

    def pages(self, end: End) -> int:
        """The pages of that end.  Asterisk counts none for a gateway: they are the pages that passed through it."""
        return self.end(end.tag, "receive")[1].pages if end.operation == "gateway" else end.pages

    def end(self, tag: str, operation: str) -> tuple[Server, End]:
        """The end of that part of that fax, with its server."""
        found = [(server, end) for server, end in self.ends() if (end.tag, end.operation) == (tag, operation)]
        assert len(found) == 1, (tag, operation, found)
        return found[0]


def _bad_lines(server: Server, end: End) -> int:
    """The bad lines that this end recorded in its file; only a receiver does."""
    file = server.received(end.uniqueid)
    return sum(pages.bad_lines(file)) if end.operation == "receive" and file.exists() else 0


def _names(row: Row) -> tuple[str, str, str]:
    return row["operation"], row["channel"], row["uniqueid"]


def _names_of(end: End) -> tuple[str, str, str]:
    return end.operation, end.channel, end.uniqueid


@pytest.fixture(scope="module")
def played(module_dsn: str, module_folder: Path) -> Played:
    """All faxes of this module, played and recorded."""
    with servers_below(module_folder) as start_asterisk:
        servers = [start_asterisk("22"), start_asterisk("16")]
        with Ingestor(module_folder / "ingest", module_dsn, servers) as ingestor:
            for server in servers:
                play(server, _faxes(module_folder, server.version))
            for server in servers:
                wait_until_over(server, ENDS[server.version], 90)
            for server in servers:
                stored.wait_until_ended(module_dsn, server, sum(end.ran for end in server.ends()))
            ingestor.leave()
    return Played(module_dsn, servers)


def _faxes(folder: Path, version: str) -> list[Fax]:
    """The faxes that this server sends.  Each tag names the sending server."""
    two = pages.write_pages(folder / f"two-{version}.tif", pages=2, lines=150)
    long = pages.write_pages(folder / f"long-{version}.tif", pages=2, lines=200)
    noise = pages.write_noise(folder / f"noise-{version}.sln", quiet=20, seconds=14, hits=1, level=0.2).with_suffix("")
    noisy = f"noisy-{version}"
    faxes = [
        Fax(noisy, long, f"PJSIP/recv*{noisy}@audio", ecm=False, noise=noise, variables=SLOW, account="noisy"),
        Fax(f"t38-{version}", two, f"PJSIP/recv*t38-{version}@peer", account="sales", caller=CALLERS["t38"]),
        Fax(f"local-{version}", two, account="support", caller=CALLERS["local"]),
        Fax(f"missing-{version}", folder / "no-such-file.tif", "idle", account="support", caller=CALLERS["missing"]),
        Fax(f"clash-{version}", two, "idle", variables=CLASHING),
        Fax(f"gateway-{version}", two, f"PJSIP/gateway*gateway-{version}@audio", account="sales"),
    ]
    if version == "22":  # On Asterisk 22 the gateway seldom succeeds this way, and takes a minute to give up.
        faxes.append(Fax("back-22", two, "PJSIP/gateway*back-22@peer"))
    return faxes


def test_the_servers_did_what_they_should(played: Played) -> None:
    """According to the servers, the good faxes succeeded and the bad ones failed.

    Through the gateway of Asterisk 22 some faxes arrive and some do not: the history must say which.
    """
    results = {(end.tag, end.operation): end.result for _, end in played.ends()}
    failed = {f"{tag}-{version}" for tag in ("missing", "clash") for version in ("22", "16")}
    assert {tag for (tag, _), result in results.items() if result == "failed"} - {"gateway-16"} == failed
    assert results["gateway-16", "gateway"] == "success"  # The gateway started: Asterisk reports nothing else about it.
    assert len(results) == 25  # 11 faxes of each server, and 3 that only Asterisk 22 sends.


def test_each_application_has_one_row_and_nothing_else_has_one(played: Played) -> None:
    for server in played.servers:
        applications = [(begun.operation, begun.channel, begun.uniqueid) for begun in server.begun()]
        gateways = [_names_of(end) for end in server.ends() if end.operation == "gateway"]
        rows = [_names(row) for row in stored.faxes(played.dsn, server.name)]
        assert sorted(rows) == sorted(applications + gateways)


def test_pages_result_and_number_are_those_of_the_dialplan(played: Played) -> None:
    for server, end in played.ends():
        row = played.row(server, end)
        assert row["result"] == end.result, end
        assert row["result_text"] == end.text, end
        assert row["session_number"] == end.session, end
        assert (row["pages"] or 0) == played.pages(end), end


def test_a_fax_that_never_began_has_no_snapshot_and_a_reason(played: Played) -> None:
    reasons = {"missing": "file_error", "clash": "neg_failed"}
    for server in played.servers:
        for tag, reason in reasons.items():
            row = played.row(*played.end(f"{tag}-{server.version}", "send"))
            assert (row["snapshots"], row["session_number"]) == (0, None)
            assert (row["direction"], row["result"], row["result_class"]) == ("sent", "failed", reason)
            assert row["end_observed_by"] != "open"


def test_the_transport_is_the_one_that_was_agreed_on(played: Played) -> None:
    for server, end in played.ends():
        if end.operation != "gateway" and end.session is not None:
            assert played.row(server, end)["transport"] == end.transport, end
    for version in ("22", "16"):
        assert [played.end(f"t38-{version}", part)[1].transport for part in ("send", "receive")] == ["T.38", "T.38"]
        assert [played.end(f"noisy-{version}", part)[1].transport for part in ("send", "receive")] == ["G.711"] * 2
    assert [played.end("gateway-22", part)[1].transport for part in ("send", "receive")] == ["G.711", "T.38"]
    assert [played.end("back-22", part)[1].transport for part in ("send", "receive")] == ["T.38", "G.711"]


@pytest.mark.parametrize("tag", ["gateway-22", "back-22", "gateway-16"])
def test_a_gateway_counts_the_pages_that_it_passed_on(played: Played, tag: str) -> None:
    row = played.row(*played.end(tag, "gateway"))
    received = played.end(tag, "receive")[1].pages
    assert received == 2 or tag == "gateway-16"
    assert (row["direction"], row["transport"], row["end_observed_by"]) == ("gateway", None, "gone")
    assert row["pages"] == received
    assert stored.highest_page_number(played.dsn, row) == received + 1
    assert not row["bad_lines_measurable"]


@pytest.mark.parametrize("tag", ["gateway-22", "back-22", "gateway-16"])
def test_a_detector_names_the_gateway_of_its_channel(played: Played, tag: str) -> None:
    server, end = played.end(tag, "gateway")
    gateway = played.row(server, end)
    detectors = [row for row in stored.detectors(played.dsn, server.name) if row["channel"] == end.channel]
    assert detectors
    for row in detectors:
        assert row["fax_session_id"] == gateway["session_id"]
        assert row["session_number"] != gateway["session_number"]


@pytest.mark.parametrize("tag", ["gateway-22", "back-22", "gateway-16"])
def test_a_detector_is_of_the_call_of_its_channel(played: Played, tag: str) -> None:
    server, end = played.end(tag, "gateway")
    detectors = [row for row in stored.detectors(played.dsn, server.name) if row["channel"] == end.channel]
    assert detectors
    for row in detectors:
        assert (row["uniqueid"], row["linkedid"]) == (end.uniqueid, end.linkedid)


def test_a_detector_of_another_channel_names_no_fax(played: Played) -> None:
    """A gateway listens on both of its channels, but only one of them carries its session."""
    for server in played.servers:
        gateways = {end.channel for end in server.ends() if end.operation == "gateway"}
        others = [row for row in stored.detectors(played.dsn, server.name) if row["channel"] not in gateways]
        assert len(others) == len(gateways)
        assert [row["fax_session_id"] for row in others] == [None] * len(others)


def test_bad_lines_by_page_are_those_of_the_tiff(played: Played) -> None:
    for server, end in played.ends():
        row = played.row(server, end)
        measurable = end.operation == "receive" and end.tag.startswith("noisy")
        assert row["bad_lines_measurable"] is measurable or end.session is None or end.pages == 0, end
        if measurable:
            noted = pages.bad_lines(server.received(end.uniqueid))
            assert sum(noted) > 0
            assert stored.bad_lines_by_page(played.dsn, row) == noted
            assert row["bad_lines"] == sum(noted)


def test_the_parties_are_those_of_the_dialplan(played: Played) -> None:
    """The answer of the other server may bring the dialled number back as the caller id of a sender's channel."""
    accounts = set()
    for server, end in played.ends():
        row = played.row(server, end)
        found = (row["uniqueid"], row["linkedid"], row["account_code"], row["caller_number"])
        caller = CALLERS.get(end.tag.rpartition("-")[0], CALLER) if end.operation == "send" else end.caller
        assert found == (end.uniqueid, end.linkedid, end.account, caller), end
        accounts.add(end.account)
    assert {"sales", "support", "trunk", None} <= accounts


def test_totals_are_those_of_the_dialplan_and_the_tiffs(played: Played) -> None:
    directions = {"send": "sent", "receive": "received", "gateway": "gateway"}
    for server in played.servers:
        totals: dict[tuple[str | None, str], tuple[int, ...]] = {}
        for end in server.ends():
            if end.ran:
                of = (end.account, directions[end.operation])
                counts = (
                    1,
                    played.pages(end),
                    _bad_lines(server, end),
                    end.result == "success",
                    end.result == "failed",
                )
                totals[of] = tuple(map(sum, zip(totals.get(of, (0,) * len(counts)), counts, strict=True)))
        assert stored.usage(played.dsn, server.name) == totals


def test_every_server_lived_once(played: Played) -> None:
    for server in played.servers:
        assert stored.epochs(played.dsn, server.name) == 1
