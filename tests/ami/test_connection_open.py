"""Opening a connection: every way in which it can fail, and the reason."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest

from faxstore.ami.connection import Connection
from faxstore.ami.errors import ConnectError, LoginRefusedError
from faxstore.capture.message import Message
from faxstore.errors import UnreachableError
from faxstore.settings.values import Secret, Tls
from tests.kit.fake_listener import SHORT_LIMITS, FakeListener, connected, settings_of
from tests.kit.fake_server import Client, FakeServer, no_reply
from tests.kit.played_time import play

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.pem"


def test_a_wrong_secret() -> None:
    failure, marks = play(failed(FakeServer(), secret=Secret("wrong")))
    assert isinstance(failure, LoginRefusedError)
    assert failure.reason == "login refused: Authentication failed"
    assert str(failure).startswith("pbx1 (127.0.0.1:")
    assert marks == ["connected", "disconnected: login refused: Authentication failed"]


def test_a_port_without_a_listener() -> None:
    with socket.socket() as bound:  # bound and not listening, so that no other process gets the port
        bound.bind(("127.0.0.1", 0))
        server = FakeServer()
        server.port = bound.getsockname()[1]
        failure, marks = play(failed_at(server))
    assert isinstance(failure, ConnectError)
    assert failure.reason == "Connection refused"
    assert failure.exit_status == 3
    assert marks == ["connect: Connection refused"]


def test_a_host_that_does_not_exist() -> None:
    for host in ("pbx.invalid", "p" * 64 + ".invalid", "..", "\udcff"):
        failure, _ = play(failed_at(FakeServer(), host=host, port=5038))
        assert isinstance(failure, ConnectError)
        assert "\n" not in failure.reason


def test_a_silent_port() -> None:
    failure, _ = play(failed(FakeServer(banner="")))
    assert isinstance(failure, ConnectError)
    assert failure.reason == "no greeting of an Asterisk manager within 0.3 s (does this port speak TLS?)"


@pytest.mark.parametrize("banner", ["SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "\x00\r\n"])
def test_another_service_gets_no_secret(banner: str) -> None:
    server = FakeServer(banner=banner)
    failure, marks = play(failed(server))
    assert isinstance(failure, ConnectError)
    assert failure.reason.startswith("not an Asterisk manager: it greets with '")
    assert server.received == []
    assert [marks[0], marks[-1]] == ["connected", f"disconnected: {failure.reason}"]
    assert all(mark.startswith("cut off: ") for mark in marks[1:-1])


def test_a_greeting_without_an_end() -> None:
    failure, _ = play(failed(FakeServer(banner=b"x" * 10_000)))
    assert isinstance(failure, ConnectError)
    assert failure.reason == "received a greeting of more than 1,024 bytes"


def test_a_server_that_closes_before_its_greeting() -> None:
    failure, _ = play(failed_before_greeting())
    assert isinstance(failure, ConnectError)
    assert failure.reason == "the server closed the connection"


def test_a_login_without_an_answer() -> None:
    server = FakeServer()
    server.replies["Login"] = no_reply
    failure, _ = play(failed(server))
    assert isinstance(failure, ConnectError)
    assert failure.reason == "no answer to Login within 0.3 s (during login)"


def test_a_connection_that_ends_during_the_login() -> None:
    server = FakeServer()
    server.replies["Login"] = lambda client, action: client.hang_up()
    failure, _ = play(failed(server))
    assert isinstance(failure, ConnectError)
    assert failure.reason == "the server closed the connection (during login)"


def test_a_shutdown_is_not_a_refused_login() -> None:
    server = FakeServer()
    server.replies["Login"] = lambda client, action: client.refuse(action, "Asterisk is shutting down")
    failure, _ = play(failed(server))
    assert isinstance(failure, ConnectError)
    assert failure.reason == "Asterisk is shutting down"


def test_a_user_without_class_system_logs_in_without_fullybooted() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["Login"] = lambda client, action: client.grant(
                action, "Message: Authentication accepted\r\n"
            )
            async with connected(server, listener) as connection:
                await connection.request("FAXSessions")
        return [event.event for event in listener.events]

    assert play(scenario()) == ["FAXSessionsComplete"]


def test_a_greeting_in_pieces() -> None:
    async def slowly(client: Client, action: Message) -> None:
        await client.trickle(b"Response: Success\r\nActionID: " + action.get("ActionID").encode() + b"\r\n\r\n")

    async def scenario() -> str:
        async with FakeServer(banner="Asterisk Call Man") as server:
            server.replies["Login"] = slowly
            opening = asyncio.ensure_future(Connection.open(settings_of(server), FakeListener(), SHORT_LIMITS))
            await server.changes.until(lambda: server.clients)
            server.send("ager/5.0.0\r")
            server.send("\n")
            connection = await opening
            await connection.close()
            return connection.version

    assert play(scenario()) == "5.0.0"


def test_a_secret_that_cannot_be_one_header_is_not_sent() -> None:
    server = FakeServer()
    failure, _ = play(failed(server, secret=Secret("let\r\nAction: Originate")))
    assert isinstance(failure, LoginRefusedError)
    assert failure.reason == "login not possible: Secret must not contain a line end or NUL"
    assert server.received == []


def test_cancelling_leaves_a_mark() -> None:
    async def scenario() -> list[str]:
        listener = FakeListener()
        async with FakeServer() as server:
            server.replies["Login"] = no_reply
            opening = asyncio.ensure_future(Connection.open(settings_of(server), listener))
            await server.until_requested("Login")
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            await server.changes.until(lambda: server.clients[0].over)
        return listener.texts("mark")

    assert play(scenario()) == ["connected", "disconnected: faxstore was stopped"]


# -- TLS -----------------------------------------------------------------------------------------------


def certified(by: str = "localhost") -> ssl.SSLContext:
    """Return a server's context.  AUTHORITY signed the certificate for localhost; the others are self-signed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{by}.pem")
    return context


@pytest.mark.parametrize(
    ("host", "tls"),
    [
        ("localhost", Tls(AUTHORITY)),
        ("localhost", Tls(CERTIFICATES / "localhost.pem")),
        ("127.0.0.1", Tls(verify=False)),
    ],
    ids=["authority", "the certificate itself", "not verified"],
)
def test_tls(host: str, tls: Tls) -> None:
    async def scenario() -> str:
        async with FakeServer(certified()) as server, connected(server, host=host, tls=tls) as connection:
            return (await connection.request("Ping"))[0].get("Ping")

    assert play(scenario()) == "Pong"


@pytest.mark.parametrize(
    ("host", "tls", "reason"),
    [
        ("127.0.0.1", Tls(AUTHORITY), "TLS: the server's certificate is not accepted: IP address mismatch"),
        ("localhost", Tls(), "TLS: the server's certificate is not accepted: unable to get local issuer certificate"),
        ("localhost", Tls(Path(__file__)), "TLS: ca_file"),
        ("localhost", Tls(CERTIFICATES / "missing.pem"), "TLS: ca_file"),
    ],
)
def test_the_reason_why_tls_failed(host: str, tls: Tls, reason: str) -> None:
    server = FakeServer(certified())
    failure, marks = play(failed(server, host=host, tls=tls))
    assert isinstance(failure, ConnectError)
    assert failure.reason.startswith(reason)
    assert server.received == []
    assert marks == [f"connect: {failure.reason}"]


@pytest.mark.parametrize(
    ("certificate", "trusted", "reason"),
    [
        ("expired", "expired", "certificate has expired"),
        ("not-yet-valid", "not-yet-valid", "certificate is not yet valid"),
        ("other-host", "other-host", "Hostname mismatch, certificate is not valid for 'localhost'"),
        ("other-host", "authority", "self-signed certificate"),
        ("localhost", "other-host", "unable to get local issuer certificate"),
    ],
)
def test_a_certificate_that_is_not_accepted_gets_no_secret(certificate: str, trusted: str, reason: str) -> None:
    server = FakeServer(certified(certificate))
    failure, _ = play(failed(server, host="localhost", tls=Tls(CERTIFICATES / f"{trusted}.pem")))
    assert isinstance(failure, ConnectError)
    shown = failure.reason.replace("self signed", "self-signed")  # OpenSSL 1.1's spelling
    assert shown == f"TLS: the server's certificate is not accepted: {reason}"
    assert server.received == []


@pytest.mark.parametrize("certificate", ["expired", "other-host"])
def test_without_verification_any_certificate_is_accepted(certificate: str) -> None:
    async def scenario() -> str:
        tls = Tls(verify=False)
        async with FakeServer(certified(certificate)) as server, connected(server, tls=tls) as connection:
            return (await connection.request("Ping"))[0].response

    assert play(scenario()) == "Success"


@pytest.mark.parametrize("tls", [Tls(), Tls(AUTHORITY), Tls(verify=False)], ids=str)
def test_tls_to_a_port_without_it(tls: Tls) -> None:
    server = FakeServer()
    failure, _ = play(failed(server, tls=tls))
    assert server.received == []
    assert isinstance(failure, ConnectError)
    assert failure.reason == "TLS: wrong version number (is this the TLS port?)"


def test_no_tls_to_a_port_with_it() -> None:
    failure, _ = play(failed(FakeServer(certified())))
    assert isinstance(failure, ConnectError)
    assert "(does this port speak TLS?)" in failure.reason


# -- helpers -------------------------------------------------------------------------------------------


async def failed(server: FakeServer, **changes: object) -> tuple[UnreachableError, list[str]]:
    """Return why opening a connection to the server failed, and the marks."""
    async with server:
        return await failed_at(server, **changes)


async def failed_at(server: FakeServer, **changes: object) -> tuple[UnreachableError, list[str]]:
    """Return why opening a connection failed, and the marks; the server is not started."""
    listener = FakeListener()
    with pytest.raises(UnreachableError) as failure:
        await Connection.open(settings_of(server, **changes), listener, SHORT_LIMITS)
    return failure.value, listener.texts("mark")


async def failed_before_greeting() -> tuple[UnreachableError, list[str]]:
    async with FakeServer(banner="") as server:
        opening = asyncio.ensure_future(failed_at(server))
        await server.changes.until(lambda: server.clients)
        server.clients[0].writer.close()
        return await opening
