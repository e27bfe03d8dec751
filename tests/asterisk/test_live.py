"""Twenty faxes of all kinds at once over two servers: the history must say what the servers' own dialplan logged."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until_over
from tests.asterisk.dialplan_log import End
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, StartAsterisk

SLOW = {"MODEM": "v27", "MAXRATE": "4800"}
"""Of the modems, V.27 bears the noise best: it costs lines, not the fax."""


@pytest.fixture
def faxes(tmp_path: Path) -> list[Fax]:
    """What each server plays: with ECM and without, of one page and of many, and four that do not go well."""
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
    """Both ends of every call log how it went; but a sender whose call is not answered never runs."""
    return 2 * len(faxes) - sum(fax.receiver == "noanswer" for fax in faxes)


def _check_that_all_kinds_were_played(server: Server) -> None:
    """The server's own word: what should go well went well, what should not did not, and the noise was heard."""
    results = {(end.tag, end.operation): end.result for end in server.ends()}
    failures = {tag for (tag, _), result in results.items() if result == "failed"}
    assert failures == {"cut-off", "silent"}
    assert results["no-answer", "receive"] == "none"
    assert sum(pages.bad_lines(server.received(_receiver(server, "noisy-plain").uniqueid))) > 0


def _check_bad_lines(dsn: str, server: Server) -> None:
    """A receiver without ECM counts bad lines, the same ones that it notes in its file; nobody else counts any."""
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
