"""The faxes of a generated year: which ones there are on a day, the same in each run.

Each server has a course of the day, the week and the year, and remote stations of its own.  Some stations are noisy,
and some receive only at the second or third attempt.  Nothing here was observed: the names of the servers say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from math import exp
from random import Random

HOURS = (0, 0, 0, 0, 0, 1, 3, 8, 18, 26, 28, 24, 14, 18, 22, 21, 16, 9, 4, 2, 1, 1, 0, 0)
"""How the faxes of a day are spread over its hours, UTC."""

WEEK = (1.15, 1.05, 1.0, 1.0, 0.85, 0.15, 0.06)
"""The share of each weekday, from Monday, of a usual working day."""

FAILURES = (
    ("HANGUP", "The call dropped prematurely", 8),
    ("UNKNOWN", "Timed out waiting for initial communication", 6),
    ("UNKNOWN", "Received no response to DCS or TCF", 3),
    ("UNKNOWN", "Disconnected after permitted retries", 2),
    ("UNKNOWN", "Far end is not compatible", 1),
    ("T38_NEG_ERROR", "The call dropped prematurely", 1),
)
"""FAXERROR and FAXSTATUSSTRING of failed faxes, and how frequent each is."""

PAGES = ((1, 46), (2, 24), (3, 12), (4, 7), (5, 4), (7, 3), (10, 2), (14, 1), (22, 1))
"""Numbers of pages, and how frequent each is."""

ACCOUNTS = ("sales", "purchasing", "legal", "support", None)
MOST_ATTEMPTS = 3
BETWEEN_ATTEMPTS = 300.0
"""Seconds from the end of a failed attempt at a sent fax to the next one."""


@dataclass(frozen=True)
class Server:
    """A generated server."""

    name: str
    faxes_per_day: float
    """On a usual working day."""
    noise: float
    """The mean of bad lines per page that is received without ECM from a usual station."""
    ecm: float
    """The share of stations that use ECM."""
    t38: float
    """The share of faxes over T.38."""
    noisy_until: int = 12
    """The month of each year after which its line is good."""


SERVERS = (
    Server("generated1", 44, 1.5, 0.7, 0.8),
    Server("generated2", 21, 9.0, 0.4, 0.0, noisy_until=6),
    Server("generated3", 9, 3.0, 0.6, 0.3),
)


@dataclass(frozen=True)
class Fax:
    """One attempt at a fax."""

    at: datetime
    is_sent: bool
    peer: int
    """The number of the remote station on its server."""
    account: str | None
    pages: int
    """Pages to send; a failed fax has fewer."""
    done: int
    is_t38: bool
    has_ecm: bool
    rate: int
    noise: float
    failure: tuple[str, str] | None
    """FAXERROR and FAXSTATUSSTRING."""
    has_result: bool
    document: int
    """Attempts at the same fax have the same one."""
    seed: int

    @property
    def seconds(self) -> float:
        """How long it takes: negotiation, pages and the end."""
        per_page = 34.0 if self.rate >= 14400 else 46.0 if self.rate >= 9600 else 58.0
        return 14.0 + max(self.done, 0.3 if self.failure else 1) * per_page + 4.0


def faxes_of(server: Server, day: date) -> list[Fax]:
    """Return the faxes that begin on a day, by their start, with the later attempts at failed ones."""
    draw = Random(f"{server.name} {day.isoformat()}")
    number = _poisson(draw, server.faxes_per_day * WEEK[day.weekday()] * _season(day))
    faxes: list[Fax] = []
    for _ in range(number):
        faxes += _attempts(server, draw, _moment(draw, day))
    return sorted(faxes, key=lambda fax: fax.at)


def _attempts(server: Server, draw: Random, at: datetime) -> Iterator[Fax]:
    fax = _fax(server, draw, at)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        yield fax
        if fax.failure is None or not fax.is_sent or attempt == MOST_ATTEMPTS:
            return
        again = fax.at + timedelta(seconds=fax.seconds + BETWEEN_ATTEMPTS + draw.uniform(0, 40))
        if again.date() != at.date():  # which the next day would have to know
            return
        fax = _outcome(replace(fax, at=again, seed=draw.getrandbits(32)), draw, 0.45)


def _fax(server: Server, draw: Random, at: datetime) -> Fax:
    peer = min(int(draw.expovariate(0.09)), 79)
    station = Random(f"{server.name} station {peer}")  # which does not change over the year
    is_bad, has_ecm = station.random() < 0.12, station.random() < server.ecm
    noise = (0.4 if at.month > server.noisy_until else server.noise) * (6.0 if is_bad else station.uniform(0.1, 1))
    rate = 4800 if is_bad and draw.random() < 0.3 else 9600 if noise > 6 or draw.random() < 0.15 else 14400
    fax = Fax(
        at=at, is_sent=draw.random() < 0.45, peer=peer, account=draw.choice(ACCOUNTS),
        pages=_chosen(draw, PAGES), done=0, is_t38=draw.random() < server.t38, has_ecm=has_ecm, rate=rate, noise=noise,
        failure=None, has_result=draw.random() > 0.012, document=draw.getrandbits(32), seed=draw.getrandbits(32),
    )  # fmt: skip
    return _outcome(fax, draw, 0.28 if is_bad else 0.05 + min(noise, 10) / 200)


def _outcome(fax: Fax, draw: Random, failing: float) -> Fax:
    """The fax with its end: it fails with this probability, mostly before its first page."""
    if draw.random() >= failing:
        return replace(fax, failure=None, done=fax.pages)
    error, text, _ = draw.choices(FAILURES, [weight for *_, weight in FAILURES])[0]
    done = draw.randrange(fax.pages) if draw.random() < 0.35 else 0
    return replace(fax, failure=(error, text), done=done)


def _moment(draw: Random, day: date) -> datetime:
    hour = draw.choices(range(24), HOURS)[0]
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + timedelta(seconds=round(draw.uniform(0, 3599), 3))


def _season(day: date) -> float:
    """The share of a usual day: few faxes over Christmas and in August."""
    if (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 2):
        return 0.2
    return 0.65 if day.month == 8 else 1.0


def _poisson(draw: Random, mean: float) -> int:
    number, product, limit = 0, draw.random(), exp(-mean)
    while product > limit:
        number += 1
        product *= draw.random()
    return number


def _chosen(draw: Random, weighted: tuple[tuple[int, int], ...]) -> int:
    return draw.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]
