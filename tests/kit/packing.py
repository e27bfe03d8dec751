"""Packs what a test has appended."""

from __future__ import annotations

import psycopg

from faxstore.store.packs import pack_all


def pack(database: psycopg.Connection) -> int:
    """Packs every session of the past without a row of the last two days; returns the number of rows packed."""
    return pack_all(database, 0, lambda _: None)
