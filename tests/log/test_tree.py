"""The tree against the test vectors of Certificate Transparency and the definition in RFC 6962."""

from __future__ import annotations

import contextlib
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxstore.log import tree

LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
"""The roots of the first 1 to 8 leaves (certificate-transparency, merkle_tree_test)."""

INCLUSION = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (3, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (2, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
"""Audit paths by leaf (from 1) and size."""

CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[1, 8],
    (6, 8): ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", *INCLUSION[6, 8][1:]],
    (2, 5): INCLUSION[2, 5][1:],
}

sizes = st.integers(1, 300)


def leaves(count: int) -> list[bytes]:
    return [tree.leaf_hash(str(n).encode()) for n in range(count)]


def defined(hashes: list[bytes]) -> bytes:
    """The root as RFC 6962, 2.1 defines it."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256(b"").digest()
    k = max(2**n for n in range(20) if 2**n < len(hashes))
    return sha256(b"\1" + defined(hashes[:k]) + defined(hashes[k:])).digest()


def grown(hashes: list[bytes]) -> bytes:
    frontier = tree.Frontier()
    frontier.extend(hashes)
    return frontier.root()


def reader(hashes: list[bytes]) -> tree.Root:
    return lambda first, last: defined(hashes[first:last])


KNOWN = [tree.leaf_hash(leaf) for leaf in LEAVES]


def test_the_known_roots() -> None:
    assert [grown(KNOWN[:size]).hex() for size in range(1, 9)] == list(ROOTS)
    assert grown([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert tree.complete_root(KNOWN).hex() == ROOTS[7]


@pytest.mark.parametrize(("leaf", "size"), INCLUSION)
def test_the_known_inclusion_proofs(leaf: int, size: int) -> None:
    path = tree.inclusion_proof(leaf - 1, size, reader(KNOWN))
    assert [one.hex() for one in path] == INCLUSION[leaf, size]
    assert tree.root_from_inclusion(KNOWN[leaf - 1], leaf - 1, size, path).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("old", "size"), CONSISTENCY)
def test_the_known_consistency_proofs(old: int, size: int) -> None:
    path = tree.consistency_proof(old, size, reader(KNOWN))
    assert [one.hex() for one in path] == CONSISTENCY[old, size]
    tree.check_consistency(old, bytes.fromhex(ROOTS[old - 1]), size, bytes.fromhex(ROOTS[size - 1]), path)


@given(sizes)
def test_a_tree_grown_leaf_by_leaf_is_the_defined_one(size: int) -> None:
    assert grown(leaves(size)) == defined(leaves(size))


@given(sizes, st.integers(0, 3))
def test_subtrees_may_be_added_whole(size: int, level: int) -> None:
    rows, hashes, frontier = 2**level, leaves(size), tree.Frontier()
    for first in range(0, size - rows + 1, rows):
        frontier.append(tree.complete_root(hashes[first : first + rows]), rows)
    frontier.extend(hashes[frontier.size :])
    assert frontier.root() == defined(hashes)


def test_a_misaligned_subtree_is_refused() -> None:
    frontier = tree.Frontier()
    frontier.append(KNOWN[0])
    with pytest.raises(ValueError, match="cannot begin at 1"):
        frontier.append(KNOWN[1], 2)


@given(sizes, st.data())
def test_a_proof_holds_only_for_its_leaf_and_index(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion_proof(index, size, reader(hashes))
    root = defined(hashes)
    assert tree.root_from_inclusion(hashes[index], index, size, path) == root
    assert tree.root_from_inclusion(tree.leaf_hash(b"another"), index, size, path) != root
    other = data.draw(st.integers(0, size - 1))
    if other != index:
        with contextlib.suppress(tree.ProofError):
            assert tree.root_from_inclusion(hashes[index], other, size, path) != root


@given(sizes, st.data())
def test_an_older_tree_is_the_beginning_and_a_changed_one_is_not(size: int, data: st.DataObject) -> None:
    hashes = leaves(size)
    old = data.draw(st.integers(1, size))
    path = tree.consistency_proof(old, size, reader(hashes))
    tree.check_consistency(old, defined(hashes[:old]), size, defined(hashes), path)
    changed = [*hashes[: old - 1], tree.leaf_hash(b"another")]
    with pytest.raises(tree.ProofError):
        tree.check_consistency(old, defined(changed), size, defined(hashes), path)
    for wrong in ([*path, hashes[0]], path[:-1] if path else [hashes[0]]):
        with pytest.raises(tree.ProofError):
            tree.check_consistency(old, defined(hashes[:old]), size, defined(hashes), wrong)
