"""`faxstore migrate`: creates or upgrades the schema."""

from __future__ import annotations

from typing import Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.counted import counted
from faxstore.logs import print_message


def run(
    context: typer.Context,
    distribute: Annotated[
        bool, typer.Option("--distribute", help="Distribute the tables with rows of sessions over the nodes of Citus.")
    ] = False,
) -> None:
    """Create or upgrade the schema of the database.

    Creates the schema fax with its tables, views and roles, or upgrades an older one. The history does not change. Run
    it after each installation or upgrade, as a user who may create roles (the user of the embedded server may). It is
    safe to run it again.

    Examples:
      faxstore migrate
      faxstore --dsn postgresql://postgres@db/fax migrate
      faxstore --dsn postgresql://postgres@coordinator/fax migrate --distribute
    """
    from faxstore.store import migrate
    from faxstore.store.database import open_dsn

    with open_dsn(settings_of(context)) as dsn:
        if distribute:
            migrate.require_nodes(dsn)
        before = migrate.current(dsn)
        migrate.upgrade(dsn)
        after = migrate.current(dsn)
        cluster = migrate.distribute(dsn) if distribute else None
    if before == after:
        print_message(f"the schema is up to date: {after}")
    else:
        print_message(f"upgraded the schema from {before} to {after}" if before else f"created schema {after}")
    if cluster is not None:
        done = "distributed the tables" if cluster.is_new else "the tables are distributed already"
        print_message(f"{done}; rows of sessions are on {counted(cluster.nodes, 'nodes')}")
