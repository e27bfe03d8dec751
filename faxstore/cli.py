"""The command line: its commands, its general options, and the conversion of errors into messages.

Data goes to standard output, messages to standard error.  Exit status: 0 success, 1 a check failed, 2 wrong use or
missing rights, 3 a server or database could not be reached, 128 + N interrupted by signal N (130 for Ctrl-C).
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

import faxstore
from faxstore import logs
from faxstore.commands import (
    billing,
    capacity,
    compact,
    consistency,
    demo,
    doctor,
    erase,
    export,
    follow,
    import_,
    ingest,
    migrate,
    options,
    partitions,
    prove,
    psql,
    record,
    report,
    retention,
    seal,
    sessions,
    show,
    verify,
    watch,
    wrong_use,
)
from faxstore.commands.general import GeneralOptions, add_command, new_group, on_command_line
from faxstore.errors import FaxstoreError, UsageError
from faxstore.system import interruption
from faxstore.visible import visible

INTERRUPTED = interruption.exit_status(signal.SIGINT)
DECLINED = 1
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EBADF, errno.EIO}


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit with its status."""
    status, line = _run(arguments)
    if interruption.received() or status == INTERRUPTED:  # typer turns the exception into this status
        status, line = interruption.outcome(interruption.received() or signal.SIGINT)
    if interruption.received():
        _discard_output()  # its reader may not read the rest any more
    if line:
        logs.print_message(line, logging.ERROR)
    try:
        sys.stdout.flush()
    except OSError:  # Python would flush once more at exit, and change the status
        _discard_output()
    raise SystemExit(status)


def _run(arguments: list[str] | None) -> tuple[int, str]:
    """Run the command line; return the exit status, and the line for the user that explains it."""
    try:
        _require_utf8(sys.argv[1:] if arguments is None else arguments)
        status = app(arguments, prog_name="faxstore", standalone_mode=False)
        sys.stdout.flush()
        return status or 0, ""
    except FaxstoreError as error:
        return error.exit_status, str(error)
    except typer.TyperException as error:
        return error.exit_code, wrong_use.describe(error)
    except KeyboardInterrupt:
        return INTERRUPTED, ""
    except typer.Abort:
        return DECLINED, "not confirmed: nothing was changed"
    except BrokenPipeError:
        return _discard_output(), ""
    except SystemExit as exit:  # typer raises it when a write finds the pipe closed
        return (_discard_output() if isinstance(exit.__context__, BrokenPipeError) else int(exit.code or 0)), ""
    except Exception as error:
        return _unexpected(error)


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

    The exit status is 0 for success, 1 if a check failed or you declined a question, 2 for wrong use or missing rights,
    3 if a server or the database could not be reached, 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP. An
    interrupted command leaves no partial file and loses nothing in the database: run it again.
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
add_command(app, "watch", watch.run)
add_command(app, "follow", follow.run)
app.add_typer(report.app, name="report")
app.add_typer(export.app, name="export")
app.add_typer(billing.app, name="billing")
add_command(app, "compact", compact.run)
app.add_typer(partitions.app, name="partitions")
add_command(app, "retention", retention.run)
add_command(app, "seal", seal.run)
add_command(app, "verify", verify.run)
add_command(app, "prove", prove.run)
add_command(app, "consistency", consistency.run)
add_command(app, "erase", erase.run)
add_command(app, "capacity", capacity.run)
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


def _discard_output() -> int:
    """Send the rest of standard output to /dev/null, because its reader (head, less) has closed or left the pipe."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _unexpected(error: Exception) -> tuple[int, str]:
    """Return the line for a file that cannot be used, and log any other error as a defect, with its traceback.

    An error without the name of a file is one of standard output.
    """
    if isinstance(error, OSError) and (error.filename is not None or error.errno in UNWRITABLE):
        what = "standard output cannot be written" if error.filename is None else visible(os.fsdecode(error.filename))
        return UsageError.exit_status, f"{what}: {error.strerror}"
    if not interruption.received():
        logs.log.critical("internal error, please report it", exc_info=error)
    return FaxstoreError.exit_status, ""
