"""The script of docs/how-to/proofs.md accepts the proof of every position and refuses a changed byte."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.errors import FaxstoreError, UsageError
from faxstore.log import prove
from faxstore.store.database import connect
from tests.kit import proof_scripts as scripts
from tests.kit.log_faxes import SECRETS, sizes


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return scripts.written(tmp_path / "check.py", "base64, hashlib, json, sys")


def proofs_of(dsn: str, positions: list[int], size: int | None = None) -> list[dict[str, Any]]:
    with connect(dsn) as connection:
        sealed, text = prove.checkpoint(connection, size)
        return [prove.inclusion(connection, position, sealed, text) for position in positions]


def checked(script: Path, proofs: list[dict[str, Any]], checkpoint: str) -> subprocess.CompletedProcess[str]:
    lines = "".join(json.dumps(proof) + "\n" for proof in proofs)
    return scripts.run(script, {"proof.jsonl": lines, "checkpoint": checkpoint})


def test_every_position_is_proven_against_every_checkpoint(log: str, script: Path) -> None:
    for size in sizes(log):
        proofs = proofs_of(log, list(range(1, size + 1)), size)
        found = checked(script, proofs, proofs[0]["checkpoint"])
        assert (found.returncode, found.stderr) == (0, "")
        assert found.stdout.splitlines() == [
            f"position {position} is in faxstore/test as of {size} rows" for position in range(1, size + 1)
        ]


@pytest.mark.parametrize("what", ["entry", "path", "checkpoint", "another position"])
def test_a_changed_byte_is_refused(log: str, script: Path, what: str) -> None:
    chance = random.Random(what)
    for position in chance.sample(range(1, sizes(log)[-1] + 1), 12):
        (proof,) = proofs_of(log, [position])
        checkpoint = proof["checkpoint"]
        if what == "entry":
            data = bytearray.fromhex(proof["entry"])
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            proof["entry"] = data.hex()
        elif what == "path":
            place = chance.randrange(len(proof["path"]))
            proof["path"][place] = changed_character(proof["path"][place], chance.randrange(40), chance)
        elif what == "checkpoint":
            lines = checkpoint.split("\n")
            checkpoint = "\n".join([*lines[:2], changed_character(lines[2], chance.randrange(40), chance), *lines[3:]])
        else:
            proof["entry"] = proofs_of(log, [position % sizes(log)[-1] + 1])[0]["entry"]
        found = checked(script, [proof], checkpoint)
        assert found.returncode == 1, (position, what)
        assert found.stdout == ""
        assert "NOT in faxstore/test" in found.stderr


def changed_character(text: str, place: int, chance: random.Random) -> str:
    others = [letter for letter in "ABCDEFGHIJKLMNOP" if letter != text[place]]
    return text[:place] + chance.choice(others) + text[place + 1 :]


def test_a_proof_of_another_size_says_so(log: str, script: Path) -> None:
    first, last = sizes(log)
    (proof,) = proofs_of(log, [1], last)
    (older,) = proofs_of(log, [1], first)
    found = checked(script, [proof], older["checkpoint"])
    assert found.returncode == 1
    assert f"faxstore prove --size {first}" in found.stderr


def test_a_proof_contains_no_personal_value(log: str) -> None:
    proofs = json.dumps(proofs_of(log, list(range(1, 60))))
    assert [secret for secret in SECRETS if secret in proofs or secret.encode().hex() in proofs] == []
    assert '"account_code"' not in proofs
    assert "acme" in proofs


def test_errors_of_proofs(log: str) -> None:
    last = sizes(log)[-1]
    for position in (0, last + 1):
        with pytest.raises(UsageError, match=f"position {position} is not in the checkpoint"):
            proofs_of(log, [position])
    with pytest.raises(UsageError, match="there is no checkpoint of 5 rows"):
        proofs_of(log, [1], 5)
    with psycopg.connect(log, autocommit=True) as connection:
        connection.execute("alter table fax.observation disable trigger all")
        connection.execute("update fax.observation set state = 'another' where position = 8")
    with pytest.raises(FaxstoreError, match="position 8 cannot be proven"):
        proofs_of(log, [8])


def test_an_unsealed_log_has_no_proofs(dsn: str) -> None:
    with pytest.raises(UsageError, match="run faxstore seal"):
        proofs_of(dsn, [1])
