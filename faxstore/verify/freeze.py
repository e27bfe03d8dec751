"""Writes shipped_catalog.json from a new embedded database (`make freeze`): python -m faxstore.verify.freeze."""

from __future__ import annotations

import tempfile
from pathlib import Path

from faxstore.settings.values import Settings
from faxstore.store import migrate
from faxstore.store.database import connect, one_moment, open_dsn
from faxstore.verify import live_catalog, shipped_catalog


def main() -> None:
    """Write the file beside this module."""
    with tempfile.TemporaryDirectory(prefix="faxstore-") as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        with open_dsn(Settings(None, Path(folder))) as dsn:
            migrate.upgrade(dsn)
            with connect(dsn) as connection, one_moment(connection):
                text = shipped_catalog.as_text(live_catalog.read(connection))
    Path(__file__).with_name(shipped_catalog.FILE).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
