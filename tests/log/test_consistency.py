"""The second script of docs/how-to/proofs.md accepts a log that only grew and refuses any other."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from faxstore.errors import FaxstoreError, UsageError
from faxstore.log import prove
from faxstore.store.database import connect
from tests.kit import proof_scripts as scripts
from tests.kit.given import append
from tests.kit.log_faxes import fax, sealed, sizes


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return scripts.written(tmp_path / "grown.py", "base64, hashlib, sys")


@pytest.fixture
def log(log: str) -> str:
    """The log, with three further seals of a few rows each."""
    with psycopg.connect(log, autocommit=True) as connection:
        for number in range(900, 903):
            append(connection, fax(number, 5e4 + number))
            sealed(log)
    return log


def consistency(dsn: str, old: int, size: int | None = None) -> str:
    with connect(dsn) as connection:
        return prove.consistency(connection, old, *prove.checkpoint(connection, size))


def checkpoint_note(dsn: str, size: int) -> str:
    with connect(dsn) as connection:
        return prove.checkpoint(connection, size)[1]


def checked(script: Path, request: str, checkpoint: str) -> subprocess.CompletedProcess[str]:
    return scripts.run(script, {"grown.txt": request, "old-checkpoint": checkpoint})


def test_each_checkpoint_is_the_beginning_of_each_later_one(log: str, script: Path) -> None:
    found = sizes(log)
    assert len(found) == 5
    for number, old in enumerate(found):
        for size in found[number:]:
            done = checked(script, consistency(log, old, size), checkpoint_note(log, old))
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout == f"the first {old} of the {size} rows of faxstore/test are as they were\n"


def test_a_changed_root_a_changed_hash_and_a_missing_hash_are_refused(log: str, script: Path) -> None:
    old, *_, last = sizes(log)
    request, checkpoint = consistency(log, old), checkpoint_note(log, old)
    lines = request.split("\n")
    assert lines[0] == f"old {old}"
    wrong = [
        (request, checkpoint.replace(checkpoint.split("\n")[2], checkpoint_note(log, last).split("\n")[2])),
        (request, checkpoint.replace("faxstore/test", "faxstore/another")),
        (request, checkpoint.replace(f"\n{old}\n", f"\n{old - 1}\n")),
        ("\n".join([lines[0], *lines[2:]]), checkpoint),
        ("\n".join([lines[0], lines[2], lines[1], *lines[3:]]), checkpoint),
        ("\n".join([*lines[:2], *lines[1:]]), checkpoint),
    ]
    for changed, other in wrong:
        done = checked(script, changed, other)
        assert (done.returncode, done.stdout) == (1, "")
        assert "are NOT the beginning of" in done.stderr


def test_the_proof_is_a_request_to_a_witness(log: str) -> None:
    """As C2SP tlog-witness defines it: old size, hashes of 32 bytes in base64, empty line, checkpoint."""
    found = sizes(log)
    for old in (0, *found):
        head, blank, checkpoint = consistency(log, old).partition("\n\n")
        assert blank
        assert checkpoint == checkpoint_note(log, found[-1])
        first, *hashes = head.split("\n")
        assert first == f"old {old}"
        assert [one for one in hashes if not re.fullmatch(r"[A-Za-z0-9+/]{43}=", one)] == []
        assert len(hashes) <= 63
        assert bool(hashes) is (0 < old < found[-1])


def test_errors_of_consistency_proofs(log: str) -> None:
    first, *_, last = sizes(log)
    with pytest.raises(UsageError, match="there is no checkpoint of 5 rows"):
        consistency(log, 5)
    with pytest.raises(UsageError, match=f"the checkpoint of {first} rows is older than the one of {last}"):
        consistency(log, last, first)
    with psycopg.connect(log, autocommit=True) as connection:
        connection.execute("alter table fax.observation disable trigger all")
        connection.execute("update fax.observation set state = 'another' where position = %s", [last])
    with pytest.raises(
        FaxstoreError, match=f"{first} rows is not the beginning of the one of {last}: run faxstore verify"
    ):
        consistency(log, first)


def test_a_damaged_checkpoint_is_named(log: str) -> None:
    first = sizes(log)[0]
    with psycopg.connect(log, autocommit=True) as connection:
        connection.execute("alter table fax.checkpoint disable trigger all")
        connection.execute("update fax.checkpoint set note = 'x' where size = %s", [first])
    with pytest.raises(FaxstoreError, match=f"the checkpoint of {first} rows is damaged"):
        consistency(log, first)
