"""Runs an Asterisk that packages.py unpacked: on 127.0.0.1, on free ports, with all its files in one folder."""

from __future__ import annotations

import random
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from tests.asterisk import dialplan_log as truth
from tests.asterisk.manager import Manager
from tests.asterisk.packages import Tree, lay_out

CONF = Path(__file__).parent / "conf"

CHANNELVARS = "FAXSTATUS,FAXERROR,FAXSTATUSSTRING,FAXMODE"
"""The channelvars that faxstore's documentation asks for in manager.conf: they carry the result of a fax."""


PEER_OF = {"22": "16", "16": "22"}
"""The two servers are SIP peers of each other."""


class StartAsterisk(Protocol):
    """Starts the server of a version, "22" or "16"."""

    def __call__(self, version: str, channelvars: str = CHANNELVARS) -> Server: ...


@contextmanager
def servers_below(folder: Path) -> Iterator[StartAsterisk]:
    """Yields a starter of servers below that folder and stops all of them at the end."""
    sip = {version: _free_port(socket.SOCK_DGRAM) for version in PEER_OF}
    with ExitStack() as servers:

        def start(version: str, channelvars: str = CHANNELVARS) -> Server:
            ports = SipPorts(sip[version], sip[PEER_OF[version]], _free_port(socket.SOCK_DGRAM))
            return servers.enter_context(Server(lay_out(version), folder / f"ast{version}", ports, channelvars))

        yield start


class SipPorts(NamedTuple):
    """The SIP port of a server, that of its peer, and that of its phone (sip_phone.py)."""

    own: int
    peer: int
    phone: int


class Server:
    """A running Asterisk.  As a context manager it stops the server, by its process id, at the end."""

    process: subprocess.Popen[bytes]
    """The server process; a new one after each start()."""

    command: list[str]
    """The first words of a command line that starts the server, or connects to it with -rx."""

    def __init__(self, tree: Tree, home: Path, sip: SipPorts, channelvars: str = CHANNELVARS) -> None:
        self.version = tree.version
        self.name = f"ast{tree.version}"
        self.home = home
        self.sip = sip
        self.port = _free_port(socket.SOCK_STREAM)
        self.secret = secrets.token_hex(8)
        self.command = [*tree.command, "-C", str(home / "etc/asterisk.conf")]
        for folder in ("etc", "var/outgoing", "received"):
            (home / folder).mkdir(parents=True)
        self._configure(tree, sip, channelvars)

    def __enter__(self) -> Self:
        self.start()
        return self

    def start(self) -> None:
        """Starts the server, also after stop() or kill(), and waits until it is ready."""
        self.launch()
        self.wait_until_ready()

    def launch(self, slow: int = 0) -> None:
        """Starts it with the same ports, configuration and log as before.

        For `slow` seconds it answers the AMI and lists fax sessions, but is not fully booted.
        """
        (self.home / "etc/boot.sh").write_text(f"sleep {slow}\n")
        with (self.home / "console").open("wb") as console:
            self.process = subprocess.Popen(
                [*self.command, "-f"],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Waits until it is fully booted."""
        deadline = time.monotonic() + 30
        while "Asterisk Ready" not in self.console():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Asterisk {self.version} does not start:\n{self.console()[-2000:]}")
            time.sleep(0.1)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Stops the server: with a request first, and after 10 s with a kill."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """Kills it like a crash: it logs nothing more and sends no goodbye."""
        self.process.kill()
        self.process.wait()

    def manager(self, user: str = "tests") -> Manager:
        """A new AMI connection of the user `tests` or `faxstore` (conf/manager.conf lists their rights)."""
        return Manager(self.port, user, self.secret)

    def console(self) -> str:
        """All console output since the last start."""
        return (self.home / "console").read_text(errors="replace")

    def run_command(self, command: str) -> str:
        """The output of `asterisk -rx` for a command, including commands that the AMI does not accept."""
        words = [*self.command, "-rx", command]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10)
        return f"{done.stdout}{done.stderr}".strip()

    def begun(self) -> list[truth.Begun]:
        """The fax applications that started so far, from the server's log."""
        log = self.home / "var/messages"
        return truth.begun(log) if log.exists() else []

    def ends(self) -> list[truth.End]:
        """The fax applications that ended so far, from the server's log."""
        log = self.home / "var/messages"
        return truth.ends(log) if log.exists() else []

    def queue_call(self, text: str) -> None:
        """Hands a call file with this text to the server."""
        written = self.home / "call"
        written.write_text(text)
        written.rename(self.home / "var/outgoing" / f"call-{secrets.token_hex(4)}")

    def received(self, uniqueid: str) -> Path:
        """The TIFF that the receiver with that Uniqueid writes."""
        return self.home / "received" / f"{uniqueid}.tif"

    def _configure(self, tree: Tree, sip: SipPorts, channelvars: str) -> None:
        words = {
            "@SIP@": str(sip.own),
            "@PEER@": str(sip.peer),
            "@PHONE@": str(sip.phone),
            "@HOME@": str(self.home),
            "@TREE@": str(tree.root),
            "@MODULES@": str(tree.modules),
            "@PORT@": str(self.port),
            "@SECRET@": self.secret,
            "@CHANNELVARS@": channelvars,
        }
        for source in CONF.glob("*.conf"):
            text = source.read_text()
            for word, value in words.items():
                text = text.replace(word, value)
            (self.home / "etc" / source.name).write_text(text)


def _free_port(kind: socket.SocketKind) -> int:
    """A free port of that kind, below the range that the system uses for outgoing connections."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket(type=kind) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
