"""The records of a generated fax, as the reader makes them of what a server sends: snapshots, variables, the end."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from faxstore.demo.year_plan import Fax
from faxstore.observations import MICROSECONDS, Life, Observation, microseconds

OWN_NUMBER = "+493023125000"
FOREIGN = ("+493023125", "+494066969", "+498999998")
"""The beginnings of numbers that the German regulator assigns to nobody: they are for films."""

X_RESOLUTION = 8031
STANDARD, FINE = 3850, 7700
"""Pixels per metre."""

_LOWER = {14400: 9600, 9600: 7200, 7200: 4800, 4800: 2400, 2400: 2400}


def remote_number(fax: Fax) -> str:
    """Return the number of the remote station."""
    return f"{FOREIGN[fax.peer % len(FOREIGN)]}{100 + fax.peer}"


class FaxRecords:
    """Makes the records of one fax, which has this number in a life of its server."""

    def __init__(self, fax: Fax, number: int, life: Life) -> None:
        self._fax, self._number, self._life = fax, number, life
        self._draw = Random(fax.seed)
        self._began = microseconds(fax.at)
        self._channel = f"PJSIP/trunk-{number:08x}"
        self._uniqueid = f"{self._began // MICROSECONDS}.{number}"
        self._rate = fax.rate
        self._resolution = FINE if fax.seed % 4 == 0 else STANDARD
        folder, name = ("outgoing", fax.document) if fax.is_sent else ("incoming", fax.seed)
        self._file = f"/var/spool/fax/{folder}/{name:08x}.tif"

    def records(self) -> Iterator[Observation]:
        """Yield the records in the order of their times."""
        fax = self._fax
        yield self._snapshot(0.4, 1, 0, data_rate=14400, error_correction_mode=False, x_resolution=0, y_resolution=0)
        yield self._event(0.6, "Status", self._parties())
        at, per_page = 9.0, (fax.seconds - 18.0) / max(fax.done, 1)
        if fax.done or fax.failure is None:
            yield self._snapshot(at, 1, 0)
        for page in range(1, fax.done + 1):
            yield from self._page(at, page, per_page)
            at += per_page
        if fax.failure is not None and fax.done:  # cut off during the next page
            yield self._snapshot(at + 1.5, fax.done + 1, 0)
        yield from self._end(fax.seconds)

    def _page(self, at: float, page: int, seconds: float) -> Iterator[Observation]:
        """The snapshots during a page after its first one, and the first one of the next page."""
        lines = 0
        if not self._fax.is_sent and not self._fax.has_ecm:
            lines = min(int(self._draw.expovariate(1 / self._fax.noise)), 400)
        if lines > 60 and page > 1:  # the page is sent again
            yield self._snapshot(at + seconds * 0.3, page, lines)
            lines //= 8
        yield self._snapshot(at + seconds * 0.5, page, lines // 2)
        if self._fax.noise > 4 and self._draw.random() < 0.12:
            self._rate = _LOWER[self._rate]
        yield self._snapshot(at + seconds - 0.7, page, lines)
        if page < self._fax.pages:
            yield self._snapshot(at + seconds, page + 1, 0)

    def _end(self, seconds: float) -> Iterator[Observation]:
        fax = self._fax
        status, error, text = ("FAILED", *fax.failure) if fax.failure else ("SUCCESS", "", "OK")
        if fax.has_result:
            for place, (name, value) in enumerate(
                (("FAXSTATUS", status), ("FAXERROR", error), ("FAXSTATUSSTRING", text))
            ):
                yield self._event(seconds - 1 + place / 1000, "VarSet", {"Variable": name, "Value": value})
        heard = fax.done or not fax.failure
        station = {"LocalStationID": OWN_NUMBER, "RemoteStationID": remote_number(fax) if heard else ""}
        counted = {"pages_transmitted" if fax.is_sent else "pages_received": fax.done}
        measured = {"x_resolution": X_RESOLUTION, "y_resolution": self._resolution, "data_rate": self._rate}
        event = "SendFAX" if fax.is_sent else "ReceiveFAX"
        yield self._event(
            seconds, event, self._parties() | station, operation=self._operation, file_name=self._file,
            **counted, **(measured if heard else {}),
        )  # fmt: skip

    @property
    def _operation(self) -> str:
        return "send" if self._fax.is_sent else "receive"

    def _parties(self) -> dict[str, Any]:
        remote = remote_number(self._fax)
        sent = {"CallerIDNum": OWN_NUMBER, "ConnectedLineNum": remote}
        received = {"CallerIDNum": remote, "Exten": OWN_NUMBER}
        account = {"AccountCode": self._fax.account} if self._fax.account else {}
        return {**(sent if self._fax.is_sent else received), **account}

    def _snapshot(self, second: float, page: int, lines: int, **overrides: Any) -> Observation:
        fields: dict[str, Any] = {
            "technology": "Spandsp", "operation": self._operation, "state": "Active",
            "session_type": "T.38" if self._fax.is_t38 else "G.711", "error_correction_mode": self._fax.has_ecm,
            "data_rate": self._rate, "x_resolution": X_RESOLUTION, "y_resolution": self._resolution,
            "page_number": page, "pages_transmitted": page - 1 if self._fax.is_sent else 0,
            "pages_received": 0 if self._fax.is_sent else page - 1, "total_bad_lines": lines, "file_name": self._file,
        }  # fmt: skip
        return Observation(
            self._life, self._at(second), "FAXSession", self._number, self._channel, **fields | overrides
        )

    def _event(self, second: float, event: str, details: dict[str, Any], **fields: Any) -> Observation:
        return Observation(
            self._life, self._at(second), event, self._number, self._channel, self._uniqueid, details=details, **fields
        )

    def _at(self, second: float) -> int:
        return self._began + round(second * MICROSECONDS)
