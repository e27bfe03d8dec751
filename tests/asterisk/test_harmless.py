"""Holds open the moment in which a careless query kills the server: faxstore must not send one then.

A FAXSession for a session that is listed as Initialized makes res_fax_spandsp.c, spandsp_manager_fax_session,
dereference a null pointer.  That state lasts about a millisecond, between two bursts of channel variables.  Here the
server reads a big file for each variable, so the state lasts tenths of a second and every poll meets it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.asterisk import pages, stored
from tests.asterisk.calls import Fax, play, wait_until_over
from tests.asterisk.live_ingestor import Ingestor
from tests.asterisk.real_asterisk import CHANNELVARS, StartAsterisk

BIG = 100_000_000
"""Bytes of the file: 15 to 50 ms to read.  The file is sparse and takes no disk space."""

POLL_INTERVAL = 0.05


@pytest.fixture
def slow_variables(tmp_path: Path) -> str:
    """A channelvars setting that slows the server down whenever it reports a channel."""
    file = tmp_path / "big"
    file.touch()
    os.truncate(file, BIG)
    return f"{CHANNELVARS},FILE_COUNT_LINE({file})"


@pytest.mark.parametrize("version", ["22", "16"])
def test_a_session_that_is_not_ready_is_left_alone(
    version: str, start_asterisk: StartAsterisk, slow_variables: str, dsn: str, tmp_path: Path
) -> None:
    server = start_asterisk(version, slow_variables)
    page = pages.write_pages(tmp_path / "page.tif", pages=1, lines=60)
    with Ingestor(tmp_path / "ingest", dsn, [server], POLL_INTERVAL) as ingestor:
        play(server, [Fax("slow-start", page)])
        wait_until_over(server, 2, 60)
        stored.wait_until_stored(dsn, server)
        ingestor.leave()
    states = stored.states(dsn, server.name)
    assert ("FAXSessionsEntry", "Initialized") in states
    assert ("FAXSession", "Active") in states
    assert stored.sessions(dsn, server.name) == stored.expected_sessions(server.ends())
