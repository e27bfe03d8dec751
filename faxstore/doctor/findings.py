"""Findings: the result of a check, how findings are printed or become a document, and the exit status."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from faxstore.counted import counted
from faxstore.visible import visible


class Verdict(StrEnum):
    """The result of a check; NOTE is something that could not be determined."""

    OK = "ok"
    NOTE = "note"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """The result of one check of one subject (a server, the database, this machine)."""

    subject: str
    check: str
    verdict: Verdict
    text: str
    change: str = ""
    """What to change, or lines to paste and the name of their file; empty if there is nothing to change."""
    unreachable: bool = False
    """Whether the server or the database cannot be reached; its other checks were skipped."""


_STYLE = {Verdict.OK: "green", Verdict.NOTE: "cyan", Verdict.WARN: "yellow", Verdict.FAIL: "bold red"}


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 3 if a server or the database cannot be reached, 1 if a check failed, otherwise 0."""
    statuses = (3 if finding.unreachable else int(finding.verdict is Verdict.FAIL) for finding in findings)
    return max(statuses, default=0)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as a JSON document for monitoring: exit status, counts, and the checks in their order.

    docs/operations.md describes the fields.
    """
    return {
        "exit_status": exit_status(findings),
        **{verdict.value: _count(findings, verdict) for verdict in Verdict},
        "checks": [
            {
                "subject": finding.subject,
                "check": finding.check,
                "verdict": finding.verdict.value,
                "text": finding.text,
                "change": finding.change or None,
                "unreachable": finding.unreachable,
            }
            for finding in findings
        ],
    }


def write(findings: Sequence[Finding], out: TextIO) -> None:
    """Print the findings grouped by subject, in their order, and a last line with their counts."""
    console = Console(file=out, highlight=False, soft_wrap=True)
    width = max((len(finding.check) for finding in findings), default=0)
    for subject, group in groupby(findings, lambda finding: finding.subject):
        console.print(Text(visible(subject), "bold"))
        for finding in group:
            verdict = (f"{finding.verdict:<6}", _STYLE[finding.verdict])
            console.print(Text.assemble("  ", verdict, f"{finding.check:<{width}}  {visible(finding.text)}"))
            for line in finding.change.split("\n") if finding.change else ():
                console.print(Text(f"            {visible(line)}" if line else "", "dim"))
        console.print()
    failed, warnings, notes = (_count(findings, verdict) for verdict in (Verdict.FAIL, Verdict.WARN, Verdict.NOTE))
    less = f"{counted(warnings, 'warnings')}, {counted(notes, 'notes')}"
    console.print(Text(f"{counted(len(findings), 'checks')}: {failed} failed, {less}"))


def _count(findings: Sequence[Finding], verdict: Verdict) -> int:
    return sum(finding.verdict is verdict for finding in findings)
