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
) -> None:
    """Show faxstore at work, without any setup.

    Plays recordings of real Asterisk servers over AMI: several faxes, one with bad lines, some that fail, a server
    that restarts. Watches them with faxstore ingest, stores them in an embedded Postgres, and prints what it recorded.
    Takes less than a minute, reads no settings file, and can be repeated. The data stays in --data-dir, or in the
    folder demo of the default data directory.

    Examples:
      faxstore demo
      faxstore demo --data-dir /tmp/demo
    """
    from faxstore.demo.run import run_demo
    from faxstore.settings.loading import default_data_dir

    options = context.ensure_object(GeneralOptions)
    run_demo(options.data_dir or default_data_dir(os.environ) / "demo", speed)
