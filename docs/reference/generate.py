"""Writes the pages of this folder that are made from the program and its database: `make docs`.

python -m docs.reference.generate
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from docs.reference import commands_page, views_page
from faxstore.store import embedded, migrate
from faxstore.store.database import connect

HERE = Path(__file__).parent


def main() -> None:
    """Both pages; that of the views from a database that lives only for it."""
    (HERE / "commands.md").write_text(commands_page.page(), encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="faxstore-docs-", dir="/tmp") as folder,
        embedded.running(Path(folder)) as dsn,
    ):
        migrate.upgrade(dsn)
        with connect(dsn) as connection:
            (HERE / "views.md").write_text(views_page.page(connection), encoding="utf-8")


if __name__ == "__main__":
    main()
