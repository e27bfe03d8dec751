"""After a change of the distribution, older records are appended first, and what waits changes its spool."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from faxstore.ingest.carrier import Carrier
from faxstore.ingest.earlier_spools import Awaited, EarlierSpools, Emptied
from faxstore.ingest.spool_folder import SpoolFolder
from faxstore.observations import Life, Observation, encode
from faxstore.spool.queue import Spool
from tests.kit.cluster import wait_until
from tests.kit.counted_rows import LIFE, NOON, in_order, snapshot

OTHER = Life("pbx2", NOON, started_at=NOON - 3_600_000_000)


@pytest.fixture
def folder(tmp_path: Path) -> SpoolFolder:
    """A folder in which one spool collected from pbx1 and pbx2, and now two spools do."""
    folder = SpoolFolder(tmp_path)
    folder.distribute(["pbx1", "pbx2"], 1)
    return folder


def put(folder: SpoolFolder, number: int, *bodies: bytes) -> None:
    with closing(folder.open(number)) as spool:
        spool.put(bodies)


def bodies(folder: SpoolFolder, number: int) -> list[bytes]:
    with closing(folder.open(number)) as spool:
        return [body for _, body in spool.peek(0, 100)]


def event(life: Life, text: str) -> bytes:
    """Encode an event that names only its channel."""
    details: dict[str, str | list[str]] = {"Variable": "FAXSTATUS", "Value": text}
    return encode(Observation(life, NOON + 500_000, "VarSet", channel="PJSIP/a-7", uniqueid="1.2", details=details))


def not_called(spool: Spool) -> bool:
    raise AssertionError(f"{spool} is read")


@contextmanager
def carrying(dsn: str, folder: SpoolFolder, spools: dict[int, EarlierSpools]) -> Iterator[None]:
    """Run a carrier for each of these spools until they are empty."""
    with ExitStack() as stack:
        opened = [stack.enter_context(closing(folder.open(number))) for number in spools]
        carriers = [
            Carrier(dsn, spool, "host1", earlier) for spool, earlier in zip(opened, spools.values(), strict=True)
        ]
        for carrier in carriers:
            carrier.start()
            stack.callback(carrier.stop, within=5.0)
        yield
        wait_until(lambda: not any(map(len, opened)))


def test_all_carriers_wait_until_the_older_records_are_appended(
    dsn: str, database: psycopg.Connection, folder: SpoolFolder
) -> None:
    put(folder, 1, *(snapshot(number) for number in range(1, 2_501)))
    folder.distribute(["pbx1", "pbx2"], 2)
    put(folder, 2, snapshot(2_502))
    put(folder, 3, snapshot(2_501))
    with carrying(dsn, folder, {2: Emptied(folder), 3: Awaited(folder)}):
        pass
    pages = in_order(database)
    assert (pages[:2_500], sorted(pages[2_500:])) == (list(range(1, 2_501)), [2_501, 2_502])
    assert not folder.path(1).exists()


def test_an_event_that_waits_moves_to_the_spool_in_which_its_session_is_listed(
    dsn: str, database: psycopg.Connection, folder: SpoolFolder
) -> None:
    put(folder, 1, event(LIFE, "SUCCESS"))
    folder.distribute(["pbx2", "pbx1"], 2)  # pbx1 now has spool 3
    put(folder, 3, snapshot(1))
    with carrying(dsn, folder, {2: Emptied(folder), 3: Awaited(folder)}):
        pass
    rows = "select event from fax.session_history join fax.session using (session_id) where session_number = 7"
    assert sorted(database.execute(rows.encode()).fetchall()) == [("FAXSession",), ("VarSet",)]


def test_what_waits_is_in_front_of_newer_records_and_of_any_number_of_earlier_spools(folder: SpoolFolder) -> None:
    old = [event(LIFE, str(number)) for number in range(2_100)]
    put(folder, 1, *old)
    folder.distribute(["pbx1", "pbx2"], 2)
    put(folder, 2, event(LIFE, "newer"))
    put(folder, 3, event(OTHER, "other"))
    folder.distribute(["pbx1", "pbx2"], 1)
    put(folder, 4, event(LIFE, "newest"))
    assert Emptied(folder).empty(lambda spool: True, lambda: True)
    with closing(folder.open(4)) as spool:
        found = [body for _, body in spool.peek(0, 5_000)]
    assert found == [*old, event(LIFE, "newer"), event(OTHER, "other"), event(LIFE, "newest")]
    assert [path.name for path in folder.folder.glob("*.sqlite")] == ["ingest-4.sqlite"]


def test_records_of_a_removed_server_or_a_newer_faxstore_move_to_the_first_spool(folder: SpoolFolder) -> None:
    newer = b'["Prophecy",1,"pbx1"]'
    put(folder, 1, event(OTHER, "removed"), newer)
    folder.distribute(["pbx1", "pbx3"], 2)
    assert Emptied(folder).empty(lambda spool: True, lambda: True)
    assert bodies(folder, 2) == [event(OTHER, "removed"), newer]


def test_after_a_kill_in_the_middle_of_a_move_nothing_is_appended_from_the_old_spool(folder: SpoolFolder) -> None:
    waiting = [event(LIFE, str(number)) for number in range(3)]
    put(folder, 1, *waiting)
    folder.distribute(["pbx1", "pbx2"], 2)
    folder.begin_to_move(1)
    with closing(folder.open(1)) as spool:
        moved = spool.peek(0, 1)
    with closing(folder.open(2)) as spool:
        spool._run(lambda database: database.executemany("insert into entry (key, body) values (?, ?)", moved))
    assert Emptied(folder).empty(not_called, lambda: True)
    assert bodies(folder, 2) == waiting
    assert not folder.path(1).exists()


@pytest.mark.parametrize("kind", [Emptied, Awaited])
def test_a_stop_ends_the_wait(folder: SpoolFolder, kind: type[Emptied | Awaited]) -> None:
    put(folder, 1, snapshot(1))
    folder.distribute(["pbx1", "pbx2"], 2)
    assert not kind(folder).empty(not_called, lambda: False)
    assert bodies(folder, 1) == [snapshot(1)]


@pytest.mark.parametrize("kind", [Emptied, Awaited])
def test_without_earlier_spools_there_is_no_wait(folder: SpoolFolder, kind: type[Emptied | Awaited]) -> None:
    assert kind(folder).empty(not_called, lambda: False)


def test_a_worker_goes_on_as_soon_as_another_one_has_emptied_the_spools(folder: SpoolFolder) -> None:
    folder.distribute(["pbx1", "pbx2"], 2)
    results: list[bool] = []
    waiting = threading.Thread(target=lambda: results.append(Awaited(folder).empty(not_called, lambda: True)))
    waiting.start()
    assert Emptied(folder).empty(lambda spool: True, lambda: True)
    waiting.join(10)
    assert results == [True]
