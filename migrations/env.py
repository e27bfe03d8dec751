"""Alembic's environment: runs revisions on the database that `faxstore migrate` or `alembic -x dsn=...` names."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy
from alembic import context

from faxstore.store.database import Connection, connect

LOCAL = """
select set_config('citus.enable_ddl_propagation', 'off', true) from pg_extension where extname = 'citus'
"""
"""On Citus, a revision changes the coordinator only; `faxstore migrate --distribute` gives the nodes what they need."""
ROLES = Path(__file__).parent / "sql" / "roles.sql"


def run() -> None:
    """Runs the revisions in one transaction.

    roles.sql takes the lock of all appenders, so a migration waits for appends and for other migrations.
    """
    dsn = context.config.attributes.get("dsn") or context.get_x_argument(as_dictionary=True)["dsn"]
    with _engine(dsn).begin() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute(LOCAL)
        driver.execute(ROLES.read_text(encoding="utf-8"))  # not through SQLAlchemy: the text contains per cent signs
        connection.execute(sqlalchemy.text("create schema if not exists fax authorization fax_owner"))
        connection.execute(sqlalchemy.text("set local role fax_owner"))
        context.configure(
            connection=connection,
            version_table_schema="fax",
        )
        context.run_migrations()
        # Every command checks the revision first.
        connection.exec_driver_sql(
            "grant select on fax.alembic_version"
            " to fax_ingest, fax_reader, fax_sealer, fax_masked, fax_export, fax_billing"
        )
        connection.execute(sqlalchemy.text("reset role"))


def _engine(dsn: str) -> sqlalchemy.Engine:
    """Wraps faxstore's own connection: alembic runs on SQLAlchemy connections only.  Nothing else uses an engine."""

    def in_transactions() -> Connection:
        connection = connect(dsn)
        connection.autocommit = False
        return connection

    return sqlalchemy.create_engine("postgresql+psycopg://", creator=in_transactions, poolclass=sqlalchemy.NullPool)


run()
