"""What a spool holds, and a disk that is full for it."""

from __future__ import annotations

from faxstore.spool.queue import Spool


def bodies(spool: Spool) -> list[bytes]:
    """Return the entries in the queue."""
    return [body for _, body in spool.peek(0, 1_000_000)]


def fill_disk(spool: Spool) -> None:
    """Let the file grow no more."""
    (pages,) = spool._database.execute("pragma page_count").fetchone()
    spool._database.execute(f"pragma max_page_count = {pages}")


def make_room(spool: Spool) -> None:
    """Let the file grow again."""
    spool._database.execute("pragma max_page_count = 1000000")
