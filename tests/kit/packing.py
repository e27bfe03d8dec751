"""Packs what a test has appended."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from faxstore.store import packs

EVERYTHING = datetime(2100, 1, 1, tzinfo=UTC)


def pack(database: psycopg.Connection) -> int:
    """Packs every session that began more than a day ago; returns the number of rows packed."""
    return packs.pack(database, EVERYTHING, lambda _: None)[0]
