"""From the spool to the database: through outages, refusals and bad records, exactly once and in order."""

from __future__ import annotations

import json
import logging
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from faxstore.ingest import carrier as carrier_module
from faxstore.ingest.carrier import Carrier
from faxstore.ingest.drain import Drain
from faxstore.observations import Observation, Rejected, ServerObservation, encode
from faxstore.spool.queue import Spool
from faxstore.store import migrate
from faxstore.store.append import Appender
from faxstore.store.database import Connection
from faxstore.store.watched_connection import connect
from tests.kit.counted_rows import LIFE, NOON, carrying, in_order, snapshot
from tests.kit.databases import fresh, name_of

LOG = "faxstore.ingest.carrier"


def rejected(database: psycopg.Connection) -> list[tuple[str, bytes]]:
    return database.execute("select reason, raw from fax.rejected_messages order by observed_at, raw").fetchall()


def until(condition: Callable[[], object], within: float = 15.0) -> None:
    """Waits for something that another thread brings about."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.005)


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The DSN of every connection that was tried."""
    tried: list[str] = []

    def counted(dsn: str, give_up: Callable[[], bool]) -> Connection:
        tried.append(dsn)
        return connect(dsn, give_up)

    monkeypatch.setattr(carrier_module, "connect", counted)
    return tried


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The carrier's log lines, each one line."""
    lines = [record.getMessage() for record in caplog.records if record.name == LOG]
    assert all("\n" not in line for line in lines)
    return lines


# -- when all is well --------------------------------------------------------------------------------


def test_what_is_put_arrives_in_order_and_leaves_the_spool(
    dsn: str, database: psycopg.Connection, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    spool.put(snapshot(number) for number in range(1, 51))
    with carrying(dsn, spool):
        until(lambda: len(spool) == 0)
        for number in range(51, 61):
            spool.put([snapshot(number)])
        until(lambda: len(spool) == 0)
    assert in_order(database) == list(range(1, 61))
    assert told(caplog) == []


def test_a_stop_takes_the_rest_along(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    carrier = Carrier(dsn, spool, "host1")
    spool.put(snapshot(number) for number in range(1, 2001))
    carrier.start()
    carrier.stop(within=30.0)
    assert len(spool) == 0
    assert in_order(database) == list(range(1, 2001))


def test_a_stop_ends_in_time_where_there_is_no_database(spool: Spool) -> None:
    spool.put([snapshot(1)])
    began = time.monotonic()
    with carrying("postgresql://faxstore@127.0.0.1:1/fax", spool):
        pass
    assert time.monotonic() - began < 3.0
    assert len(spool) == 1


def test_two_carriers_of_the_same_records_make_no_double(
    dsn: str, database: psycopg.Connection, spool: Spool, tmp_path: Path
) -> None:
    """Two hosts watch one server."""
    with closing(Spool(tmp_path / "other" / "spool.sqlite", synchronous="off")) as other:
        with carrying(dsn, spool), carrying(dsn, other):
            for number in range(1, 200):
                for each in (spool, other):
                    each.put([snapshot(number)])
            until(lambda: len(spool) == 0 and len(other) == 0)
        assert sorted(in_order(database)) == list(range(1, 200))


# -- outages -----------------------------------------------------------------------------------------


class Proxy:
    """A TCP port in front of a Postgres that can be cut and mended."""

    def __init__(self, dsn: str) -> None:
        known = conninfo_to_dict(dsn)
        host, port = str(known["host"]), int(str(known.get("port") or 5432))
        family = socket.AF_UNIX if host.startswith("/") else socket.AF_INET
        self._family, self._behind = family, (f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port))
        self._port = 0
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.mend()
        self.dsn = make_conninfo(dsn, host="127.0.0.1", port=self._port, sslmode="disable", gssencmode="disable")

    def mend(self) -> None:
        """Listens, on the same port each time."""
        self._listener = socket.create_server(("127.0.0.1", self._port))
        self._port = self._listener.getsockname()[1]
        self._acceptor = self._thread(self._accept, self._listener)

    def cut(self) -> None:
        """Nothing listens any more, and every connection is gone."""
        self._end(self._listener)
        self._acceptor.join(10)
        self._listener.close()
        for each in self._sockets:
            self._end(each)
        for thread in self._threads:
            thread.join(10)
        for each in self._sockets:
            each.close()
        self._sockets, self._threads = [], []

    def _thread(self, run: Callable[..., None], *arguments: socket.socket) -> threading.Thread:
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        thread.start()
        return thread

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.socket(self._family)
                self._sockets += [client, server]
                server.connect(self._behind)
                self._threads.append(self._thread(self._pass_on, client, server))
                self._threads.append(self._thread(self._pass_on, server, client))

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            self._end(each)

    @staticmethod
    def _end(each: socket.socket) -> None:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def proxy(dsn: str) -> Iterator[Proxy]:
    proxy = Proxy(dsn)
    yield proxy
    proxy.cut()


def test_a_database_that_goes_and_comes_back(
    proxy: Proxy,
    database: psycopg.Connection,
    spool: Spool,
    attempts: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with carrying(proxy.dsn, spool):
        spool.put([snapshot(1)])
        until(lambda: len(spool) == 0)
        proxy.cut()
        before = len(attempts)
        for number in range(2, 20):
            spool.put([snapshot(number)])
        until(lambda: len(attempts) > before + 5)
        (down,) = told(caplog)  # once, not for each try
        assert down.startswith("the database does not take rows (")
        assert down.endswith("); collecting into the spool until it does")
        assert len(spool) == 18
        proxy.mend()
        until(lambda: len(spool) == 0)
        until(lambda: len(told(caplog)) == 2)
    assert in_order(database) == list(range(1, 20))
    levels = [record.levelname for record in caplog.records if record.name == LOG]
    assert levels == ["ERROR", "WARNING"]
    assert told(caplog)[1].startswith("the database takes rows again; ")


def test_a_database_that_is_not_there_when_it_starts(
    proxy: Proxy,
    database: psycopg.Connection,
    spool: Spool,
    attempts: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    proxy.cut()
    spool.put([snapshot(1)])
    with carrying(proxy.dsn, spool):
        until(lambda: len(attempts) > 5)
        assert len(told(caplog)) == 1
        assert "Connection refused" in told(caplog)[0] or "refused" in told(caplog)[0]
        proxy.mend()
        until(lambda: len(spool) == 0)
    assert in_order(database) == [1]


def test_it_waits_longer_and_longer_between_its_tries(
    spool: Spool, attempts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []

    class Stopping(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout or 0.0)
            return len(waits) >= 12

    carrier = Carrier("postgresql://faxstore@127.0.0.1:1/fax", spool, "host1")
    monkeypatch.setattr(carrier, "_stopping", Stopping())
    monkeypatch.setattr(carrier_module, "SHORTEST_BACK_OFF", 0.5)
    monkeypatch.setattr(carrier_module, "LONGEST_BACK_OFF", 10.0)
    carrier.start()
    until(lambda: len(waits) == 12)
    carrier.stop(within=1.0)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0, 10.0]


def test_connections_that_are_ended_again_and_again_lose_and_double_nothing(
    dsn: str, database: psycopg.Connection, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faxstore.ingest.drain.BATCH", 20)
    end_it = (
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and application_name = 'faxstore'"
    )
    with carrying(dsn, spool):
        for number in range(1, 601):
            spool.put([snapshot(number)])
            if number % 100 == 0:
                until(lambda: database.execute(end_it).fetchall())
        until(lambda: len(spool) == 0)
    assert in_order(database) == list(range(1, 601))


def set_read_only(database: psycopg.Connection, dsn: str, on: bool) -> None:
    """For every connection from now on; that of `database` stays as it is."""
    name, value = sql.Identifier(name_of(dsn)), sql.SQL("on" if on else "off")
    database.execute(sql.SQL("alter database {} set default_transaction_read_only = {}").format(name, value))


def test_a_database_that_is_read_only_for_a_while(
    dsn: str, database: psycopg.Connection, spool: Spool, attempts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    set_read_only(database, dsn, on=True)
    spool.put([snapshot(1), snapshot(2)])
    with carrying(dsn, spool):
        until(lambda: len(attempts) > 5)
        assert len(spool) == 2
        (line,) = told(caplog)
        assert "read-only transaction" in line
        assert rejected(database) == []  # the database refuses, not the record
        set_read_only(database, dsn, on=False)
        until(lambda: len(spool) == 0)
        until(lambda: len(told(caplog)) == 2)
    assert in_order(database) == [1, 2]


def test_a_database_whose_schema_comes_later(
    empty_database: str, spool: Spool, attempts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    spool.put([snapshot(1)])
    with carrying(empty_database, spool):
        until(lambda: len(attempts) > 5)
        (line,) = told(caplog)
        assert "fax" in line
        migrate.upgrade(empty_database)
        until(lambda: len(spool) == 0)
    with psycopg.connect(empty_database, autocommit=True) as database:
        assert in_order(database) == [1]


def test_a_database_without_the_rights_keeps_everything_in_the_spool(
    dsn: str, database: psycopg.Connection, spool: Spool, attempts: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    spool.put([snapshot(1)])
    with carrying(make_conninfo(dsn, options="-c role=fax_reader"), spool):
        until(lambda: len(attempts) > 3)
        (line,) = told(caplog)
        assert "permission denied" in line
    assert len(spool) == 1
    assert rejected(database) == []
    with carrying(make_conninfo(dsn, options="-c role=fax_ingest"), spool):
        until(lambda: len(spool) == 0)
    assert in_order(database) == [1]


# -- records that the database refuses ---------------------------------------------------------------


def raw(record: bytes, **changed: Any) -> bytes:
    """A record's bytes with some fields of an Observation as encode() would never write them."""
    names = ["kind", "version", "life", *Observation.__slots__[1:]]
    fields = dict(zip(names, json.loads(record), strict=True))
    return json.dumps(list((fields | changed).values())).encode()


GOOD = snapshot(9)
LONG = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=20_000))
LIFE_FIELDS = json.loads(GOOD)[2]
REFUSED: dict[str, bytes] = {
    "NUL in the details": raw(GOOD, details={"FileName": "a\x00b"}),
    "NUL in a name of the details": raw(GOOD, details={"File\x00Name": "b"}),
    "NUL in the channel": raw(GOOD, channel="a\x00b"),
    "NUL in the state": raw(GOOD, state="\x00"),
    "a lone surrogate in the channel": raw(GOOD, channel="\ud800"),
    "a lone surrogate in the details": raw(GOOD, details={"a": "\udcff"}),
    "a page over 32 bits": raw(GOOD, page_number=2**31),
    "a page over 64 bits": raw(GOOD, page_number=2**64),
    "a session number over 64 bits": raw(GOOD, session_number=2**64),
    "a rate that is text": raw(GOOD, data_rate="fast"),
    "a rate that is a fraction": raw(GOOD, data_rate=14400.5),
    "no event": raw(GOOD, event=None),
    "a moment beyond all calendars": raw(GOOD, observed_at=10**18),
    "a moment beyond all numbers": raw(GOOD, observed_at=10**30),
    "a moment that is text": raw(GOOD, observed_at="noon"),
    "a life that is text": raw(GOOD, life="pbx1"),
    "a life cut short": raw(GOOD, life=LIFE_FIELDS[:1]),
    "a life of a server without name": raw(GOOD, life=[None, *LIFE_FIELDS[1:]]),
    "a server's name too long for an index": raw(GOOD, life=[LONG, *LIFE_FIELDS[1:]]),
    "NUL in a server's name": raw(GOOD, life=["p\x00bx", *LIFE_FIELDS[1:]]),
    "a start beyond all calendars": raw(GOOD, life=["pbx1", NOON, False, 10**30, None, None]),
    "a field too many": json.dumps([*json.loads(GOOD), "more"]).encode(),
    "a kind that version 0 does not have": b'[99,"pbx1",1,"x","y"]',
    "nothing": b"",
    "no JSON": b"garbage \x00 \xff",
    "another JSON": b'{"event": "FAXSession"}',
    "deep JSON": b"[" * 100_000,
    "a rejected message with NUL": encode(Rejected("pbx1", NOON, "why\x00", "raw")),
    "a rejected message of a server with NUL": encode(Rejected("p\x00bx1", NOON, "why", "raw")),
    "an observation of a server with NUL": encode(ServerObservation("pbx1", NOON, "Banner", {"Version": "\x00"})),
    "an event of a server too long for an index": encode(ServerObservation("pbx1", NOON, LONG)),
    "a list of numbers over 64 bits": json.dumps(["Listing", 1, LIFE_FIELDS, NOON, [2**70]]).encode(),
    "a list of names": json.dumps(["Listing", 1, LIFE_FIELDS, NOON, ["a"]]).encode(),
    "a hangup of no life": b'["Hangup",1,"pbx1",1,"a","b"]',
}


@pytest.fixture(scope="module")
def shared_dsn(server: str, template: str) -> Iterator[str]:
    """One database for all of them."""
    with fresh(server, template) as dsn:
        yield dsn


@pytest.mark.parametrize("kind", REFUSED)
def test_a_record_that_the_database_refuses_is_set_aside_and_the_rest_goes_on(
    shared_dsn: str, spool: Spool, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, session = REFUSED[kind], 100 + list(REFUSED).index(kind)
    with psycopg.connect(shared_dsn, autocommit=True) as database:
        before, known = len(in_order(database)), rejected(database)
        good = [snapshot(number, session) for number in range(1, 6)]
        spool.put([*good[:2], bad, *good[2:4]])
        with carrying(shared_dsn, spool):
            until(lambda: len(spool) == 0, within=5.0)
            spool.put(good[4:])  # and it lives on
            until(lambda: len(spool) == 0, within=5.0)
        assert in_order(database, before) == [1, 2, 3, 4, 5]
        ((reason, kept),) = [row for row in rejected(database) if row not in known]
    assert "\n" not in reason
    assert len(reason) < 400
    assert kept.decode() == bad.decode("utf-8", "backslashreplace")
    assert told(caplog) == []  # the database is not down


def test_all_of_them_at_once(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    entries = [snapshot(number) for number in range(1, 301)]
    rng = random.Random(7)
    for bad in REFUSED.values():
        entries.insert(rng.randrange(len(entries) + 1), bad)
    spool.put(entries)
    with carrying(dsn, spool):
        until(lambda: len(spool) == 0, within=20.0)
    assert sorted(in_order(database)) == list(range(1, 301))
    assert len(rejected(database)) == len(REFUSED)


# -- events that wait --------------------------------------------------------------------------------


def event(name: str, seconds: float, **details: str) -> bytes:
    moment = NOON + round(seconds * 1_000_000)
    return encode(Observation(LIFE, moment, name, channel="PJSIP/a-7", uniqueid="1.2", details=dict(details)))


WAITS = event("VarSet", 0.5, Variable="FAXSTATUS", Value="SUCCESS")
OTHER = encode(Observation(LIFE, NOON, "FAXSession", 8, channel="PJSIP/b-1", operation="send"))


def tied(database: psycopg.Connection) -> list[tuple[int | None, str]]:
    query = (
        "select s.session_number, h.event from fax.session_history h join fax.session s using (session_id)"
        " order by h.observed_at"
    )
    return database.execute(query).fetchall()


def test_what_waits_for_its_session_stays_in_the_spool(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    spool.put([WAITS])
    with carrying(dsn, spool):
        spool.put([OTHER])
        until(lambda: len(spool) == 1)
        assert tied(database) == [(8, "FAXSession")]
        spool.put([snapshot(1)])
        until(lambda: len(spool) == 0)
    assert tied(database) == [(8, "FAXSession"), (7, "VarSet"), (7, "FAXSession")]


def test_what_waits_outlives_an_outage(
    proxy: Proxy, database: psycopg.Connection, spool: Spool, attempts: list[str]
) -> None:
    spool.put([WAITS, OTHER])
    with carrying(proxy.dsn, spool):
        until(lambda: len(spool) == 1)
        proxy.cut()
        before = len(attempts)
        spool.put([snapshot(1)])
        until(lambda: len(attempts) > before + 2)
        proxy.mend()
        until(lambda: len(spool) == 0)
    assert tied(database) == [(8, "FAXSession"), (7, "VarSet"), (7, "FAXSession")]


def test_what_waits_outlives_a_restart_of_ours(dsn: str, database: psycopg.Connection, spool: Spool) -> None:
    spool.put([WAITS])
    with carrying(dsn, spool):
        pass
    assert len(spool) == 1
    spool.put([snapshot(1)])
    with carrying(dsn, spool):
        until(lambda: len(spool) == 0)
    assert tied(database) == [(7, "VarSet"), (7, "FAXSession")]


@pytest.mark.parametrize("at_once", [True, False], ids=["in one batch", "one after another"])
def test_what_waits_outlives_a_record_that_is_refused(
    database: psycopg.Connection, spool: Spool, at_once: bool
) -> None:
    drain = Drain(spool, lambda: Appender(database, "host1"))
    bad = raw(GOOD, state="\x00")
    for bodies in [[WAITS, bad, snapshot(1)]] if at_once else [[WAITS], [bad], [snapshot(1)]]:
        spool.put(bodies)
        while drain.step() is not None:
            pass
    assert len(spool) == 0
    assert tied(database) == [(7, "VarSet"), (7, "FAXSession")]
    assert len(rejected(database)) == 1


def test_a_drain_says_how_many_wait(database: psycopg.Connection, spool: Spool) -> None:
    drain = Drain(spool, lambda: Appender(database, "host1"))
    spool.put([WAITS, event("FAXStatus", 0.6, Status="x")])
    appended = drain.step()
    assert appended is not None
    assert (appended.done, appended.rows, drain.waiting) == ([], 0, 2)
    assert drain.step() is None
    spool.put([snapshot(1)])
    appended = drain.step()
    assert appended is not None
    assert (appended.rows, appended.repeats, drain.waiting) == (3, 0, 0)


def test_a_repeat_is_done_with_and_counted(database: psycopg.Connection, spool: Spool) -> None:
    """A crash between the database's commit and the spool's: the entries come again."""
    for expected in ((3, 0), (0, 3)):
        drain = Drain(spool, lambda: Appender(database, "host1"))
        spool.put([snapshot(1), snapshot(2), event("SendFAX", 3)])
        appended = drain.step()
        assert appended is not None
        assert (appended.rows, appended.repeats) == expected
        assert len(spool) == 0
