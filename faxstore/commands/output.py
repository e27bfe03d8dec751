"""The option --output of commands that print: a file in place of standard output."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path


@contextmanager
def written_to(path: Path | None, force: bool) -> Iterator[None]:
    """Redirects what the block prints into the file, which gets its name when the block ends.

    Without a path, it goes to standard output.  Raises UsageError if the file exists, unless `force` replaces it.
    """
    from faxstore.export.files import atomic_file
    from faxstore.export.target import check_output

    check_output(path, force)
    if path is None:
        yield
        return
    with atomic_file(path) as stream, io.TextIOWrapper(stream, "utf-8", newline="") as out, redirect_stdout(out):
        yield
