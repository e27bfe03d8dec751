"""What really happened, from the server's log: the FAXBEGUN and FAXTRUTH lines of conf/extensions.conf."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BEGUN = re.compile(
    r"FAXBEGUN tag=(?P<tag>\S+) operation=(?P<operation>send|receive) channel=(?P<channel>\S+)"
    r" uniqueid=(?P<uniqueid>\S+) account=(?P<account>\S*) caller=(?P<caller>\S*)$",
    re.MULTILINE,
)

_END = re.compile(
    r"FAXTRUTH tag=(?P<tag>\S+) operation=(?P<operation>send|receive|gateway) channel=(?P<channel>\S+)"
    r" uniqueid=(?P<uniqueid>\S+) linkedid=(?P<linkedid>\S+) account=(?P<account>\S*) caller=(?P<caller>\S*)"
    r" session=(?P<session>\d*) mode=(?P<mode>\w*) pages=(?P<pages>\d*)"
    r" error=(?P<error>.*?) status=(?P<status>\w*) text=(?P<text>.*)$",
    re.MULTILINE,
)

NO_SESSION = {"FILE_ERROR", "INVALID_ARGUMENTS", "INIT_ERROR"}
"""Values of FAXERROR for a fax that ended before it had a session (res_fax.c, sendfax_exec and receivefax_exec)."""


@dataclass(frozen=True)
class Begun:
    """The start of a fax application: what stands even if a crash cuts it off or its channel is replaced."""

    tag: str
    operation: str
    channel: str
    uniqueid: str
    account: str | None
    caller: str | None


@dataclass(frozen=True)
class End:
    """One end of one call, as its fax application left it; `session` is None if there was no session."""

    tag: str
    operation: str
    channel: str
    uniqueid: str
    linkedid: str
    account: str | None
    caller: str | None
    session: int | None
    transport: str
    pages: int
    result: str
    error: str
    text: str

    @property
    def ran(self) -> bool:
        """Whether a fax application ran, with a session or without."""
        return self.result != "none"


def begun(log: Path) -> list[Begun]:
    """All fax applications in the log, in the order of their start."""
    return [_begun(match) for match in _BEGUN.finditer(log.read_text(errors="replace"))]


def ends(log: Path) -> list[End]:
    """All ends in the log, in the order in which they ended."""
    return [_end(match) for match in _END.finditer(log.read_text(errors="replace"))]


def _begun(match: re.Match[str]) -> Begun:
    return Begun(
        tag=match["tag"],
        operation=match["operation"],
        channel=match["channel"],
        uniqueid=match["uniqueid"],
        account=match["account"] or None,
        caller=match["caller"] or None,
    )


def _end(match: re.Match[str]) -> End:
    has_session = match["status"] != "" and match["error"] not in NO_SESSION
    return End(
        tag=match["tag"],
        operation=match["operation"],
        channel=match["channel"],
        uniqueid=match["uniqueid"],
        linkedid=match["linkedid"],
        account=match["account"] or None,
        caller=match["caller"] or None,
        session=int(match["session"]) if has_session else None,
        transport="T.38" if match["mode"] == "T38" else "G.711",
        pages=int(match["pages"] or 0),
        result={"SUCCESS": "success", "FAILED": "failed", "": "none"}[match["status"]],
        error=match["error"],
        text=match["text"],
    )
