"""`faxstore migrate`: the database gets the schema of this version."""

from __future__ import annotations

import typer

from faxstore.commands.context import settings_of
from faxstore.logs import say


def run(context: typer.Context) -> None:
    """Bring the database to the schema of this version.

    Makes the schema fax with its tables, views and roles where there is none, and runs the steps that are missing
    where there is an older one. Nothing of the history is changed. Run it once after each installation or upgrade,
    as a user who may create roles (the embedded server's user may); it may be run again at any time.

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
        say(f"the schema is up to date: {after}")
    else:
        say(f"the schema is now {after}; it was {before or 'not there'}")
