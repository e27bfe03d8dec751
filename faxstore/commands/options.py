"""The options that commands share: one spelling and one meaning each."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from faxstore.errors import UsageError
from faxstore.logs import LogFormat

Direction = StrEnum("Direction", "SENT RECEIVED GATEWAY DETECTOR")
"""Values of fax.sessions.direction."""

Result = StrEnum("Result", "SUCCESS FAILED UNKNOWN")
"""Values of fax.sessions.result."""

Bucket = StrEnum("Bucket", "HOUR DAY WEEK MONTH QUARTER YEAR")
"""Intervals by which fax.usage() counts."""

DocumentFormat = StrEnum("DocumentFormat", "TABLE JSON")
"""The formats that can represent a whole session."""

ReportFormat = StrEnum("ReportFormat", "TABLE JSON HTML")
"""The formats that can represent a report of several sections."""

_TIME = "a date or time in --time-zone, a time with an offset, or 30m, 24h, 7d ago"


def _time(name: str, help: str) -> Any:
    return typer.Option(name, metavar="TIME", help=help, show_default=False)


From = Annotated[str | None, _time("--from", f"Only sessions that began at this moment or later: {_TIME}.")]
To = Annotated[str | None, _time("--to", "Only sessions that began before this moment, as --from.")]
RequiredFrom = Annotated[str, _time("--from", f"The start of the period: {_TIME}.")]
RequiredTo = Annotated[str, _time("--to", "The end of the period, not included, as --from.")]
TimeZone = Annotated[
    str, typer.Option(metavar="ZONE", help="The time zone of --from and --to, for example Europe/Berlin.")
]
ExportTimeZone = Annotated[
    str,
    typer.Option(
        metavar="ZONE",
        help="The time zone of --from and --to, and of the times in text files, for example Europe/Berlin.",
    ),
]


def _filter(metavar: str, which: str) -> Any:
    return typer.Option(metavar=metavar, help=f"Only sessions {which}; may be repeated.")


Servers = Annotated[list[str] | None, _filter("NAME", "of this server")]
Directions = Annotated[list[Direction] | None, _filter("|".join(Direction), "of this direction")]
Results = Annotated[list[Result] | None, _filter("|".join(Result), "with this result")]
Accounts = Annotated[list[str] | None, _filter("CODE", "of this account")]
NoAccount = Annotated[
    bool,
    typer.Option(
        "--no-account",
        help="Only sessions that have no account, or whose account was not reported; with --account, these too.",
    ),
]
Number = Annotated[
    str | None,
    typer.Option(
        metavar="NUMBER",
        help="Only sessions with this caller, called number or station id, in any spelling: +49151..., 0049 151 ...",
    ),
]
File = Annotated[
    str | None, typer.Option(metavar="NAME", help="Only sessions with this file: its path, or its name without folder.")
]
Last = Annotated[
    int | None, typer.Option(metavar="N", min=1, help="Only the last N of these sessions.", show_default=False)
]
NewestFirst = Annotated[bool, typer.Option("--newest-first", help="Begin with the session that began last.")]
Jobs = Annotated[
    bool,
    typer.Option("--jobs", help="One row per fax with all attempts at it: same number and files, until one succeeds."),
]
BucketOption = Annotated[
    Bucket, typer.Option(help="The interval to count by; days and longer begin at midnight of --time-zone.")
]


def names(columns: str | None) -> tuple[str, ...]:
    """The names in a value of --columns."""
    return tuple(name.strip() for name in columns.split(",")) if columns else ()


def digits(number: str | None) -> str | None:
    """The digits of a value of --number.  Raises UsageError unless there are 4 to 20."""
    from faxstore.store.erasure import digits_of

    return None if number is None else digits_of(number)


def require_sent_or_received(directions: Sequence[str] | None, rows: str) -> None:
    """Raises UsageError if a direction other than sent and received is selected; `rows` says what there is of these."""
    if {Direction.GATEWAY, Direction.DETECTOR} & set(directions or ()):
        raise UsageError(f"{rows} for sent and received faxes only; remove the other --direction")


def _dash_is_standard_output(value: Path | None) -> Path | None:
    return None if value == Path("-") else value


def _output(what: str) -> Any:
    text = f"{what}; it gets this name when it is complete. Default: -, standard output."
    return typer.Option(metavar="FILE", callback=_dash_is_standard_output, help=text)


Output = Annotated[Path | None, _output("The file to write")]
NewFolder = Annotated[
    Path | None,
    typer.Option(
        "--folder", metavar="DIR", help="For parquet: the folder to create; it gets this name when it is complete."
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="An existing folder for the file and its manifest.", show_default=False),
]
ArchiveFolder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        metavar="DIR",
        help="The archive, if it is not where its files were written (faxstore partitions).",
        show_default=False,
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing file; without it, that is an error.")]
Columns = Annotated[
    str | None,
    typer.Option(metavar="NAME,...", help="Only these columns, in this order: names as in the header of --format csv."),
]
Wide = Annotated[
    bool, typer.Option("--wide", help="Show every column of a table on a terminal too, and every text whole.")
]
ExcelSafe = Annotated[
    bool,
    typer.Option(
        "--excel-safe",
        help="CSV for a spreadsheet: a byte order mark, and ' before text that it would run as a formula.",
    ),
]


def _general(metavar: str, help: str, **other: Any) -> Any:
    """A general option (general.py).  Its type must be a list, so that a second, different value is noticed."""
    panel = "General options (before or after the command)"
    return typer.Option(metavar=metavar, rich_help_panel=panel, help=help, **other)


Config = Annotated[
    list[Path] | None,
    _general(
        "FILE", "The settings file. Default: $FAXSTORE_CONFIG, else ./faxstore.toml, else /etc/faxstore/faxstore.toml."
    ),
]
Dsn = Annotated[
    list[str] | None,
    _general(
        "DSN",
        "The database, as postgresql://user@host/name or 'host=... dbname=...'."
        " Default: $FAXSTORE_DSN, else the settings file, else the embedded server.",
    ),
]
DataDir = Annotated[
    list[Path] | None,
    _general(
        "DIR",
        "The folder of the spool and of the embedded server."
        " Default: $FAXSTORE_DATA_DIR, else $XDG_DATA_HOME/faxstore, else ~/.local/share/faxstore.",
    ),
]
LogFormatOption = Annotated[
    list[LogFormat] | None,
    _general(
        "|".join(LogFormat),
        "The format of messages and of the log; json is one object per line."
        " Default: $FAXSTORE_LOG_FORMAT, else the settings file, else text.",
        envvar="FAXSTORE_LOG_FORMAT",
        show_envvar=False,
    ),
]
