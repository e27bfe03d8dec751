"""`faxstore demo`: the whole way on recordings of real servers."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from faxstore.commands.general import GeneralOptions


def run(
    context: typer.Context,
    speed: Annotated[
        float,
        typer.Option(
            metavar="FACTOR", min=0.1, max=1000.0, help="How much faster than it was the recording is played."
        ),
    ] = 20.0,
) -> None:
    """See faxstore at work, with nothing to set up.

    Starts an embedded Postgres in a folder of its own (--data-dir, else the folder demo in the usual one), plays
    recordings of real Asterisk servers over AMI (several faxes, one with bad lines, one that fails, a server that
    restarts), watches them just as faxstore ingest does, and shows what came of it. Takes less than a minute, reads
    no settings file, and may be run again.

    Examples:
      faxstore demo
      faxstore demo --data-dir /tmp/demo
    """
    from faxstore import demo
    from faxstore.settings.loading import default_data_dir

    options = context.ensure_object(GeneralOptions)
    demo.run(options.data_dir or default_data_dir(os.environ) / "demo", speed)
