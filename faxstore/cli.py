"""The command line: one module of faxstore/commands a command, and one place where errors become words.

Data goes to standard output, messages to standard error.  Exit status: 0 done, 1 a check failed,
2 bad use, 3 a server or a database could not be reached, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import faxstore
from faxstore import logs
from faxstore.commands import (
    consistency,
    demo,
    doctor,
    erase,
    export,
    help,
    import_,
    ingest,
    migrate,
    prove,
    psql,
    record,
    report,
    seal,
    sessions,
    show,
    verify,
)
from faxstore.commands.context import GlobalOptions
from faxstore.errors import FaxstoreError, UsageError
from faxstore.logs import LogFormat

INTERRUPTED = 130
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
GLOBAL_OPTIONS = ("--config", "--dsn", "--data-dir", "--log-format")

app = typer.Typer(
    name="faxstore",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", help=help.screen(demo.run))(demo.run)
app.command("migrate", help=help.screen(migrate.run))(migrate.run)
app.command("ingest", help=help.screen(ingest.run))(ingest.run)
app.command("import", help=help.screen(import_.run))(import_.run)
app.command("record", help=help.screen(record.run))(record.run)
app.command("sessions", help=help.screen(sessions.run))(sessions.run)
app.command("show", help=help.screen(show.run))(show.run)
app.add_typer(report.app, name="report")
app.add_typer(export.app, name="export")
app.command("seal", help=help.screen(seal.run))(seal.run)
app.command("verify", help=help.screen(verify.run))(verify.run)
app.command("prove", help=help.screen(prove.run))(prove.run)
app.command("consistency", help=help.screen(consistency.run))(consistency.run)
app.command("erase", help=help.screen(erase.run))(erase.run)
app.command("doctor", help=help.screen(doctor.run))(doctor.run)
app.command("psql", help=help.screen(psql.run), context_settings={"ignore_unknown_options": True})(psql.run)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Runs the command line and leaves with its exit status."""
    try:
        status = app(arguments, prog_name="faxstore", standalone_mode=False)
        sys.stdout.flush()
    except FaxstoreError as error:
        status = _complain(str(error), error.exit_status)
    except typer.TyperException as error:
        status = _complain(_bad_use(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        status = _reader_left()
    except SystemExit as leaving:  # typer's own way out when a write found no reader
        status = _reader_left() if isinstance(leaving.__context__, BrokenPipeError) else leaving.code
    except Exception as error:
        status = _fault(error)
    _drop_unwritten()
    raise SystemExit(status or 0)


def _version(asked: bool) -> None:
    if asked:
        print(f"faxstore {faxstore.__version__}")
        raise typer.Exit


def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The settings file."
            " Default: $FAXSTORE_CONFIG, else ./faxstore.toml, else /etc/faxstore/faxstore.toml.",
        ),
    ] = None,
    dsn: Annotated[
        str | None,
        typer.Option(
            metavar="DSN",
            help="The database, as postgresql://user@host/name or 'host=... dbname=...'."
            " Default: $FAXSTORE_DSN, else the settings file, else the embedded server.",
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the spool and the embedded server keep their files."
            " Default: $FAXSTORE_DATA_DIR, else $XDG_DATA_HOME/faxstore, else ~/.local/share/faxstore.",
        ),
    ] = None,
    log_format: Annotated[
        LogFormat | None,
        typer.Option(
            envvar="FAXSTORE_LOG_FORMAT",
            show_envvar=False,
            help="How messages and the log come out; json is one object a line."
            " Default: $FAXSTORE_LOG_FORMAT, else the settings file, else text.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    """An event-sourced store of Asterisk fax sessions.

    faxstore watches Asterisk servers over AMI, keeps every snapshot of every fax session in a history that is
    never changed, and tells from it what became of each fax: pages, bad lines, rates, and how it ended.

    Begin with:
      faxstore demo       see it at work, with nothing to set up
      faxstore doctor     check what faxstore.toml names
      faxstore migrate    make the schema, then
      faxstore ingest     watch the servers

    The exit status is 0 when done, 1 when a check failed, 2 for bad use, 3 when a server or the database cannot
    be reached.
    """
    logs.to_stderr(log_format or LogFormat.TEXT)
    context.obj = GlobalOptions(config, dsn, data_dir, log_format)


app.callback(help=help.screen(options))(options)


def _complain(line: str, status: int) -> int:
    if line:
        logs.say(line, logging.ERROR)
    return status


def _bad_use(error: typer.TyperException) -> str:
    """The complaint in one line, with the way to the help; empty where the help itself was shown."""
    text = " ".join(error.format_message().split()).replace("Value error, ", "")
    if not text:
        return ""
    misplaced = next((name for name in GLOBAL_OPTIONS if f"option: {name}" in text), None)
    if misplaced:
        return f"{misplaced} stands before the command: faxstore {misplaced} ... COMMAND"
    context = getattr(error, "ctx", None)
    return f"{text.rstrip('.')}. Try: {context.command_path if context else 'faxstore'} --help"


def _reader_left() -> int:
    """Whoever read our output has had enough (head, less): nothing more is to be said, not at exit either."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _drop_unwritten() -> None:
    """What standard output did not take (a full disk) is dropped: tried again at exit it would change the status."""
    try:
        sys.stdout.flush()
    except OSError:
        _reader_left()


def _fault(error: Exception) -> int:
    """What nobody expected, with its traceback; but a full disk below standard output is one line.

    A file that a command writes is named by whoever writes it (export/files.py); only standard output has no name.
    """
    if isinstance(error, OSError) and error.errno in DISK_FULL and error.filename is None:
        return _complain(f"standard output cannot be written: {error.strerror}", UsageError.exit_status)
    logs.log.critical("ended by a fault of its own; please report it", exc_info=error)
    return FaxstoreError.exit_status
