"""What a reader remembers between two lines, as bytes: the next piece of a recording continues with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from msgspec.structs import astuple

VERSION = 2
"""Raise it when the state() of a part changes its shape."""


class Part(Protocol):
    """A part of a reader that remembers something from line to line, and can say what as JSON values."""

    def state(self) -> list[Any]:
        """Return what resume() needs."""

    def resume(self, state: list[Any]) -> None:
        """Continue from a state()."""


def dump(parts: Sequence[Part]) -> bytes:
    """Return the states of all parts as bytes."""
    states = [VERSION, *(part.state() for part in parts)]
    return json.dumps(states, separators=(",", ":"), default=astuple).encode()  # of a Life


def load(data: bytes, parts: Sequence[Part]) -> None:
    """Let each part continue from its state.  Raises ValueError for the bytes of another version."""
    version, *states = json.loads(data)
    if version != VERSION:
        raise ValueError(f"the state of a reader has version {version}, expected {VERSION}")
    for part, state in zip(parts, states, strict=True):
        part.resume(state)
