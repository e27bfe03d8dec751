"""Checkpoints and signatures against the examples of the specification and of Go's tests."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from faxstore.errors import UsageError
from faxstore.log import keys, note
from faxstore.log.keys import NoteError, PublicKey
from faxstore.log.note import Checkpoint

# golang.org/x/mod/sumdb/note, note_test.go
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
GO_NOTE = f"{GO_TEXT}\n— PeterNeumann {GO_SIGNATURE}\n"
# c2sp.org/signed-note, the example
C2SP_PUBLIC = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
C2SP_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
ROOT = bytes(range(32))
CHECKPOINT = "faxstore/pbx\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"


@pytest.mark.parametrize(("public", "text"), [(GO_PUBLIC, GO_NOTE), (C2SP_PUBLIC, C2SP_NOTE)])
def test_published_notes_are_signed_by_their_keys(public: str, text: str) -> None:
    key = PublicKey.parse(public)
    assert str(key) == public
    key.check(text)
    with pytest.raises(NoteError, match=r"the signature of .* is wrong"):
        key.check(text.replace("is", "was", 1))


def test_signatures_equal_those_of_go() -> None:
    assert keys.parse_signer(GO_PRIVATE, "key").sign(GO_TEXT) == GO_NOTE


def test_a_note_without_a_signature_of_the_key_is_refused() -> None:
    with pytest.raises(NoteError, match=r"not signed by example\.com/foo"):
        PublicKey.parse(C2SP_PUBLIC).check(GO_NOTE)


def test_a_second_signature_is_added() -> None:
    twice = keys.parse_signer(GO_PRIVATE, "key").sign(C2SP_NOTE)
    PublicKey.parse(C2SP_PUBLIC).check(twice)
    PublicKey.parse(GO_PUBLIC).check(twice)


def test_a_checkpoint_is_three_lines() -> None:
    assert Checkpoint("faxstore/pbx", 20852163, ROOT).text() == CHECKPOINT
    assert note.parse(f"{CHECKPOINT}\n") == Checkpoint("faxstore/pbx", 20852163, ROOT)
    assert note.parse(f"{CHECKPOINT}an extension\n\n— x y\n").size == 20852163


@pytest.mark.parametrize(
    "text",
    ["", "one\n2\n", "a b\n1\nAAAA\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "a\n1\n!\n", "a+b\n1\nAAAA\n"],
)
def test_other_text_is_not_a_checkpoint(text: str) -> None:
    with pytest.raises(NoteError, match="not a checkpoint"):
        note.parse(text)


def test_a_new_key_is_private_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    public = keys.new_key(path, "faxstore/pbx")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    signer = keys.read_key(path)
    assert signer.public == public
    PublicKey.parse(str(public)).check(signer.sign(CHECKPOINT))
    before = path.read_bytes()
    with pytest.raises(UsageError, match="never overwrites a key"):
        keys.new_key(path, "faxstore/pbx")
    assert path.read_bytes() == before


def test_an_error_about_a_key_does_not_show_it(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    for text in ("SECRET", GO_PRIVATE.replace("c74f20a3", "00000000"), GO_PRIVATE[:-8]):
        path.write_text(text)
        with pytest.raises(UsageError) as refused:
            keys.read_key(path)
        assert text[-20:] not in str(refused.value)
    with pytest.raises(UsageError, match="No such file"):
        keys.read_key(tmp_path / "none")


@pytest.mark.parametrize("text", ["", "x", "a+b", GO_PUBLIC.replace("c7", "c8"), GO_PUBLIC[:-4], f"a {GO_PUBLIC}"])
def test_other_text_is_not_a_public_key(text: str) -> None:
    with pytest.raises(UsageError, match="not a public key"):
        PublicKey.parse(text)
