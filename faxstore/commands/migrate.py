"""`faxstore migrate`: creates or upgrades the schema."""

from __future__ import annotations

import typer

from faxstore.commands.context import settings_of
from faxstore.logs import print_message


def run(context: typer.Context) -> None:
    """Create or upgrade the schema of the database.

    Creates the schema fax with its tables, views and roles, or upgrades an older one. The history does not change. Run
    it after each installation or upgrade, as a user who may create roles (the user of the embedded server may). It is
    safe to run it again.

    Examples:
      faxstore migrate
      faxstore --dsn postgresql://postgres@db/fax migrate
    """
    from faxstore.store import migrate
    from faxstore.store.database import open_dsn

    with open_dsn(settings_of(context)) as dsn:
        before = migrate.current(dsn)
        migrate.upgrade(dsn)
        after = migrate.current(dsn)
    if before == after:
        print_message(f"the schema is up to date: {after}")
    else:
        print_message(f"upgraded the schema from {before} to {after}" if before else f"created schema {after}")
