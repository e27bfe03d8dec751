"""What really happened in a recording: its .truth.json, made from the servers' logs and the received files."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).parents[1] / "captures"

RECORDINGS = sorted(path.name.removesuffix(".jsonl.gz") for path in CAPTURES.glob("*.jsonl.gz"))
"""The names of all recordings, one file each."""

NO_SESSION = {"FILE_ERROR", "INVALID_ARGUMENTS", "INIT_ERROR"}
"""Errors before a session is made (its number then reads 0)."""


@dataclass(frozen=True)
class End:
    """How one fax application ended, by the server's own dialplan."""

    tag: str
    operation: str
    channel: str
    session_number: int
    pages: int
    status: str
    text: str
    error: str
    ecm: bool
    ended: str


def path(recording: str) -> Path:
    """The path of a recording."""
    return CAPTURES / f"{recording}.jsonl.gz"


def lines(recording: str) -> list[dict[str, Any]]:
    """The lines of a recording as JSON objects."""
    with gzip.open(path(recording), "rt") as file:
        return [json.loads(line) for line in file]


def truth_of(recording: str) -> dict[str, Any]:
    """The truth file of a recording; a scenario that ran between two servers has one file for both."""
    scenario = re.sub(r"-other\d+$", "", recording)
    scenario = re.sub(r"^(errors-\d+)-.*", r"\1", scenario)
    truth: dict[str, Any] = json.loads((CAPTURES / f"{scenario}.truth.json").read_text())
    return truth


def version_of(recording: str) -> str:
    """The major version of the recorded Asterisk: 22 or 16."""
    versions: list[str] = re.findall(r"-(?:other)?(22|16)", recording)
    return versions[-1]


def ends(recording: str) -> list[End]:
    """The ends that had a fax session, on the recorded server, in the order of its log."""
    return [end for end in _ends(recording) if end.error not in NO_SESSION]


def failed_early(recording: str) -> list[End]:
    """The ends for which Asterisk never created a fax session, on the recorded server."""
    return [end for end in _ends(recording) if end.error in NO_SESSION]


def _ends(recording: str) -> list[End]:
    """All ends of fax applications on the recorded server."""
    return [
        End(
            end["tag"],
            end["op"],
            end["channel"],
            int(end["session"]),
            int(end["pages"]),
            end["status"],
            end["statusstr"],
            end["error"],
            end["ecm"] == "yes",
            end["ended"],
        )
        for end in truth_of(recording)["ends"]
        if end["asterisk"] == version_of(recording) and end["status"]
    ]


def bad_lines_by_page(recording: str, file_name: str) -> list[int] | None:
    """The bad lines that the receiver recorded in the TIFF, per page; None if there is no such file."""
    pages = truth_of(recording)["received"].get(file_name)
    return None if pages is None else [page.get("bad_lines", 0) for page in pages]
