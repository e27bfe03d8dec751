"""The options that the exports share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from faxstore.commands.sessions import Direction, Result
from faxstore.export.target import Format, SessionsFormat

From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Only sessions that began at that moment or later.")
]
To = Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only sessions that began before that moment.")]
TimeZone = Annotated[
    str,
    typer.Option(metavar="ZONE", help="The zone of --from and --to, and of the times in text files: Europe/Berlin."),
]
Server = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Only sessions of this server; may be repeated.")
]
Directions = Annotated[list[Direction] | None, typer.Option(help="Only sessions of this direction; may be repeated.")]
Results = Annotated[list[Result] | None, typer.Option(help="Only sessions that ended so; may be repeated.")]
Account = Annotated[
    list[str] | None, typer.Option(metavar="CODE", help="Only sessions of this account; may be repeated.")
]
FormatOption = Annotated[Format, typer.Option(help="How the rows come out.")]
SessionsFormatOption = Annotated[SessionsFormat, typer.Option(help="How the rows come out.")]
Output = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The file to write, of parquet the folder; it has this name once it is whole. Default: standard output.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace the file, if there is one; without it that is refused.")]
ExcelSafe = Annotated[
    bool,
    typer.Option(
        "--excel-safe", help="In CSV, put an apostrophe before text that a spreadsheet would take for a formula."
    ),
]


class Bucket(StrEnum):
    """What fax.usage() counts by."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


BucketOption = Annotated[Bucket, typer.Option(help="What the sessions are counted by; a day is one of the zone.")]
