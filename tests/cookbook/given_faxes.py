"""Given faxes, each whole: two snapshots, a result, a completion event.  Moments are those of tests.kit.given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from faxstore.observations import Hangup, Life, Observation, Record
from tests.kit import given

BEGAN = given.life(started=-864_000)
"""A life of the server `pbx` that began ten days before the month does."""

OTHER = given.life("other", started=-864_000)

SUCCESS = ("SUCCESS", "", "OK")
DROPPED = ("FAILED", "HANGUP", "The call dropped prematurely")


def second(moment: datetime) -> float:
    """A moment in seconds, as given rows count them."""
    return (moment - given.START).total_seconds()


def fax(
    at: float,
    number: int,
    pages: int | None = 1,
    result: tuple[str, str, str] | None = SUCCESS,
    *,
    operation: str = "send",
    lasts: float = 10,
    of: Life = BEGAN,
    file_name: str = given.FILE,
    **told: str,
) -> list[Record]:
    """One fax; `result` None: not on the wire; `told`: headers of its completion event."""
    on: dict[str, Any] = {"channel": f"PJSIP/trunk-{number:08x}", "uniqueid": f"1793000000.{number}", "of": of}
    return [
        *open_fax(at, number, pages or 0, operation=operation, lasts=lasts, of=of, file_name=file_name),
        *(given.result(at + lasts - 0.5, *result, **on) if result else ()),
        completion(at + lasts, pages, operation=operation, file_name=file_name, on=on, **told),
        Hangup(of, given.moment(at + lasts + 0.5), on["channel"], on["uniqueid"]),
    ]


def open_fax(
    at: float, number: int, pages: int, *, operation: str = "send", lasts: float = 10, of: Life = BEGAN, **said: Any
) -> list[Record]:
    """The two snapshots: its first moment, and one second before `lasts` with all its pages done."""
    counted = "pages_transmitted" if operation == "send" else "pages_received"
    said |= {"channel": f"PJSIP/trunk-{number:08x}", "uniqueid": f"1793000000.{number}", "of": of}
    said["operation"] = operation
    first = given.snapshot(at, number, **said)
    said |= {"page_number": pages + 1, counted: pages}
    return [first, given.snapshot(at + lasts - 1, number, **said)]


def completion(at: float, pages: int | None, *, operation: str, file_name: str, on: Any, **told: str) -> Observation:
    """The completion event on a channel."""
    event, counted = ("SendFAX", "pages_transmitted") if operation == "send" else ("ReceiveFAX", "pages_received")
    return given.on_channel(at, event, dict(told), operation=operation, file_name=file_name, **{counted: pages}, **on)
