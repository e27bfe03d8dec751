"""Verification finds every change that a superuser makes, and reports its place."""

from __future__ import annotations

import random

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.kit import log_faxes as faxes
from tests.kit.given import append
from tests.kit.log_faxes import fax, sealed
from tests.kit.partitions import partition_of
from tests.kit.rights import names

CHANGES = {
    "session_id": "gen_random_uuid()",
    "started_at": "started_at + interval '1 microsecond'",
    "observed_at": "observed_at + interval '1 microsecond'",
    "data_rate": "coalesce(data_rate, 0) + 1",
    "x_resolution": "coalesce(x_resolution, 0) + 1",
    "y_resolution": "coalesce(y_resolution, 0) + 1",
    "page_number": "coalesce(page_number, 0) + 1",
    "pages_transmitted": "coalesce(pages_transmitted, 0) + 1",
    "pages_received": "coalesce(pages_received, 0) + 1",
    "total_bad_lines": "coalesce(total_bad_lines, 0) + 1",
    "error_correction_mode": "not coalesce(error_correction_mode, false)",
    "event": "coalesce(event, '') || 'x'",
    "operation": "coalesce(operation, '') || 'x'",
    "state": "coalesce(state, '') || 'x'",
    "session_type": "coalesce(session_type, '') || 'x'",
    "collector": "collector + 1",
    "words": "coalesce(words, 211) + 1",
    "file_name": "coalesce(file_name, '') || 'x'",
    "details": """coalesce(details, '{}') || '{"Status": "another"}'""",
}
"""A change of each column except position."""


def found_in(log: str, **scope: int) -> list[str]:
    """The findings in rows, as lines."""
    return faxes.as_lines(faxes.verified_rows(log, **scope))


def row_of(connection: psycopg.Connection, query: str) -> tuple[int, int]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0], row[1]


def test_an_unchanged_log_has_no_findings(log: str) -> None:
    assert faxes.verified(log) == []


def test_every_column_is_tried(superuser: psycopg.Connection) -> None:
    query = "select attname from pg_attribute where attrelid = 'fax.observation'::regclass and attnum > 0"
    assert set(names(superuser, query)) == {*CHANGES, "position"}


@pytest.mark.parametrize("column", CHANGES)
def test_a_changed_column_is_found_in_its_row(log: str, superuser: psycopg.Connection, column: str) -> None:
    """A row with details, and a snapshot."""
    for position in (150, 301):
        superuser.execute(
            f"update fax.observation set {column} = {CHANGES[column]} where position = %s".encode(), [position]
        )
    found = found_in(log)
    assert "log: position 150: 1 row is not as sealed" in found
    assert "log: position 301: 1 row is not as sealed" in found
    assert len(found) == 2 or column in ("session_id", "started_at")


def test_all_changed_rows_are_found(log: str, superuser: psycopg.Connection) -> None:
    (last,) = superuser.execute("select max(size) from fax.checkpoint").fetchone() or (0,)
    positions = sorted(random.Random(5).sample(range(1, last + 1, 2), 25))
    superuser.execute("update fax.observation set state = 'another' where position = any(%s)", [positions])
    assert found_in(log) == [f"log: position {one}: 1 row is not as sealed" for one in positions]


def test_deleted_rows_are_found(log: str, superuser: psycopg.Connection) -> None:
    superuser.execute("delete from fax.observation where position in (7, 100, 101, 102)")
    assert found_in(log) == [
        "log: position 7: 1 row is missing",
        "log: positions 100 to 102: 3 rows are missing",
    ]


ADD = """
insert into fax.observation
select (jsonb_populate_record(
    h, jsonb_build_object('observed_at', h.observed_at + interval '1 ms', 'position', %s::bigint))).*
from fax.observation h where h.position = 20
"""


def test_an_added_row_is_found(log: str, superuser: psycopg.Connection) -> None:
    superuser.execute(ADD, [20])
    assert found_in(log) == ["log: position 20: has 2 rows: 1 row is added"]


@pytest.mark.parametrize("position", [0, -5, 10**9])
def test_an_added_row_outside_of_all_batches_is_found(log: str, superuser: psycopg.Connection, position: int) -> None:
    superuser.execute(ADD, [position])
    (line,) = found_in(log)
    assert line.startswith(f"batches: position {position}: a row was added (session ")


def test_swapped_rows_are_both_found(log: str, superuser: psycopg.Connection) -> None:
    superuser.execute(
        "update fax.observation set position = case position when 40 then 260 else 40 end where position in (40, 260)"
    )
    assert found_in(log) == [
        "log: position 40: 1 row is not as sealed",
        "log: position 260: 1 row is not as sealed",
    ]


def test_a_rewritten_checkpoint_is_found(log: str, superuser: psycopg.Connection) -> None:
    """Its root and its note match each other, but not the next checkpoint."""
    first, last = (row[0] for row in superuser.execute("select size from fax.checkpoint order by 1").fetchall())
    superuser.execute(
        "update fax.checkpoint set root = sha256('x'), note = replace("
        "note, encode(root, 'base64'), encode(sha256('x'), 'base64')) where size = %s",
        [first],
    )
    assert found_in(log) == [f"log: checkpoint of {first} rows: was rewritten: the rows agree with that of {last}"]
    superuser.execute("update fax.checkpoint set root = sha256('y') where size = %s", [last])
    found = found_in(log)
    assert (
        f"log: checkpoint of {first} rows and 1 after it: does not match the rows: it, or positions 1 to {first}, was"
        in "\n".join(found)
    )
    assert any(line.startswith(f"checkpoints: checkpoint of {last} rows: was rewritten: its note") for line in found)


def test_rows_rewritten_with_their_marks_do_not_match_the_checkpoint(log: str, superuser: psycopg.Connection) -> None:
    """Without a change of the checkpoints: the change is then located between two of them."""
    first, last = (row[0] for row in superuser.execute("select size from fax.checkpoint order by 1").fetchall())
    superuser.execute("update fax.observation set total_bad_lines = 77 where position = %s", [first + 5])
    superuser.execute(
        "update fax.log_run r set marks = overlay(r.marks placing substr(l.leaf, 1, 3)"
        " from ((l.position - r.first_position) * 3 + 1)::integer for 3)"
        " from fax.log_leaves l where l.position = %s"
        " and l.position between r.first_position and r.first_position + r.rows - 1",
        [first + 5],
    )
    found = found_in(log)
    assert found[-1].startswith(
        f"log: checkpoint of {last} rows: does not match the rows: it, or positions {first + 1} to {last}"
    )


def test_a_rewritten_root_is_found(log: str, superuser: psycopg.Connection) -> None:
    superuser.execute("update fax.log_subtree set root = sha256('x') where first_position = 257")
    assert found_in(log) == [
        "log: positions 257 to 512: changed: the root differs, because of these rows or of fax.log_subtree"
    ]


def test_missing_marks_and_roots_are_found(log: str, superuser: psycopg.Connection) -> None:
    superuser.execute("delete from fax.log_run where first_position = 1")
    superuser.execute("delete from fax.log_subtree where first_position = 257")
    assert found_in(log) == [
        "log: fax.log_run, positions 1 to 256: the marks are missing",
        "log: fax.log_subtree, positions 257 to 512: the root is missing",
    ]


def test_a_detached_partition_is_found_and_its_rows_are_missing(log: str, superuser: psycopg.Connection) -> None:
    name = partition_of(superuser, 1)
    first, rows = row_of(superuser, f"select min(position), count(*) from fax.{name}")
    superuser.execute(f"alter table fax.observation detach partition fax.{name}".encode())
    found = [line for line in found_in(log) if not line.startswith("catalog: ")]
    assert found[0].startswith(f"partitions: fax.{name}: detached from fax.observation; it holds {rows} rows")
    missing = [line for line in found if line.endswith(" missing")]
    assert missing[0].startswith(f"log: positions {first} to ")
    assert sum(int(line.split(": ")[2].split()[0]) for line in missing) == rows
    assert all("missing" in line or "has no row" in line for line in found[1:])


def test_a_disabled_trigger_is_found(log: str) -> None:
    with psycopg.connect(log, autocommit=True) as connection:
        connection.execute("alter table fax.observation_past disable trigger append_only")
    assert faxes.as_lines(faxes.verified(log)) == [
        "catalog: trigger append_only on fax.observation_past: differs from this version of faxstore:"
        " state disabled, not enabled always"
    ]


@pytest.mark.parametrize(
    "change", ["server = 'other'", "session_number = 77", "started_at = started_at + interval '1 s'"]
)
def test_a_session_with_changed_identity_is_found(log: str, superuser: psycopg.Connection, change: str) -> None:
    of_position_3 = "(select session_id from fax.session_history where position = 3)"
    superuser.execute(f"update fax.session set {change} where session_id = {of_position_3}".encode())
    found = found_in(log)
    assert [line for line in found if line.startswith("sessions: session ")]
    assert len([line for line in found if "not as sealed" in line]) >= ("started_at" not in change)


def test_a_deleted_batch_is_found(log: str, superuser: psycopg.Connection) -> None:
    second = "select first_position, last_position from fax.append_batches order by 1 offset {} limit 1"
    gone, end = row_of(superuser, second.format(1))
    size, batches = row_of(
        superuser,
        "select (content ->> 'last')::int, (content ->> 'rows')::int from fax.log_record"
        " where relation = 'append_batch' order by ordinal limit 1",
    )
    first, last = row_of(superuser, second.format(2))
    superuser.execute("delete from fax.append_batch where last_position = %s", [end])
    assert found_in(log) == [
        f"batches: batch of positions {first} to {last}: has {last - first + 1} rows"
        f" and should begin at position {gone}",
        f"records: fax.append_batch, last_position 1 to {size}: not as sealed: a row was changed, removed or added;"
        f" {batches} were sealed",
    ]


def test_unsealed_rows_are_counted(log: str, superuser: psycopg.Connection) -> None:
    append(superuser, fax(900, 5e4))
    assert found_in(log) == []
    (last,) = superuser.execute("select max(position) from fax.session_history").fetchone() or (0,)
    superuser.execute("delete from fax.observation where position = %s", [last - 2])
    assert found_in(log) == [f"log: position {last - 2}: 1 row is missing"]


def test_sealing_fails_after_a_change_of_the_last_rows(log: str, superuser: psycopg.Connection) -> None:
    (size,) = superuser.execute("select max(size) from fax.checkpoint").fetchone() or (0,)
    append(superuser, fax(900, 5e4))
    superuser.execute("update fax.observation set state = 'another' where position = %s", [size])
    with pytest.raises(Exception, match="run faxstore verify"):
        sealed(log)


def test_a_range_reads_only_its_rows(log: str, superuser: psycopg.Connection) -> None:
    assert found_in(log, first=100, last=120) == []
    superuser.execute("update fax.observation set state = 'another' where position = 110")
    assert found_in(log, first=100, last=120) == ["log: position 110: 1 row is not as sealed"]


SHADOW = """
create schema shadow;
create function shadow.always_zero(bigint, bigint) returns bigint language sql as 'select 0::bigint';
create aggregate shadow.max(bigint) (sfunc = shadow.always_zero, stype = bigint, initcond = 0);
grant usage on schema shadow to public;
"""


def test_functions_of_another_schema_hide_no_change(log: str, superuser: psycopg.Connection) -> None:
    """A search path with a max() that is always 0: no position would be in use after the sealed ones."""
    append(superuser, fax(900, 5e4))
    (last,) = superuser.execute("select max(position) from fax.session_history").fetchone() or (0,)
    superuser.execute("delete from fax.observation where position = %s", [last - 2])
    superuser.execute(SHADOW)
    shadowed = make_conninfo(log, options="-c search_path=shadow,pg_catalog")
    with psycopg.connect(shadowed) as connection:
        assert connection.execute("select max(position) from fax.session_history").fetchone() == (0,)
    assert found_in(shadowed) == [f"log: position {last - 2}: 1 row is missing"]
