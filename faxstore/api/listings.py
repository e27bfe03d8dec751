"""The rows of a list of sessions or jobs, as data sets to read one after the other.

A job needs all attempts at it, so a long period of jobs is read in parts (job_periods): its first rows appear early.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from faxstore.api import job_periods
from faxstore.export import datasets
from faxstore.export.datasets import Dataset
from faxstore.export.selection import Selection
from faxstore.store.database import Connection


@dataclass(frozen=True)
class Order:
    """Which rows of a selection a list has, and in which order."""

    newest_first: bool = False
    last: int | None = None
    """The number of rows, the last ones; None for all."""

    def of(self, dataset: Dataset) -> Dataset:
        """The data set in this order."""
        return replace(dataset, newest_first=self.newest_first, last=self.last)


@dataclass(frozen=True)
class Listing:
    """A list: one data set, and the parts of which each is read at once."""

    whole: Dataset
    parts: Iterable[Dataset]
    """Together they have the rows of the whole, in its order.  To be read once, in the transaction of the rows."""


def sessions(selection: Selection, order: Order) -> Listing:
    """The sessions of a checked selection."""
    return undivided(datasets.sessions(selection), order)


def jobs(connection: Connection, selection: Selection, order: Order) -> Listing:
    """The jobs of a checked selection, by the start of their first attempts."""
    if order.last is not None:
        late = job_periods.of_last(connection, selection, order.last)
        return undivided(datasets.jobs(late), order)
    divided = job_periods.newest_first if order.newest_first else job_periods.oldest_first
    parts = (order.of(datasets.jobs(part)) for part in divided(connection, selection))
    return Listing(order.of(datasets.jobs(selection)), parts)


def undivided(dataset: Dataset, order: Order) -> Listing:
    """A list that is read at once."""
    whole = order.of(dataset)
    return Listing(whole, (whole,))
