"""What really happened in a recording, from its .truth.json: the servers' own logs and the files received."""

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
    """The file of a recording."""
    return CAPTURES / f"{recording}.jsonl.gz"


def lines(recording: str) -> list[dict[str, Any]]:
    """The lines of a recording, as JSON says them."""
    with gzip.open(path(recording), "rt") as file:
        return [json.loads(line) for line in file]


def truth_of(recording: str) -> dict[str, Any]:
    """The truth file of a recording; one scenario recorded on two servers has one."""
    scenario = re.sub(r"-other\d+$", "", recording)
    scenario = re.sub(r"^(errors-\d+)-.*", r"\1", scenario)
    told: dict[str, Any] = json.loads((CAPTURES / f"{scenario}.truth.json").read_text())
    return told


def version_of(recording: str) -> str:
    """The Asterisk that was recorded: 22 or 16."""
    versions: list[str] = re.findall(r"-(?:other)?(22|16)", recording)
    return versions[-1]


def ends(recording: str) -> list[End]:
    """The ends on the recorded server that had a session, in the order they are told."""
    return [end for end in _told(recording) if end.error not in NO_SESSION]


def failed_early(recording: str) -> list[End]:
    """The ends on the recorded server of which Asterisk never made a session."""
    return [end for end in _told(recording) if end.error in NO_SESSION]


def _told(recording: str) -> list[End]:
    """The ends on the recorded server that ran a fax application."""
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
    """The bad lines that the receiver noted in the TIFF, page by page; None: no such file."""
    pages = truth_of(recording)["received"].get(file_name)
    return None if pages is None else [page.get("bad_lines", 0) for page in pages]
