"""Checks the files of dropped months: their rows are those that were sealed.

A file that is not there is no finding: its rows are counted as not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.archive import layout, months
from faxstore.archive.extra import has_pyarrow
from faxstore.archive.layout import ArchiveFile
from faxstore.counted import counted
from faxstore.errors import FaxstoreError
from faxstore.log import stored
from faxstore.store.database import Connection
from faxstore.verify.findings import Finding, Scope


def check(connection: Connection, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for each part of a dropped month whose file differs from the log."""
    if not scope.whole or not has_pyarrow():
        return
    by_month: dict[str, list[ArchiveFile]] = {}
    for file in months.dropped_files(connection):
        by_month.setdefault(layout.month_name(file.month), []).append(file)
    for name, files in by_month.items():
        if all(file.path(scope.archive).exists() for file in files):
            yield from _compare(connection, scope, name, files)


def _compare(connection: Connection, scope: Scope, name: str, files: list[ArchiveFile]) -> Iterator[Finding]:
    from faxstore.archive import reading

    try:
        paths = [file.check(scope.archive) for file in files]
        compared = reading.compare(connection, paths, stored.newest_size(connection))
        compared.finish()
    except FaxstoreError as error:
        yield Finding("archives", name, str(error))
        return
    scope.rows_of_files += compared.rows
    for first, last in compared.different:
        yield Finding("archives", f"{name}, {stored.position_range(first, last)}", "not as sealed")
    expected = sum(file.rows for file in files)
    if compared.rows != expected:
        yield Finding("archives", name, f"its files have {counted(compared.rows, 'rows')} instead of {expected}")
