"""Writes the generated pages of this folder (`make docs`), and what else follows from the comments of the database.

python -m docs.reference.generate
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from psycopg.conninfo import make_conninfo

from docs.reference import commands_page, dbt_sources, metrics_page, queries_page, row_types, views_page
from faxstore.store import embedded, migrate
from faxstore.store.database import connect

HERE = Path(__file__).parent


def main() -> None:
    """Writes the pages.  Those of views and queries, and the files of the comments, come from a temporary database."""
    (HERE / "commands.md").write_text(commands_page.page(), encoding="utf-8")
    (HERE / "metrics.md").write_text(metrics_page.page(), encoding="utf-8")
    with (
        tempfile.TemporaryDirectory(prefix="faxstore-docs-", dir="/tmp") as folder,
        embedded.running(Path(folder)) as dsn,
    ):
        with connect(dsn) as connection:
            # The locale C sorts text the same on every machine.
            connection.execute("create database pages template template0 locale 'C'")
        pages = make_conninfo(dsn, dbname="pages")
        migrate.upgrade(pages)
        with connect(pages) as connection:
            (HERE / "views.md").write_text(views_page.page(connection), encoding="utf-8")
            dbt_sources.FILE.write_text(dbt_sources.sources(connection), encoding="utf-8")
            for name, module in row_types.modules(connection).items():
                (row_types.FOLDER / f"{name}.py").write_text(module, encoding="utf-8")
            queries_page.import_recordings(connection)
            queries_page.enter_rates(connection)
            for page in (queries_page.PAGE, queries_page.CHARGES):
                text = page.read_text(encoding="utf-8")
                page.write_text(queries_page.answered(connection, text), encoding="utf-8")


if __name__ == "__main__":
    main()
