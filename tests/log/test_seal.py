"""Sealing adds each new row once, with concurrent seals too, and appends do not wait for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.log import note, prove, stored, tree
from faxstore.log.coverage import RUNS
from faxstore.log.keys import PublicKey
from faxstore.log.leaves import leaf_hashes
from faxstore.store.database import connect
from tests.kit.command_line import run_command
from tests.kit.given import append, read
from tests.kit.log_faxes import a_history, as_lines, fax, sealed, sizes, verified

EXTRA_LONG = 120
"""Seconds that a busy machine may need."""


def test_sealing_in_steps_gives_the_roots_of_the_whole(dsn: str, database: psycopg.Connection) -> None:
    for step in range(6):
        a_history(database, 10, first=step * 10)
        rows, text = sealed(dsn)
        checkpoint = note.parse(text)
        with connect(dsn) as connection:
            leaves = leaf_hashes(connection, 1, 100_000)
        frontier = tree.Frontier()
        frontier.extend(leaves)
        assert (checkpoint.size, checkpoint.root) == (len(leaves), frontier.root())
        assert rows < len(leaves) or step == 0
    kept = read(database, "select first_position, rows, root from fax.log_subtree order by 1")
    assert [(row["first_position"], row["rows"]) for row in kept] == [
        (first, 256) for first in range(1, len(leaves) - 254, 256)
    ]
    marks = read(database, "select marks from fax.log_run order by first_position")
    assert b"".join(bytes(row["marks"]) for row in marks) == b"".join(leaf[:3] for leaf in leaves)


def test_no_checkpoint_without_new_rows(log: str) -> None:
    before = sealed(log)
    assert before[0] == 0
    assert sealed(log) == before


def test_an_empty_history_is_not_sealed(dsn: str) -> None:
    found = run_command(dsn, "seal")
    assert (found.returncode, found.stdout) == (0, "")
    assert "the history is empty" in found.stderr


@settings(max_examples=25)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_a_growing_log_has_the_right_subtrees_and_marks(steps: list[int]) -> None:
    """For any sizes of the steps."""
    log, reference, kept = stored.GrowingLog(), tree.Frontier(), 0
    for step in steps:
        leaves = [tree.leaf_hash(str(kept + n).encode()) for n in range(step)]
        log.extend(leaves)
        reference.extend(leaves)
        kept += step
        assert (log.size, log.frontier.root()) == (kept, reference.root())
    assert [first for rows, first, _ in log.subtrees if rows == 256] == [*range(1, kept - 254, 256)]
    assert sum(rows for _, rows, _ in log.runs) == kept
    assert all((first - 1) // 256 == (first + rows - 2) // 256 for first, rows, _ in log.runs)


def test_higher_subtrees_are_stored_when_complete() -> None:
    log = stored.GrowingLog()
    leaf = tree.leaf_hash(b"the same")
    log.extend([leaf] * 65_600)
    assert [(rows, first) for rows, first, _ in log.subtrees if rows > 256] == [(65_536, 1)]
    (above,) = [root for rows, _, root in log.subtrees if rows > 256]
    below = [root for rows, _, root in log.subtrees if rows == 256]
    assert above == tree.complete_root(below)
    again = stored.GrowingLog()
    again.restore(65_536, above)
    again.resume([leaf] * 64)
    assert again.frontier.root() == log.frontier.root()


def test_concurrent_seals_run_one_after_the_other(dsn: str, database: psycopg.Connection) -> None:
    a_history(database, 25)
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "seal"]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=300) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert len({out for out, _ in said}) == 1
    assert len(read(database, "select from fax.checkpoint")) == 1
    assert as_lines(verified(dsn)) == []


def test_an_append_does_not_wait_for_a_seal(dsn: str, database: psycopg.Connection) -> None:
    """The append commits during a seal that is not committed yet."""
    append(database, fax(1, 0))
    with psycopg.connect(dsn, autocommit=True) as appender, connect(dsn) as sealer, sealer.transaction():
        sealer.execute("select fax.lock_log()")
        sealer.execute("insert into fax.session_salt (session_id) select session_id from fax.session")
        appender.execute("set lock_timeout = '5s'")
        append(appender, fax(1, 0.01), fax(2, 60))
    before = read(database, "select max(last_position) as p from fax.append_batch")[0]["p"]
    assert note.parse(sealed(dsn)[1]).size == before


def test_sealing_during_appends_covers_every_row(dsn: str, database: psycopg.Connection) -> None:
    a_history(database, 3)
    done = threading.Event()

    def appending() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for number in range(100, 140):
                append(connection, fax(number, number * 60))
        done.set()

    worker = threading.Thread(target=appending)
    worker.start()
    while not done.wait(0.05):
        sealed(dsn)
    worker.join(EXTRA_LONG)
    sealed(dsn)
    assert as_lines(verified(dsn)) == []
    (row,) = read(
        database, "select max(size) as size, (select max(position) from fax.session_history) as p from fax.checkpoint"
    )
    assert row["size"] == row["p"]


def test_a_killed_seal_can_be_repeated(dsn: str, database: psycopg.Connection) -> None:
    a_history(database, 40)
    for delay in (0.2, 0.3, 0.4, 0.6):
        process = subprocess.Popen(
            [sys.executable, "-m", "faxstore", "--dsn", dsn, "seal"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    sealed(dsn)
    assert as_lines(verified(dsn)) == []


# -- the commands -----------------------------------------------------------------------------------------


def test_sealed_signed_published_verified(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    a_history(database, 5)
    key, published = tmp_path / "log.key", tmp_path / "checkpoint"
    public = run_command(dsn, "seal", "--origin", "faxstore/office", "--new-key", str(key)).stdout.strip()
    first = run_command(dsn, "seal", "--origin", "faxstore/office", "--key", str(key), "--publish", str(published))
    assert first.returncode == 0, first.stderr
    assert published.read_text() == first.stdout
    assert note.parse(first.stdout).origin == "faxstore/office"
    PublicKey.parse(public).check(first.stdout)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint", "log.key"]
    a_history(database, 5, first=5)
    assert run_command(dsn, "seal", "--key", str(key)).returncode == 0
    good = run_command(dsn, "verify", "--checkpoint", str(published), "--public-key", public)
    assert (good.returncode, good.stdout) == (0, ""), good
    assert "rows read" in good.stderr
    assert "no findings" in good.stderr
    other = run_command(
        dsn, "verify", "--public-key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    )
    assert (other.returncode, other.stdout.count("not signed by example.com/foo")) == (1, 2)
    assert "PRIVATE" not in "".join((first.stdout, first.stderr, good.stderr, other.stderr))
    renamed = run_command(dsn, "seal", "--origin", "another")
    assert (renamed.returncode, "which cannot change" in renamed.stderr) == (2, True)


def test_a_rewritten_log_does_not_match_a_published_checkpoint(log: str, tmp_path: Path) -> None:
    """A superuser changes a row and seals everything again: only a checkpoint stored elsewhere reveals it."""
    published = tmp_path / "checkpoint"
    published.write_text(sealed(log)[1])
    tables = ("checkpoint", "log_run", "log_subtree", "log_record")
    with psycopg.connect(log, autocommit=True) as connection:
        for table in ("observation", *tables):
            connection.execute(f"alter table fax.{table} disable trigger all".encode())
        connection.execute("update fax.observation set total_bad_lines = 77 where position = 5")
        moved = "insert into fax.unsealed_change select ordinal, relation, row_key, content from fax.log_record"
        connection.execute(f"{moved} where relation <> all (%s)".encode(), [list(RUNS)])
        for table in tables:
            connection.execute(f"delete from fax.{table}".encode())
        sealed(log)
        for table in ("observation", *tables):
            connection.execute(f"alter table fax.{table} enable always trigger append_only".encode())
        for trigger in ("check_erasure", "check_packed"):
            connection.execute(f"alter table fax.observation enable always trigger {trigger}".encode())
    assert run_command(log, "verify").returncode == 0
    found = run_command(log, "verify", "--checkpoint", str(published))
    assert found.returncode == 1
    assert "log: published checkpoint of " in found.stdout
    assert "was rewritten" in found.stdout


def test_verify_as_json(dsn: str, database: psycopg.Connection) -> None:
    a_history(database, 5)
    rows, _ = sealed(dsn)
    good = run_command(dsn, "verify", "--format", "json")
    expected = {"exit_status": 0, "from_position": 1, "to_position": None, "rows": rows, "sealed_rows": rows}
    expected["rows_in_files_not_read"] = 0
    unpublished = {"checkpoint_rows": None, "rows_after_checkpoint": None}
    assert (good.returncode, json.loads(good.stdout)) == (0, expected | unpublished | {"findings": []})
    database.execute("alter table fax.observation disable trigger all")
    database.execute("update fax.observation set total_bad_lines = 77 where position = 5")
    changed, lines = run_command(dsn, "verify", "--format", "json"), run_command(dsn, "verify")
    found = json.loads(changed.stdout)
    assert (changed.returncode, found["exit_status"], lines.returncode) == (1, 1, 1)
    assert [f"{one['check']}: {one['where']}: {one['what']}" for one in found["findings"]] == lines.stdout.splitlines()
    assert any("5" in one["where"] for one in found["findings"])


def test_verify_states_what_a_checkpoint_covers(log: str, tmp_path: Path) -> None:
    """The older of two checkpoints: the rows after it are proven only by the newer one."""
    first, last = sizes(log)
    published = tmp_path / "checkpoint"
    with connect(log) as connection:
        published.write_text(prove.checkpoint(connection, first)[1])
    found = run_command(log, "verify", "--checkpoint", str(published))
    assert f"; --checkpoint covers {first} rows, and after it there are {last - first} rows; " in found.stderr
    document = json.loads(run_command(log, "verify", "--checkpoint", str(published), "--format", "json").stdout)
    assert (document["checkpoint_rows"], document["rows_after_checkpoint"]) == (first, last - first)


def test_verifying_beyond_the_end_is_an_error(log: str) -> None:
    end = sizes(log)[-1]
    assert run_command(log, "verify", "--from-position", str(end)).returncode == 0
    found = run_command(log, "verify", "--from-position", str(end + 1))
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == f"faxstore: --from-position {end + 1}: the history ends at position {end}\n"


def test_a_session_is_proven_by_a_short_id(log: str) -> None:
    """By the beginning that faxstore show accepts; one of digits alone needs a hyphen to be no position."""
    with psycopg.connect(log) as connection:
        ids = [str(row["session_id"]) for row in read(connection, "select session_id from fax.session order by 1")]
    assert run_command(log, "prove", ids[0][:8]).stdout == run_command(log, "prove", ids[0]).stdout != ""
    ambiguous = run_command(log, "prove", next(digit + "-" for digit in "0123456789abcdef" if starting(ids, digit) > 1))
    assert (ambiguous.returncode, ambiguous.stdout) == (2, "")
    assert "is the beginning of several session ids: " in ambiguous.stderr


def starting(ids: list[str], digit: str) -> int:
    return sum(one.startswith(digit) for one in ids)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("seal", "--key", "/nowhere"), "--key /nowhere: No such file"),
        (("seal", "--origin", "a b"), "--origin"),
        (("verify", "--checkpoint", "/nowhere"), "--checkpoint /nowhere: No such file"),
        (("verify", "--public-key", "x"), "not a public key"),
        (("verify", "--from-position", "5", "--to-position", "4"), "is before"),
        (("prove", "x"), "neither a position nor a session id"),
        (("prove", str(UUID(int=1))), f"no session id begins with {UUID(int=1)}"),
        (("verify", "--from-position", "2"), "--from-position 2: the history is empty"),
        (("prove", "1"), "run faxstore seal"),
        (("consistency", "0"), "run faxstore seal"),
        (("consistency", "x"), "ROWS x is not a whole number"),
    ],
)
def test_bad_use_is_one_line(dsn: str, arguments: tuple[str, ...], word: str) -> None:
    found = run_command(dsn, *arguments)
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert word in found.stderr


def test_fax_sealer_may_seal_verify_and_prove(server: str, log: str) -> None:
    with psycopg.connect(log, autocommit=True) as connection:
        append(connection, fax(900, 5e4))
    name = f"test_seal_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"create role {name} login in role fax_sealer".encode())
        try:
            dsn = psycopg.conninfo.make_conninfo(log, user=name)
            assert run_command(dsn, "seal").returncode == 0
            assert run_command(dsn, "verify").returncode == 0
            assert run_command(dsn, "prove", "1").returncode == 0
            assert run_command(dsn, "consistency", "0").returncode == 0
        finally:
            admin.execute(f"drop role {name}".encode())
