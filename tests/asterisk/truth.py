"""What really happened, from the server's own log: the FAXTRUTH lines of conf/extensions.conf."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(
    r"FAXTRUTH tag=(?P<tag>\S+) operation=(?P<operation>send|receive) channel=(?P<channel>\S+)"
    r" uniqueid=(?P<uniqueid>\S+) session=(?P<session>\d*) pages=(?P<pages>\d*)"
    r" error=(?P<error>.*?) status=(?P<status>\w*) text=(?P<text>.*)$",
    re.MULTILINE,
)

NO_SESSION = {"FILE_ERROR", "INVALID_ARGUMENTS", "INIT_ERROR"}
"""Errors (FAXERROR) of a fax that ended before it had a session (res_fax.c, sendfax_exec and receivefax_exec)."""


@dataclass(frozen=True)
class End:
    """One end of one call, as its fax application left it; `session` None where there was none."""

    tag: str
    operation: str
    channel: str
    uniqueid: str
    session: int | None
    pages: int
    result: str
    text: str


def ends(log: Path) -> list[End]:
    """Every end that the log tells of, in the order in which they ended."""
    return [_end(match) for match in _LINE.finditer(log.read_text(errors="replace"))]


def _end(match: re.Match[str]) -> End:
    ran = match["status"] != "" and match["error"] not in NO_SESSION
    return End(
        tag=match["tag"],
        operation=match["operation"],
        channel=match["channel"],
        uniqueid=match["uniqueid"],
        session=int(match["session"]) if ran else None,
        pages=int(match["pages"] or 0),
        result={"SUCCESS": "success", "FAILED": "failed", "": "none"}[match["status"]],
        text=match["text"],
    )
