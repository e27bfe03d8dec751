"""How alembic reaches the database: the DSN comes from `faxstore migrate`, or from `alembic -x dsn=...`."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import context

from faxstore.store import database

ROLES = Path(__file__).parent / "sql" / "roles.sql"


def run() -> None:
    """Runs the revisions in one transaction, under the lock of all appenders."""
    dsn = context.config.attributes.get("dsn") or context.get_x_argument(as_dictionary=True)["dsn"]
    with database.engine(dsn).begin() as connection:
        # As text, not as a statement with parameters: it holds per cent signs of its own.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(ROLES.read_text(encoding="utf-8"))
        connection.execute(sqlalchemy.text("create schema if not exists fax authorization fax_owner"))
        connection.execute(sqlalchemy.text("set local role fax_owner"))
        context.configure(
            connection=connection,
            version_table_schema="fax",
        )
        context.run_migrations()
        # Every command looks first whether the schema is the one it works with.
        connection.exec_driver_sql(
            "grant select on fax.alembic_version to fax_ingest, fax_reader, fax_sealer, fax_masked, fax_export"
        )
        connection.execute(sqlalchemy.text("reset role"))


run()
