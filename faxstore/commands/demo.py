"""`faxstore demo`: recordings of real servers, from the wire to the answers."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from faxstore.commands.general import GeneralOptions


def run(
    context: typer.Context,
    speed: Annotated[
        float, typer.Option(metavar="FACTOR", min=0.1, max=1000.0, help="How many times faster than recorded to play.")
    ] = 20.0,
    year: Annotated[
        bool, typer.Option("--year", help="Fill the database with a year of generated faxes, and play nothing.")
    ] = False,
) -> None:
    """Show faxstore at work, without any setup.

    Plays recordings of real Asterisk servers over AMI: several faxes, one with bad lines, some that fail, a server
    that restarts. Watches them with faxstore ingest, stores them in an embedded Postgres, and prints what it recorded.
    Takes less than a minute, reads no settings file, and can be repeated. The data stays in --data-dir, or in the
    folder demo of the default data directory.

    With --year it generates the faxes of a year on the servers generated1 to generated3, so that reports and dashboards
    have something to show. --dsn fills another database, which must have the schema and no observed faxes; a run that
    was interrupted is completed by the next one.

    Examples:
      faxstore demo
      faxstore demo --data-dir /tmp/demo --year
      faxstore --dsn postgresql:///trial demo --year
    """
    from faxstore.demo.run import run_demo
    from faxstore.demo.year_run import run_year
    from faxstore.settings.loading import default_data_dir

    options = context.ensure_object(GeneralOptions)
    folder = options.data_dir or default_data_dir(os.environ) / "demo"
    if year:
        run_year(folder, options.dsn)
    else:
        run_demo(folder, speed)
