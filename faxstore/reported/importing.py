"""Stores the faxes of one file in fax.reported_fax, in one transaction: an interrupted import leaves nothing.

The id of a fax depends on the server and on its record, so a repeated import adds nothing, and a log that has grown
adds its new lines.  Of equal records, which a log to the minute may have, the first, the second and so on differ.
"""

from __future__ import annotations

import json
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import chain, islice
from typing import Any
from uuid import UUID, uuid5

from faxstore import sql
from faxstore.capture.recording import opened
from faxstore.errors import UsageError
from faxstore.reported import cdr, v_fax_logs, xferfaxlog
from faxstore.reported.fax import Item, Other, Rejected, ReportedFax, WrongFormatError
from faxstore.store.database import Connection
from faxstore.store.period import require_time_zone
from faxstore.visible import visible

READERS: Mapping[str, Callable[[Iterable[str]], Iterator[Item]]] = {
    "xferfaxlog": xferfaxlog.read,
    "v_fax_logs": v_fax_logs.read,
    "cdr": cdr.read,
}
"""The reader of each format, by its name, which is also the source in fax.reported_fax."""

LOCAL = ("xferfaxlog", "cdr")
"""Formats whose times have no offset."""

AT_ONCE = 1_000
"""Faxes per statement."""
TRIED = 20
"""If none of this many lines at the beginning is a record, the file has another format."""
REMEMBERED = 10_000
"""Different records among which equal ones are counted: those of a log are written within a minute."""

NAMESPACE = UUID("5b0b6b52-7d5e-5c0e-9a6c-0c1f3a5b7d90")

_ADD = sql.text("queries/reported/add_faxes")
_OBSERVED = "select session_id from fax.session where session_id = any(%s)"
_FIRST = "select timezone(%s, min(started_at)) from fax.session where server = %s"


@dataclass
class Summary:
    """What was read of a file."""

    faxes: int = 0
    new: int = 0
    observed: int = 0
    """Faxes that were not stored, because faxstore observed them itself."""
    rejected: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """Records of something else, by kind."""

    def add(self, other: Summary) -> None:
        """Add the counts of another file."""
        self.faxes += other.faxes
        self.new += other.new
        self.observed += other.observed
        self.rejected += other.rejected
        self.others += other.others


@dataclass(frozen=True)
class Origin:
    """Where the records of a file are from."""

    format: str
    server: str
    time_zone: str = "UTC"
    """The time zone of times without an offset."""


Identified = tuple[UUID, ReportedFax]
"""A fax with its id."""
Reject = Callable[[Rejected], None]
Progress = Callable[[int], None]
"""Called with the number of faxes that were read."""


def import_file(connection: Connection, path: str, origin: Origin, reject: Reject, progress: Progress) -> Summary:
    """Store the faxes of a file, or of standard input for ``-``; call `reject` for each line that is no record.

    Raises UsageError, and stores nothing, if the file cannot be read, is damaged or has another format.
    """
    require_time_zone(connection, origin.time_zone)
    summary = Summary()
    with opened(path) as file, connection.transaction():
        items = _checked(READERS[origin.format](_lines(path, file)), path, origin.format)
        faxes = _identified(_faxes(items, summary, reject), origin.server)
        since = _observed_since(connection, origin)
        while some := list(islice(faxes, AT_ONCE)):
            summary.faxes += len(some)
            wanted = _not_observed(connection, [each for each in some if not _is_later(each[1], since)])
            summary.observed += len(some) - len(wanted)
            summary.new += _store(connection, origin, wanted)
            progress(summary.faxes)
    return summary


def _lines(path: str, file: Iterable[bytes]) -> Iterator[str]:
    r"""Yield the lines as text; NUL and bytes that are not UTF-8 appear as \xNN."""
    number = 0
    try:
        for raw in file:
            number += 1
            yield raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    except (EOFError, zlib.error) as error:
        raise UsageError(f"{visible(path)}: the gzip data is cut off or damaged after line {number}") from error


def _checked(items: Iterator[Item], path: str, format: str) -> Iterator[Item]:
    """Yield the items.  Raises UsageError if the beginning of the file has no record of the format."""
    wrong: list[Rejected] = []
    try:
        for item in items:
            if not isinstance(item, Rejected):
                yield from chain(wrong, (item,), items)
                return
            wrong.append(item)
            if len(wrong) == TRIED:
                break
    except WrongFormatError as error:
        raise UsageError(f"{visible(path)} is no {format}: {error}") from error
    if wrong:
        raise UsageError(f"{visible(path)} is no {format}: line {wrong[0].line}: {wrong[0].reason}")


def _faxes(items: Iterable[Item], summary: Summary, reject: Reject) -> Iterator[ReportedFax]:
    """Yield the faxes, and count the others."""
    for item in items:
        if isinstance(item, ReportedFax):
            yield item
        elif isinstance(item, Other):
            summary.others[item.kind] += 1
        else:
            summary.rejected += 1
            reject(item)


def _identified(faxes: Iterable[ReportedFax], server: str) -> Iterator[Identified]:
    """Yield each fax with its id."""
    seen: OrderedDict[tuple[str, ...], int] = OrderedDict()
    for fax in faxes:
        seen[fax.key] = seen.get(fax.key, 0) + 1
        seen.move_to_end(fax.key)
        if len(seen) > REMEMBERED:
            seen.popitem(last=False)
        yield uuid5(NAMESPACE, json.dumps([server, *fax.key, seen[fax.key]])), fax


def _observed_since(connection: Connection, origin: Origin) -> datetime | None:
    """Return the local time of the first session of the server, if calls of its own CDR would count twice."""
    if origin.format != "cdr":
        return None
    ((first,),) = connection.execute(_FIRST, [origin.time_zone, origin.server]).fetchall()
    return first if isinstance(first, datetime) else None


def _is_later(fax: ReportedFax, since: datetime | None) -> bool:
    return since is not None and fax.started_local is not None and datetime.fromisoformat(fax.started_local) >= since


def _not_observed(connection: Connection, faxes: list[Identified]) -> list[Identified]:
    """Return the faxes without those that faxstore exported itself, if their sessions are in this database."""
    own = [fax.session for _, fax in faxes if fax.session]
    observed = {session for (session,) in connection.execute(_OBSERVED, [own])} if own else set()
    return [(key, fax) for key, fax in faxes if fax.session not in observed]


def _store(connection: Connection, origin: Origin, faxes: list[Identified]) -> int:
    """Store the faxes that are not stored yet, and return their number."""
    parameters = {"server": origin.server, "source": origin.format, "time_zone": origin.time_zone}
    rows = json.dumps([_row(key, fax) for key, fax in faxes])
    return connection.execute(_ADD, {"faxes": rows, **parameters}).rowcount


def _row(key: UUID, fax: ReportedFax) -> dict[str, Any]:
    values = {
        name: value for name, value in asdict(fax).items() if name not in ("key", "session") and value is not None
    }
    if fax.duration_seconds is not None:
        values["duration_seconds"] = str(fax.duration_seconds)
    return {"session_id": str(key), **values}
