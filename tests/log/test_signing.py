"""A signed log stays signed: it is refused without its key, begins to be signed on request, and can change its key."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from faxstore.errors import UsageError
from faxstore.log import keys, note
from faxstore.log.keys import Signer
from tests.kit.command_line import run_command
from tests.kit.given import append
from tests.kit.log_faxes import as_lines, fax, sealed, sizes, verified_rows


class GrowingDatabase:
    """A database whose history grows by one fax before each seal."""

    def __init__(self, dsn: str, connection: psycopg.Connection) -> None:
        self.dsn = dsn
        self._connection = connection
        self._faxes = 0

    def seal(self, key: Signer | None = None, **options: object) -> str:
        """Append a fax and seal it; return the note."""
        self.append()
        return sealed(self.dsn, key=key, **options)[1]

    def append(self) -> None:
        self._faxes += 1
        append(self._connection, fax(self._faxes, self._faxes * 60))


@pytest.fixture
def log(dsn: str, database: psycopg.Connection) -> GrowingDatabase:
    return GrowingDatabase(dsn, database)


@pytest.fixture
def old(tmp_path: Path) -> Signer:
    keys.new_key(tmp_path / "old.key", "faxstore/test")
    return keys.read_key(tmp_path / "old.key")


@pytest.fixture
def new(tmp_path: Path) -> Signer:
    keys.new_key(tmp_path / "new.key", "faxstore/test")
    return keys.read_key(tmp_path / "new.key")


def found(log: GrowingDatabase, *trusted: Signer, **scope: object) -> list[str]:
    return as_lines(verified_rows(log.dsn, public_keys=tuple(one.public for one in trusted), **scope))


def test_a_signed_log_refuses_a_seal_without_its_key(log: GrowingDatabase, old: Signer, new: Signer) -> None:
    log.seal(old)
    with pytest.raises(UsageError, match=r"signed by faxstore/test\+.*: add --key FILE with that key"):
        log.seal()
    with pytest.raises(UsageError, match=r"--key is faxstore/test\+.*to change the key, add --old-key FILE"):
        log.seal(new)
    assert len(sizes(log.dsn)) == 1
    log.seal(old)
    assert found(log, old) == []


def test_the_refusal_is_one_line_and_publishes_nothing(log: GrowingDatabase, old: Signer, tmp_path: Path) -> None:
    log.seal(old)
    log.append()
    published = tmp_path / "checkpoint"
    refused = run_command(log.dsn, "seal", "--publish", str(published))
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "this log is signed by faxstore/test+" in refused.stderr
    assert not published.exists()
    assert len(sizes(log.dsn)) == 1


def test_without_new_rows_a_signed_log_still_requires_its_key(log: GrowingDatabase, old: Signer) -> None:
    log.seal(old)
    assert run_command(log.dsn, "seal").returncode == 2


def test_an_unsigned_log_begins_to_be_signed_only_on_request(log: GrowingDatabase, old: Signer) -> None:
    log.seal()
    with pytest.raises(UsageError, match="add --start-signing to sign it"):
        log.seal(old)
    first = note.parse(log.seal(old, start=True))
    assert first.key == old.public
    assert note.parse(log.seal(old)).key is None
    assert found(log, old) == []
    with pytest.raises(UsageError, match=r"signed by faxstore/test\+.* already: leave out --start-signing"):
        log.seal(old, start=True)


def test_checkpoints_since_the_first_signed_one_must_be_signed(
    log: GrowingDatabase, database: psycopg.Connection, old: Signer
) -> None:
    log.seal()
    log.seal(old, start=True)
    log.seal(old)
    before, begun, last = sizes(log.dsn)
    database.execute("alter table fax.checkpoint disable trigger append_only")
    database.execute(
        "update fax.checkpoint set note = split_part(note, E'\\n\\n', 1) || E'\\n\\n' where size = %s", [last]
    )
    assert found(log, old) == [
        f"checkpoints: checkpoint of {last} rows: was rewritten: it is not signed by {old.public.short}"
    ]
    database.execute(
        "update fax.checkpoint set note = split_part(note, E'\\nkey', 1) || E'\\n\\n' where size = %s", [begun]
    )
    assert [line.split(":")[1] for line in found(log, old)] == [
        f" checkpoint of {size} rows" for size in (before, begun, last)
    ]


def test_an_old_public_key_leads_to_the_new_one(log: GrowingDatabase, old: Signer, new: Signer) -> None:
    log.seal(old)
    changed = log.seal(new, old_key=old)
    old.public.check(changed)
    new.public.check(changed)
    assert note.parse(changed).key == new.public
    newest = log.seal(new)
    with pytest.raises(UsageError, match="but this log is signed by"):
        log.seal(old)
    published = {"published": note.parse(newest), "published_note": newest}
    for trusted in ([old], [new], [old, new]):
        assert found(log, *trusted, **published) == []


def test_a_key_that_the_old_one_did_not_sign_is_not_trusted(
    log: GrowingDatabase, database: psycopg.Connection, old: Signer, new: Signer
) -> None:
    """Somebody without the old key begins to sign with a key of their own."""
    log.seal(old)
    sealed_by_both, size = note.parse(log.seal(new, old_key=old)), sizes(log.dsn)[-1]
    database.execute("alter table fax.checkpoint disable trigger append_only")
    database.execute("update fax.checkpoint set note = %s where size = %s", [new.sign(sealed_by_both.text()), size])
    assert found(log, old) == [
        f"checkpoints: checkpoint of {size} rows: was rewritten: it is not signed by {old.public.short}"
    ]


def test_a_lost_key_can_be_replaced_but_nothing_leads_to_the_new_one(
    log: GrowingDatabase, old: Signer, new: Signer
) -> None:
    log.seal(old)
    log.seal(new, start=True)
    log.seal(new)
    _, begun, last = sizes(log.dsn)
    assert found(log, old) == [
        f"checkpoints: checkpoint of {size} rows: was rewritten: it is not signed by {old.public.short}"
        for size in (begun, last)
    ]
    assert found(log, new) == found(log, old, new) == []


@pytest.mark.parametrize(
    "seals",
    [
        ["--old-key", "new"],
        ["--start-signing"],
        ["--key", "new", "--old-key", "new"],
        ["--key", "new", "--old-key", "old", "--start-signing"],
    ],
)
def test_other_combinations_of_keys_are_refused(
    log: GrowingDatabase, old: Signer, new: Signer, tmp_path: Path, seals: list[str]
) -> None:
    del new
    log.seal(old)
    log.append()
    arguments = [str(tmp_path / f"{word}.key") if word in ("old", "new") else word for word in seals]
    refused = run_command(log.dsn, "seal", *arguments)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert len(sizes(log.dsn)) == 1


def test_a_new_key_needs_no_database(tmp_path: Path) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    path = tmp_path / "log.key"
    made = run_command(nowhere, "seal", "--new-key", str(path), "--origin", "example.org/faxes")
    assert (made.returncode, made.stderr) == (0, "")
    assert str(keys.read_key(path).public) == made.stdout.strip()
    assert made.stdout.startswith("example.org/faxes+")
    both = run_command(nowhere, "seal", "--new-key", str(tmp_path / "other.key"), "--key", str(path))
    assert (both.returncode, both.stderr) == (
        2,
        "faxstore: --new-key only generates a key: use it alone, or with --origin\n",
    )
