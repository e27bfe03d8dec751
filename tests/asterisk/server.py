"""Run an Asterisk that packages.py laid out: on 127.0.0.1, on a free port, with every file in a folder of its own."""

from __future__ import annotations

import random
import secrets
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from . import truth
from .manager import Manager
from .packages import Tree

CONF = Path(__file__).parent / "conf"

CHANNELVARS = "FAXSTATUS,FAXERROR,FAXSTATUSSTRING,FAXMODE"
"""What faxstore's documents ask for in manager.conf: how a fax ended, in its events."""


class Server:
    """A running Asterisk.  Use it as a context manager: it is stopped, by its process id, at the end."""

    def __init__(self, tree: Tree, home: Path, channelvars: str = CHANNELVARS) -> None:
        self.version = tree.version
        self.name = f"ast{tree.version}"
        self.home = home
        self.port = _free_port()
        self.secret = secrets.token_hex(8)
        for folder in ("etc", "var", "received"):
            (home / folder).mkdir(parents=True)
        self._configure(tree, channelvars)
        with (home / "console").open("wb") as console:
            self.process = subprocess.Popen(
                [*tree.command, "-f", "-C", str(home / "etc/asterisk.conf")],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        deadline = time.monotonic() + 30
        while "Asterisk Ready" not in self.console():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"Asterisk {self.version} does not start:\n{self.console()[-2000:]}")
            time.sleep(0.1)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server: politely, and after 10 s not."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def manager(self, user: str = "tests") -> Manager:
        """A new AMI connection, of `tests` or of the user `faxstore` (conf/manager.conf says what each may do)."""
        return Manager(self.port, user, self.secret)

    def console(self) -> str:
        """All that the server wrote to its console so far."""
        return (self.home / "console").read_text(errors="replace")

    def ends(self) -> list[truth.End]:
        """How the fax applications ended so far, by the server's log."""
        log = self.home / "var/messages"
        return truth.ends(log) if log.exists() else []

    def received(self, uniqueid: str) -> Path:
        """Where the receiver with that Uniqueid writes its pages."""
        return self.home / "received" / f"{uniqueid}.tif"

    def _configure(self, tree: Tree, channelvars: str) -> None:
        words = {
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


def _free_port() -> int:
    """A port that nothing listens on, below those that the system gives to outgoing connections."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
