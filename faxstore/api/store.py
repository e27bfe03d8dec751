"""The Store: reads a history as typed rows, by SQL, or as tables of other libraries."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from psycopg.rows import class_row, dict_row

from faxstore.api import frames, listings, one_session
from faxstore.api.arguments import (
    Bucket,
    Moment,
    Names,
    require_bucket,
    require_last,
    require_sent_or_received,
    selection_of,
)
from faxstore.api.connections import Connections
from faxstore.api.listings import Order
from faxstore.api.rows.change import Change
from faxstore.api.rows.job import Job
from faxstore.api.rows.page import Page
from faxstore.api.rows.session import Session
from faxstore.api.rows.usage import Usage
from faxstore.export import datasets
from faxstore.export.datasets import Dataset
from faxstore.export.rows import fetch_rows, fetch_statement
from faxstore.export.run import snapshot
from faxstore.export.selection import Selection
from faxstore.settings import loading as settings
from faxstore.store import period as periods
from faxstore.store.database import Connection, open_dsn
from faxstore.store.tables import sessions as session_view

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Row = TypeVar("Row", Session, Job, Usage)


@dataclass(frozen=True)
class SessionDetails:
    """One session with its pages and its timeline."""

    session: Session
    pages: Sequence[Page]
    timeline: Sequence[Change]


def open_store(dsn: str | None = None) -> Store:
    """Open the history in a database, to read it.

    Without a DSN it is the database of the commands: that of FAXSTORE_DSN, else that of faxstore.toml, else the
    embedded server, which runs until the store is closed.  Raises FaxstoreError.
    """
    with ExitStack() as stack:
        if dsn is None:
            dsn = stack.enter_context(open_dsn(settings.load(None, os.environ)))
        else:
            settings.check_dsn(dsn, "dsn")
        connections = Connections(dsn)
        stack.callback(connections.close)
        return Store(connections, stack.pop_all())


class Store:
    """A history to read.  It needs the role fax_reader, and is a context manager that closes its connections.

    Each call sees the database as of one moment; calls may be nested, and made from several threads.  Times are in UTC.
    Rows arrive while they are used, so that memory never holds all of them: list() collects them.  Wrong arguments
    raise UsageError, and every other problem a FaxstoreError, at the call or while rows are read.
    """

    def __init__(self, connections: Connections, closing: ExitStack) -> None:
        self._connections = connections
        self._closing = closing

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections, and stop the embedded server if this store has started it."""
        self._closing.close()

    def sessions(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        time_zone: str = "UTC",
        server: Names = None,
        direction: Names = None,
        result: Names = None,
        account: Names = None,
        no_account: bool = False,
        number: str | None = None,
        file: str | None = None,
        last: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Session]:
        """Return the fax sessions that `faxstore sessions` lists with these options, oldest first.

        `since` and `until` select sessions by their start.  `last` is a number of sessions, the last ones.
        """
        selection = self._checked(
            selection_of(since, until, time_zone, server, direction, result, account, no_account, number, file)
        )
        listing = listings.sessions(selection, Order(newest_first, require_last(last)))
        return self._rows(Session, lambda _: listing.parts)

    def jobs(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        time_zone: str = "UTC",
        server: Names = None,
        direction: Names = None,
        result: Names = None,
        account: Names = None,
        no_account: bool = False,
        number: str | None = None,
        file: str | None = None,
        last: int | None = None,
        newest_first: bool = False,
    ) -> Iterator[Job]:
        """Return the jobs that `faxstore sessions --jobs` lists: one row per fax, with all attempts at it.

        `since` and `until` select jobs by the start of their first attempt; `direction` is sent or received.
        """
        require_sent_or_received(direction)
        selection = self._checked(
            selection_of(since, until, time_zone, server, direction, result, account, no_account, number, file)
        )
        order = Order(newest_first, require_last(last))
        return self._rows(Job, lambda connection: listings.jobs(connection, selection, order).parts)

    def usage(
        self,
        *,
        since: Moment = None,
        until: Moment = None,
        time_zone: str = "UTC",
        bucket: Bucket = "day",
        server: Names = None,
        direction: Names = None,
        account: Names = None,
        no_account: bool = False,
    ) -> Iterator[Usage]:
        """Return counts by bucket of local time, server, account and direction, as `faxstore export usage` has them."""
        require_bucket(bucket)
        selection = self._checked(
            selection_of(since, until, time_zone, server, direction, None, account, no_account),
            periods.resolve_for_local_time,
        )
        return self._rows(Usage, lambda _: [datasets.usage(selection, bucket)])

    def session(self, session_id: UUID | str) -> SessionDetails:
        """Return one session with its pages and its timeline.

        The id may be the beginning of one, if no other id begins like that.  Raises UsageError if there is none.
        """
        with self._connections.lent() as connection, snapshot(connection, "UTC"):
            key, found = one_session.find(connection, str(session_id), "session", session_view, class_row(Session))
            pages = tuple(one_session.pages(connection, key, class_row(Page)))
            return SessionDetails(found, pages, tuple(one_session.timeline(connection, key, class_row(Change))))

    def query(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Return the rows of a query of the schema `fax`, by the names of its columns.

        A value of `parameters` replaces %s, or %(name)s.  With parameters, write %% for a percent sign.
        """
        with self._connections.lent() as connection, snapshot(connection, "UTC"):
            yield from fetch_statement(connection, sql, parameters, dict_row)

    def arrow(self, sql: str) -> pyarrow.Table:
        """Return the rows of a query as a table of pyarrow.  Needs the extra `arrow`.

        Numerics are decimals, ids and JSON are texts.
        """
        with self._connections.lent() as connection:
            return frames.arrow(connection, sql)

    def pandas(self, sql: str) -> pandas.DataFrame:
        """Return the rows of a query as a data frame of pandas, with the types of Arrow.  Needs pandas, as `arrow`."""
        return frames.to_pandas(self.arrow(sql))

    def polars(self, sql: str) -> polars.DataFrame:
        """Return the rows of a query as a data frame of Polars.  Needs polars, as `arrow`."""
        return frames.to_polars(self.arrow(sql))

    def _checked(self, selection: Selection, resolve: Any = periods.resolve) -> Selection:
        with self._connections.lent() as connection:
            return selection.checked(connection, resolve)

    def _rows(self, kind: type[Row], parts: Callable[[Connection], Iterable[Dataset]]) -> Iterator[Row]:
        with self._connections.lent() as connection, snapshot(connection, "UTC"):
            for part in parts(connection):
                yield from fetch_rows(connection, part.ordered(*part.columns), class_row(kind))
