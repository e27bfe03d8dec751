"""A database of each released version, and one of today: migrated, every row that it had is the same."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from faxstore.store import migrate
from tests.kit import next_version
from tests.kit.cluster import Programs
from tests.kit.databases import fresh
from tests.kit.given import append, gone, receiving
from tests.kit.log_faxes import as_lines, verified
from tests.kit.released import changed, releases, restore, rows, used


@pytest.fixture(scope="module")
def todays(server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dump of a database of this version."""
    with fresh(server) as dsn:
        return used(dsn, tmp_path_factory.mktemp("used"))


@pytest.fixture(params=["today", *(path.name for path in releases())])
def dumped(request: pytest.FixtureRequest, todays: str) -> str:
    """A dump of a database of each version."""
    if request.param == "today":
        return todays
    (path,) = (path for path in releases() if path.name == request.param)
    return gzip.decompress(path.read_bytes()).decode()


@pytest.fixture
def released(dumped: str, server: str, template: str, programs: Programs) -> Iterator[str]:
    """A DSN of the restored database; `template` has created the roles."""
    with fresh(server, "template0") as dsn:
        restore(programs, dumped, dsn)
        yield dsn


def test_it_is_migrated_with_all_of_its_rows(released: str) -> None:
    before = rows(released)
    empty = {name for name, found in before.items() if not found}
    assert len(before) - len(empty) > 40
    migrate.upgrade(released)
    assert changed(before, rows(released)) == []
    assert as_lines(verified(released)) == []
    with psycopg.connect(released, autocommit=True) as connection:
        assert append(connection, receiving((1, 1, 0), (2, 2, 0), number=77), gone(3, 77)).rows == 3
    assert as_lines(verified(released)) == []


def test_a_next_revision_may_add_columns(released: str, tmp_path: Path) -> None:
    before = rows(released)
    up = "alter table fax.server_history add added integer default 7; alter table fax.session_total add added text"
    with next_version.running(next_version.prepare(tmp_path, up)):
        migrate.upgrade(released)
        after = rows(released)
    assert changed(before, after) == []
    assert {row["added"] for row in after["server_history"]} == {7}


@pytest.mark.parametrize(
    ("up", "noticed"),
    [
        ("alter table fax.append_batch disable trigger user; delete from fax.append_batch", ["append_batch"]),
        ("drop view fax.rejected_messages", ["rejected_messages"]),
        ("alter table fax.archive_file rename sha256 to digest", ["archive_file"]),
    ],
)
def test_the_comparison_notices(released: str, tmp_path: Path, up: str, noticed: list[str]) -> None:
    before = rows(released)
    with next_version.running(next_version.prepare(tmp_path, up)):
        migrate.upgrade(released)
    assert set(noticed) <= set(changed(before, rows(released)))
