"""`faxstore verify`: checks that the history is as it was appended and sealed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faxstore.commands.context import settings_of
from faxstore.commands.options import ArchiveFolder, DocumentFormat
from faxstore.commands.progress import counting
from faxstore.counted import counted
from faxstore.errors import UsageError
from faxstore.logs import print_message
from faxstore.system.files import read_text
from faxstore.visible import visible

if TYPE_CHECKING:
    from faxstore.log.note import Checkpoint
    from faxstore.verify.findings import Finding, Scope


FromPosition = Annotated[int, typer.Option(metavar="POSITION", min=1, help="Verify only rows from this position on.")]
ToPosition = Annotated[
    int | None, typer.Option(metavar="POSITION", min=1, help="Verify only rows up to this position.")
]
Published = Annotated[
    Path | None, typer.Option(metavar="FILE", help="A published checkpoint: its rows must be unchanged.")
]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--public-key",
        metavar="KEY",
        help="A public key that faxstore seal --new-key printed: it, or the keys that replaced it, must have signed"
        " every checkpoint since it began to sign. Can be repeated.",
    ),
]
Format = Annotated[DocumentFormat, typer.Option(help="The format of the output.")]


def run(
    context: typer.Context,
    from_position: FromPosition = 1,
    to_position: ToPosition = None,
    checkpoint: Published = None,
    public_key: Keys = None,
    folder: ArchiveFolder = None,
    format: Format = DocumentFormat.TABLE,
) -> None:
    """Verify that no row of the history has changed.

    Reads and hashes every row and compares it with what was sealed. It finds rows that were changed, removed, added or
    moved, each with its position; checkpoints that were rewritten or do not continue the one before; gaps in the
    positions; and sessions that do not match their ids. Beside the rows it finds prices, limits, starts of servers and
    times that were changed without a record. It also compares tables, views, functions, triggers, owners, rights and
    roles with those of this version. It prints one finding per line, and the exit status is then 1. With a range of
    positions it reads only the windows of 65,536 rows that overlap it, and trusts the stored tree for the others. It
    reads the rows of dropped months from their files; if those are not there, the summary counts the rows.

    It can only count rows after the last checkpoint. The owner of the database can change those, and can change sealed
    rows and seal them again: only a checkpoint that is stored elsewhere reveals that. With --checkpoint the summary
    states how many rows that checkpoint covers and how many follow it.

    --format json prints one document for monitoring at the end; docs/how-to/proofs.md describes its fields.

    Examples:
      faxstore verify
      faxstore verify --checkpoint /mnt/elsewhere/checkpoint --public-key "$(cat log.pub)"
      faxstore verify --from-position 100001 --to-position 200000
      faxstore verify --format json
    """
    scope = _scope(from_position, to_position, public_key or [], folder)
    if checkpoint is not None:
        scope.published, scope.published_note = _published(checkpoint)
    began = time.monotonic()
    findings = _findings(context, scope)
    found = _print_document(findings, scope) if format is DocumentFormat.JSON else _print_lines(findings)
    _print_summary(scope, found, time.monotonic() - began)
    if found:
        raise typer.Exit(1)


def _scope(first: int, last: int | None, public_keys: Sequence[str], archive: Path | None) -> Scope:
    from faxstore.log.keys import PublicKey
    from faxstore.verify.findings import Scope

    if last is not None and last < first:
        raise UsageError(f"--to-position {last} is before --from-position {first}")
    return Scope(first, last, public_keys=tuple(map(PublicKey.parse, public_keys)), archive=archive)


def _findings(context: typer.Context, scope: Scope) -> Iterator[Finding]:
    from faxstore.billing import verification
    from faxstore.store.database import checked_connection, open_dsn
    from faxstore.verify.checks import CHECKS
    from faxstore.verify.side_by_side import findings_side_by_side

    with (
        open_dsn(settings_of(context)) as dsn,
        checked_connection(dsn, "fax_sealer") as other,
        checked_connection(dsn, "fax_sealer") as connection,
        counting("verifying", "rows") as scope.progress,
    ):
        yield from findings_side_by_side(connection, other, scope, (*CHECKS, verification.check))


def _print_lines(findings: Iterator[Finding]) -> int:
    """Print each finding as soon as it is known; return their number."""
    found = 0
    for finding in findings:
        print(visible(f"{finding.check}: {finding.where}: {finding.what}"), flush=True)
        found += 1
    return found


def _print_document(findings: Iterator[Finding], scope: Scope) -> int:
    """Print one document when all findings are known; return their number."""
    from faxstore.report.formats import write_json
    from faxstore.verify.findings import document

    found = list(findings)
    write_json(document(scope, found), sys.stdout)
    return len(found)


def _print_summary(scope: Scope, found: int, seconds: float) -> None:
    rows = scope.rows + scope.rows_of_files
    parts = [f"{counted(rows, 'rows')} read, {rows / max(seconds, 0.001):,.0f} rows/s"]
    if scope.is_distributed:
        parts.append("the catalog is not compared, because the database is distributed")
    if scope.unread:
        unread = counted(scope.unread, "rows")
        parts.append(f"{unread} of dropped months not read: their files are not at hand (--folder DIR)")
    if scope.published:
        after = counted(scope.after_published or 0, "rows")
        parts.append(f"--checkpoint covers {counted(scope.published.size, 'rows')}, and after it there are {after}")
    sealed = counted(scope.sealed, "sealed rows")
    parts.append(sealed if scope.sealed else "nothing is sealed yet: run faxstore seal")
    parts.append(counted(found, "findings") if found else "no findings")
    print_message("; ".join(parts))


def _published(path: Path) -> tuple[Checkpoint, str]:
    from faxstore.log import note

    try:
        text = read_text(path)
        return note.parse(text), text
    except OSError as error:
        raise UsageError(f"--checkpoint {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"--checkpoint {path}: {error}") from error
