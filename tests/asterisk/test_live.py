"""Twenty different faxes at once on two servers: the history must match the servers' own dialplan log."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until_over
from tests.asterisk.dialplan_log import End
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, StartAsterisk

SLOW = {"MODEM": "v27", "MAXRATE": "4800"}
"""V.27 survives noise best: noise costs it lines, not the whole fax."""


@pytest.fixture
def faxes(tmp_path: Path) -> list[Fax]:
    """The faxes of each server: with and without ECM, of one page and of many, and four that fail."""
    one = pages.write_pages(tmp_path / "one.tif", pages=1, lines=150)
    two = pages.write_pages(tmp_path / "two.tif", pages=2, lines=200)
    four = pages.write_pages(tmp_path / "four.tif", pages=4, lines=100)
    noise = pages.write_noise(tmp_path / "noise.sln", quiet=9, seconds=60, hits=1, level=0.2).with_suffix("")
    return [
        Fax("one", one),
        Fax("two", two),
        Fax("four", four),
        Fax("one-plain", one, ecm=False),
        Fax("two-plain", two, ecm=False),
        Fax("four-plain", four, ecm=False),
        Fax("noisy-plain", four, ecm=False, noise=noise, variables=SLOW),
        Fax("cut-off", four, receiver="cut", variables={"CUT": "22"}),
        Fax("silent", one, receiver="silent"),
        Fax("no-answer", one, receiver="noanswer"),
    ]


def test_the_history_says_what_happened(
    start_asterisk: StartAsterisk, dsn: str, faxes: list[Fax], tmp_path: Path
) -> None:
    servers = [start_asterisk("22"), start_asterisk("16")]
    with Ingestor(tmp_path / "ingest", dsn, servers) as ingestor:
        for server in servers:
            play(server, faxes)
        for server in servers:
            wait_until_over(server, _ends(faxes), 120)
        for server in servers:
            stored.wait_until_stored(dsn, server)
        ingestor.leave()
    for server in servers:
        _check_that_all_kinds_were_played(server)
        assert stored.sessions(dsn, server.name) == stored.expected_sessions(server.ends())
        assert stored.epochs(dsn, server.name) == 1
        _check_bad_lines(dsn, server)


def _ends(faxes: list[Fax]) -> int:
    """Both ends of every call log their result; a sender whose call is not answered never starts."""
    return 2 * len(faxes) - sum(fax.receiver == "noanswer" for fax in faxes)


def _check_that_all_kinds_were_played(server: Server) -> None:
    """According to the servers, the good faxes succeeded, the bad ones failed, and the noise had an effect.

    The noisy one may fail too: where its noise falls depends on when the server has time to play it.
    """
    results = {(end.tag, end.operation): end.result for end in server.ends()}
    failures = {tag for (tag, _), result in results.items() if result == "failed"}
    assert failures - {"noisy-plain"} == {"cut-off", "silent"}
    assert results["no-answer", "receive"] == "none"
    assert sum(pages.bad_lines(server.received(_receiver(server, "noisy-plain").uniqueid))) > 0


def _check_bad_lines(dsn: str, server: Server) -> None:
    """Only a receiver without ECM counts bad lines, and its count equals the one in its TIFF."""
    measurable = stored.measurable(dsn, server.name)
    for end in server.ends():
        if end.session is None:
            continue
        counts = end.operation == "receive" and end.tag.endswith("-plain")
        assert measurable[end.session] is counts, end
        if counts:
            noted = pages.bad_lines(server.received(end.uniqueid))
            assert stored.bad_lines(dsn, server.name, end.session) == noted, end


def _receiver(server: Server, tag: str) -> End:
    return next(end for end in server.ends() if end.tag == tag and end.operation == "receive")
