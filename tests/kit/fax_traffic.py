"""Random fax traffic of two servers, a few observations at a time: late rows, late events, ends that are refuted.

The observations of one fax keep their order, except for the late ones, which come at any later time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from faxstore.observations import Life, Observation
from tests.kit.given import completed, entry, gateway, gone, life, moment, receiving, sending, snapshot

Steps = list[list[Observation]]
"""The observations of one fax, grouped by the time at which they arrive."""

ACCOUNTS = ("law", "sales", "Buchhaltung", None)


class Traffic:
    """An endless stream of steps, the same for the same seed."""

    def __init__(self, seed: int, at_once: int = 25) -> None:
        self._rng = random.Random(seed)
        self._at_once = at_once
        self._lives = {server: life(server, -3600.0) for server in ("pbx1", "pbx2")}
        self._numbers = dict.fromkeys(self._lives, 0)
        self._second = 0.0
        self._under_way: list[Steps] = []
        self._late: list[Steps] = []

    def batch(self) -> list[Observation]:
        """The next few steps."""
        rows: list[Observation] = []
        for _ in range(self._rng.randint(1, 8)):
            rows += self._step()
        return rows

    def rest(self) -> Iterator[list[Observation]]:
        """The observations that are left; then both servers restart, so that no fax stays open."""
        for steps in (*self._under_way, *self._late):
            yield from steps
        self._under_way, self._late = [], []
        yield [row for server in self._lives for row in self._restart(server)]
        yield [gone(self._second + 1, 0, of=of) for of in self._lives.values()]

    def _step(self) -> list[Observation]:
        self._second += 0.25
        chance = self._rng.random()
        if chance < 0.004:
            return self._restart(self._rng.choice(list(self._lives)))
        if chance < 0.1 and self._late:
            return self._next(self._late)
        if len(self._under_way) < self._at_once:
            self._begin()
        return self._next(self._under_way)

    def _next(self, among: list[Steps]) -> list[Observation]:
        steps = self._rng.choice(among)
        rows = steps.pop(0)
        if not steps:
            among.remove(steps)
        return rows

    def _restart(self, server: str) -> list[Observation]:
        """A restart, which ends the open faxes of the server; its first new session shows it."""
        self._second += 10
        self._lives[server] = life(server, self._second)
        self._numbers[server] = 1
        return [snapshot(self._second + 2, 0, of=self._lives[server], channel=f"PJSIP/first-{self._second}")]

    def _begin(self) -> None:
        server = self._rng.choice(list(self._lives))
        number = self._numbers[server]
        self._numbers[server] += 1
        fax = _Fax(self._rng, self._lives[server], number, self._second)
        self._under_way.append(fax.steps())
        late = fax.late()
        if late:
            self._late.append(late)


class _Fax:
    """One fax on a channel of its own."""

    def __init__(self, rng: random.Random, of: Life, number: int, second: float) -> None:
        self._rng, self._of, self._number, self._second = rng, of, number, second
        self._on: dict[str, Any] = {"channel": f"PJSIP/{of.server}-{second:.2f}-{number:08x}"}
        self._pages = rng.randint(0, 4)
        self._kind = rng.choice(("received", "received", "received", "sent", "gateway", "detector"))

    def steps(self) -> Steps:
        """From the first row to the end; without an end, the fax is open until its server restarts."""
        steps: Steps = [[row] for row in self._rows()]
        if self._rng.random() < 0.5:
            steps.append([self._completed(self._second + 20, self._pages)])
        if self._rng.random() < 0.9:
            steps.append([self._gone(self._second + 21)])
        if self._rng.random() < 0.1:  # the end is refuted, and then comes again
            steps += [[row] for row in self._rows(after=22)] + [[self._gone(self._second + 40)]]
        return steps

    def late(self) -> Steps:
        """Observations that arrive when the fax may have been exported already."""
        if self._kind == "detector":
            return []
        steps: Steps = []
        if self._rng.random() < 0.3:
            steps.append([self._completed(self._second + 20.5, self._pages + self._rng.randint(0, 2))])
        if self._rng.random() < 0.3:
            steps.append([self._status(self._second + 0.125)])
        if self._rng.random() < 0.3:
            steps.append(self._rows(after=0.0625, bad_lines=self._rng.randint(0, 60)))
        return steps

    def _rows(self, after: float = 0.0, bad_lines: int = 3) -> list[Observation]:
        at = self._second + after
        common: dict[str, Any] = {"number": self._number, "of": self._of, **self._on}
        seconds = [(at + page, page + 1) for page in range(self._pages + 1)]
        if self._kind == "detector":
            return [entry(at, self._number, of=self._of, operation="V.21", **self._on)]
        if self._kind == "gateway":
            return gateway(*((second, page, 9600) for second, page in seconds), **common)
        if self._kind == "sent":
            return sending(*seconds, **common)
        return receiving(*((second, page, bad_lines) for second, page in seconds), **common)

    def _completed(self, second: float, pages: int) -> Observation:
        event = "SendFAX" if self._kind == "sent" else "ReceiveFAX"
        end = completed(second, pages, event)
        fields = ("operation", "data_rate", "x_resolution", "y_resolution", "pages_received", "pages_transmitted")
        status = self._rng.choice(("SUCCESS", "FAILED"))
        values: dict[str, Any] = {name: getattr(end, name) for name in fields}
        values["details"] = {"ChanVariable": f"FAXSTATUS={status}", **self._parties()}
        return Observation(self._of, moment(second), event, self._number, **values, **self._on)

    def _status(self, second: float) -> Observation:
        return Observation(self._of, moment(second), "Status", self._number, **self._on, details=self._parties())

    def _parties(self) -> dict[str, Any]:
        account = self._rng.choice(ACCOUNTS)
        return {"CallerIDNum": f"4930{self._number:05}"} | ({"AccountCode": account} if account else {})

    def _gone(self, second: float) -> Observation:
        return Observation(self._of, moment(second), "Gone", self._number, **self._on)
