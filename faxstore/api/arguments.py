"""The arguments of the API as a selection of sessions, with the checks that the command line makes of its options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Literal, get_args

from faxstore.errors import FaxstoreError, UsageError
from faxstore.export.selection import Selection
from faxstore.settings.period import Period
from faxstore.store.erasure import digits_of

Direction = Literal["sent", "received", "gateway", "detector"]
Result = Literal["success", "failed", "unknown"]
Bucket = Literal["hour", "day", "week", "month", "quarter", "year"]

Moment = str | date | datetime | None
"""A moment as --from has it ("2026-11-30", "2026-11-30T08:00+01:00", "7d" ago), or a date or a time of datetime.

Without an offset it is local time of `time_zone`.  None is no bound.
"""

Names = str | Sequence[str] | None
"""One name, or several of which one must match; None for any."""

_ARGUMENTS = {
    "--from": "since",
    "--to": "until",
    "--time-zone": "time_zone",
    "--server": "server",
    "--account": "account",
    "--no-account": "no_account",
    "--number": "number",
}
"""The argument in place of each option that a message may name."""

_OPTION = re.compile(rf"(?<!\S)(?:{'|'.join(_ARGUMENTS)})(?![\w-])")


def selection_of(
    since: Moment,
    until: Moment,
    time_zone: str,
    server: Names,
    direction: Names,
    result: Names,
    account: Names,
    no_account: bool,
    number: str | None = None,
    file: str | None = None,
) -> Selection:
    """The sessions of a period with these filters.  Raises UsageError."""
    with in_words_of_the_api():
        return Selection(
            Period.parse(_text(since, "since"), _text(until, "until"), _string(time_zone, "time_zone")),
            _names(server, "server"),
            _known(_names(direction, "direction"), get_args(Direction), "direction"),
            _known(_names(result, "result"), get_args(Result), "result"),
            _names(account, "account"),
            no_account,
            None if number is None else digits_of(_string(number, "number")),
            None if file is None else _string(file, "file"),
        )


def require_bucket(bucket: str) -> None:
    """Raises UsageError unless it is an interval that fax.usage() counts by."""
    _known([bucket], get_args(Bucket), "bucket")


def require_sent_or_received(direction: Names) -> None:
    """Raises UsageError if a direction is selected that jobs do not have."""
    _known(_names(direction, "direction"), ("sent", "received"), "direction of jobs:")


def require_last(last: int | None) -> int | None:
    """The same number.  Raises UsageError unless it is None or positive."""
    if last is not None and (not isinstance(last, int) or last < 1):
        raise UsageError(f"last must be a positive number, not {last!r}")
    return last


@contextmanager
def in_words_of_the_api() -> Iterator[None]:
    """Raises each FaxstoreError of its block with the argument in place of an option: "server: ...", not "--server"."""
    try:
        yield
    except FaxstoreError as error:
        raise type(error)(_OPTION.sub(lambda found: _ARGUMENTS[found[0]], str(error))) from error


def _text(moment: Moment, argument: str) -> str | None:
    if moment is None or isinstance(moment, str):
        return moment
    if isinstance(moment, datetime):
        return moment.isoformat()
    if isinstance(moment, date):
        return datetime.combine(moment, time()).isoformat()
    raise UsageError(f"{argument} must be a text, a date or a datetime, not {moment!r}")


def _string(value: str, argument: str) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{argument} must be a text, not {value!r}")
    return value


def _known(names: Sequence[str] | None, known: Sequence[str], argument: str) -> Sequence[str] | None:
    for name in names or ():
        if name not in known:
            raise UsageError(f"{argument} {name!r} is not one of {', '.join(map(repr, known))}")
    return names


def _names(names: Names, argument: str) -> Sequence[str] | None:
    found = [names] if isinstance(names, str) else names
    if found is not None and not all(isinstance(name, str) for name in found):
        raise UsageError(f"{argument} must be a text or a list of texts, not {names!r}")
    return found
