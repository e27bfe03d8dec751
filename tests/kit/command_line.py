"""Runs a command of faxstore in the process of the tests; a process of its own takes half a second to start."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest.mock import patch

import pytest

from faxstore import cli


class Ran(NamedTuple):
    """How a command ended and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run_command(dsn: str, *arguments: str) -> Ran:
    """Runs `faxstore --dsn DSN ARGUMENTS`; its standard input is empty and not a terminal."""
    out, error = io.BytesIO(), io.BytesIO()
    streams = [io.TextIOWrapper(each, "utf-8", newline="", write_through=True) for each in (out, error)]
    with (
        redirect_stdout(streams[0]),
        redirect_stderr(streams[1]),
        patch("sys.stdin", io.StringIO()),
        pytest.raises(SystemExit) as left,
    ):
        cli.main(["--dsn", dsn, *arguments])
    return Ran(int(left.value.code or 0), out.getvalue().decode(), error.getvalue().decode())
