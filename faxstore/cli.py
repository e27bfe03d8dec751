"""The command line: its commands, its general options, and the conversion of errors into messages.

Data goes to standard output, messages to standard error.  Exit status: 0 success, 1 a check failed, 2 wrong use or
missing rights, 3 a server or database could not be reached, 130 interrupted.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

import faxstore
from faxstore import logs
from faxstore.commands import (
    billing,
    consistency,
    demo,
    doctor,
    erase,
    export,
    import_,
    ingest,
    migrate,
    options,
    prove,
    psql,
    record,
    report,
    seal,
    sessions,
    show,
    verify,
)
from faxstore.commands.general import GeneralOptions, add_command, new_group, on_command_line
from faxstore.errors import FaxstoreError, UsageError

INTERRUPTED = 130
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exits with its status."""
    try:
        _require_utf8(sys.argv[1:] if arguments is None else arguments)
        status = app(arguments, prog_name="faxstore", standalone_mode=False)
        sys.stdout.flush()
    except FaxstoreError as error:
        status = _complain(str(error), error.exit_status)
    except typer.TyperException as error:
        status = _complain(_wrong_use(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        status = _discard_output()
    except SystemExit as exit:  # typer raises it when a write finds the pipe closed
        status = _discard_output() if isinstance(exit.__context__, BrokenPipeError) else exit.code
    except Exception as error:
        status = _unexpected(error)
    try:
        sys.stdout.flush()
    except OSError:  # Python would flush once more at exit, and change the status
        _discard_output()
    raise SystemExit(status or 0)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"faxstore {faxstore.__version__}")
        raise typer.Exit


def root(
    context: typer.Context,
    config: options.Config = None,
    dsn: options.Dsn = None,
    data_dir: options.DataDir = None,
    log_format: options.LogFormatOption = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """An event-sourced store of Asterisk fax sessions.

    faxstore watches Asterisk servers over AMI and appends every snapshot of every fax session to a history that is
    never changed. From this history it reports each fax: pages, bad lines, rates, and how it ended.

    Begin with:
      faxstore demo       see it work, without any setup
      faxstore doctor     check the servers and the database of faxstore.toml
      faxstore migrate    create the schema
      faxstore ingest     watch the servers

    The exit status is 0 for success, 1 if a check failed, 2 for wrong use or missing rights, 3 if a server or the
    database could not be reached.
    """
    logs.configure(log_format[0] if log_format else logs.LogFormat.TEXT)
    context.obj = GeneralOptions().merge(on_command_line(context, context.params))


app = new_group(root)
add_command(app, "demo", demo.run)
add_command(app, "migrate", migrate.run)
add_command(app, "ingest", ingest.run)
add_command(app, "import", import_.run)
add_command(app, "record", record.run)
add_command(app, "sessions", sessions.run)
add_command(app, "show", show.run)
app.add_typer(report.app, name="report")
app.add_typer(export.app, name="export")
app.add_typer(billing.app, name="billing")
add_command(app, "seal", seal.run)
add_command(app, "verify", verify.run)
add_command(app, "prove", prove.run)
add_command(app, "consistency", consistency.run)
add_command(app, "erase", erase.run)
add_command(app, "doctor", doctor.run)
add_command(app, "psql", psql.run, ignore_unknown_options=True)


def _require_utf8(arguments: list[str]) -> None:
    """Raises UsageError for an argument with bytes that are not UTF-8, which Python reads as lone surrogates.

    The line does not quote the argument: it may contain a password.
    """
    for number, argument in enumerate(arguments, 1):
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            byte = ord(argument[error.start]) & 0xFF
            raise UsageError(
                f"argument {number} contains the byte 0x{byte:02x}, which is not UTF-8; write it in UTF-8"
            ) from error


def _complain(line: str, status: int) -> int:
    if line:
        logs.print_message(line, logging.ERROR)
    return status


def _wrong_use(error: typer.TyperException) -> str:
    """One line with what is wrong and the command that shows the help; empty if typer has shown the help itself."""
    text = " ".join(error.format_message().split()).replace("Value error, ", "")
    if not text:
        return ""
    context = getattr(error, "ctx", None)
    return f"{text.rstrip('.')}. Try: {context.command_path if context else 'faxstore'} --help"


def _discard_output() -> int:
    """Send the rest of standard output to /dev/null, because its reader (head, less) has closed the pipe."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _unexpected(error: Exception) -> int:
    """Log a defect with its traceback.  A full disk below standard output is not a defect: it is one line.

    An error of a file that a command writes has the name of the file (export/files.py); that of standard output has
    no name.
    """
    if isinstance(error, OSError) and error.errno in DISK_FULL and error.filename is None:
        return _complain(f"standard output cannot be written: {error.strerror}", UsageError.exit_status)
    logs.log.critical("internal error, please report it", exc_info=error)
    return FaxstoreError.exit_status
