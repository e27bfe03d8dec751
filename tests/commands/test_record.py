"""`faxstore record` as a process that is connected to a fake AMI server."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from faxstore.capture import recording as capture
from tests.kit.fake_server import FakeServer, Fax


async def record(
    folder: Path, server: FakeServer, *arguments: str, secret: str = "letmein", twice: bool = False
) -> Process:
    """The running command."""
    config = folder / "faxstore.toml"
    names = ["pbx1", "pbx2"] if twice else ["pbx1"]
    config.touch(mode=0o600)
    config.write_text(
        "\n".join(
            f'[[server]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {server.port}\nusername = "fax"\n'
            f'secret = "{secret}"\npoll_interval = 0.05\nidle_interval = 0.05'
            for name in names
        )
    )
    program = [sys.executable, "-m", "faxstore", "--config", str(config), "record", *arguments]
    return await asyncio.create_subprocess_exec(*program, stdout=PIPE, stderr=PIPE)


async def finished(process: Process) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    async with asyncio.timeout(20):
        out, error = await process.communicate()
    return process.returncode or 0, out.decode(), error.decode()


def test_a_recording_until_a_signal(tmp_path: Path) -> None:
    file = tmp_path / "pbx1.jsonl.gz"

    async def scenario() -> tuple[int, str, str]:
        async with FakeServer() as server:
            server.sessions = [Fax(7, "send", "Active")]
            process = await record(tmp_path, server, str(file))
            await server.until_requested("FAXSession", 2)
            server.send("Event: RTCPSent\r\nTo: 10.0.0.5:4000\r\n\r\n")
            await server.until_requested("FAXSession", 4)
            process.send_signal(signal.SIGTERM)
            return await finished(process)

    status, out, error = asyncio.run(scenario())
    lines = list(capture.read(str(file)))
    recorded = "".join(line.text for line in lines)
    assert (status, out) == (0, "")
    assert f"faxstore: {sum(line.dir != 'mark' for line in lines):,} messages of pbx1 recorded" in error
    assert (lines[0].dir, lines[0].text) == ("mark", "connected")
    assert lines[-1].text.startswith("disconnected")
    assert "SessionNumber: 7\r\nOperation: send" in recorded
    assert "Event: RTCPSent\r\n" in recorded, "a recording contains events that an ingestor skips"
    assert "letmein" not in recorded
    assert "letmein" not in error


def test_a_pipe_gets_each_line_at_once(tmp_path: Path) -> None:
    async def scenario() -> tuple[list[bytes], int]:
        async with FakeServer() as server:
            process = await record(tmp_path, server)
            assert process.stdout is not None
            async with asyncio.timeout(20):
                lines = [await process.stdout.readline() for _ in range(5)]
            process.send_signal(signal.SIGINT)
            return lines, (await finished(process))[0]

    lines, status = asyncio.run(scenario())
    assert lines[0].endswith(b'"dir": "mark", "text": "connected"}\n')
    assert status == 0


def test_it_stops_after_the_given_seconds(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str, str]:
        async with FakeServer() as server:
            return await finished(await record(tmp_path, server, "--seconds", "0.5"))

    status, out, _ = asyncio.run(scenario())
    assert status == 0
    assert '"text": "polled"' in out


def test_a_server_that_cannot_be_reached(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str, str]:
        server = FakeServer()
        await server.start()
        await server.stop()
        return await finished(await record(tmp_path, server, "--seconds", "0.2"))

    status, _, error = asyncio.run(scenario())
    assert status == 3
    assert "pbx1: nothing was recorded, because the server could not be reached" in error.splitlines()[-1]


def test_a_refused_login_ends_the_recording(tmp_path: Path) -> None:
    async def scenario() -> tuple[tuple[int, str, str], int]:
        async with FakeServer() as server:
            ended = await finished(await record(tmp_path, server, str(tmp_path / "pbx1.jsonl"), secret="wrong"))
            return ended, server.port

    (status, _, error), port = asyncio.run(scenario())
    refused = f"pbx1 (127.0.0.1:{port}): login refused: Authentication failed; check username and secret"
    assert (status, error) == (3, f"faxstore: {refused}\n")


def test_a_login_that_is_never_accepted(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str, str]:
        async with FakeServer() as server:
            server.replies["Login"] = lambda client, action: client.refuse(action, "Asterisk is shutting down")
            return await finished(await record(tmp_path, server, "--seconds", "1.5"))

    status, _, error = asyncio.run(scenario())
    assert status == 3
    assert error.splitlines()[-1].endswith("the server could not be reached: Asterisk is shutting down")


def test_a_login_that_is_refused_later_does_not_end_the_recording(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str, str]:
        async with FakeServer() as server:
            process = await record(tmp_path, server)
            await server.until_requested("FAXSessions", 2)
            server.secret = "another"
            server.clients[0].hang_up()
            await server.until_requested("Login", 2)
            assert process.stderr is not None
            async with asyncio.timeout(20):
                while b"retrying every few minutes" not in await process.stderr.readline():
                    pass
            process.send_signal(signal.SIGTERM)
            return await finished(process)

    status, out, _ = asyncio.run(scenario())
    assert status == 0
    assert "login refused: Authentication failed" in out


def test_one_of_several_servers_must_be_named(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str, str]:
        server = FakeServer()
        server.port = 5038
        return await finished(await record(tmp_path, server, twice=True))

    assert asyncio.run(scenario()) == (2, "", "faxstore: --server is missing: use pbx1 or pbx2\n")


def test_a_server_that_is_not_in_the_settings(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str, str]:
        server = FakeServer()
        server.port = 5038
        return await finished(await record(tmp_path, server, "--server", "pbx9"))

    status, _, error = asyncio.run(scenario())
    assert (status, error) == (2, "faxstore: --server pbx9 is not in the settings; use pbx1\n")
