"""A busy server that is polled often: faxstore must not disturb it and must miss nothing."""

from __future__ import annotations

import time
from pathlib import Path

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, wait_until_over
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import Server, StartAsterisk

FAXES = 200
STARTS_PER_SECOND = 10
POLL_INTERVAL = 0.05


def test_a_storm_of_faxes_polled_every_50_ms(start_asterisk: StartAsterisk, dsn: str, tmp_path: Path) -> None:
    server = start_asterisk("22")
    page = pages.write_pages(tmp_path / "page.tif", pages=1, lines=60)
    with Ingestor(tmp_path / "ingest", dsn, [server], POLL_INTERVAL) as ingestor:
        _start_faxes(server, page)
        wait_until_over(server, 2 * FAXES, 100)
        stored.wait_until_stored(dsn, server)
        ingestor.leave()
    _check_unharmed(server)
    assert stored.sessions(dsn, server.name) == stored.expected_sessions(server.ends())
    assert stored.epochs(dsn, server.name) == 1


def _start_faxes(server: Server, page: Path) -> None:
    """Starts every fax when it is due; a slow start does not delay the next ones."""
    began = time.monotonic()
    with server.manager() as manager:
        for number in range(FAXES):
            time.sleep(max(0.0, began + number / STARTS_PER_SECOND - time.monotonic()))
            Fax(f"storm-{number}", page).start(manager)
    took = time.monotonic() - began
    assert took < FAXES / STARTS_PER_SECOND + 2, f"the server was too slow: {FAXES} starts took {took:.1f} s"


def _check_unharmed(server: Server) -> None:
    """The original process still runs and answers, and every fax ran."""
    assert server.process.poll() is None, server.console()[-2000:]
    with server.manager() as manager:
        assert manager.ask("Ping")[0]["Ping"] == "Pong"
    assert len(stored.expected_sessions(server.ends())) == 2 * FAXES
