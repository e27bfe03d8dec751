"""A signal ends a command in one line and leaves nothing behind, whatever the command is doing when it arrives."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from faxstore.commands import general
from faxstore.errors import UsageError
from faxstore.system import interruption
from faxstore.system.files import atomic_file, atomic_folder
from faxstore.system.interruption import Interrupted, handled_by, held, interrupt


@pytest.fixture(autouse=True)
def no_signal_yet() -> Iterator[None]:
    """Forgets the signal of a test."""
    yield
    interruption._received.clear()


def write_a_file(path: Path) -> None:
    with atomic_file(path) as out:
        out.write(b"whole")


def write_a_folder(path: Path) -> None:
    with atomic_folder(path) as folder:
        (folder / "part").write_bytes(b"whole")


def fail_to_write_a_file(path: Path) -> None:
    with suppress(UsageError), atomic_file(path) as out:
        out.write(b"half")
        raise OSError(28, "No space left on device")


def interrupted_at(step: int, work: Callable[[Path], None], path: Path) -> bool:
    """Interrupts the work before its line number `step`; returns False if it has fewer lines."""
    seen = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal seen
        if not frame.f_code.co_filename.endswith(("system/files.py", "test_interruption.py")):
            return None
        seen += event == "line"
        if seen == step + 1 and event == "line":
            interrupt(signal.SIGTERM)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work(path)
    except Interrupted:
        pass
    finally:
        sys.settrace(before)
    return seen > step


@pytest.mark.parametrize("work", [write_a_file, write_a_folder, fail_to_write_a_file])
@pytest.mark.parametrize("older", [False, True])
def test_at_every_step_there_is_the_whole_file_or_none(
    work: Callable[[Path], None], older: bool, tmp_path: Path
) -> None:
    allowed = {b"whole"} | ({b"older"} if older else set())
    for step in range(1000):
        place = tmp_path / str(step)
        place.mkdir()
        path = place / "october"
        if older:
            path.mkdir() if work is write_a_folder else path.write_bytes(b"older")
        reached = interrupted_at(step, work, path)
        interruption._received.clear()
        files = [one for one in place.rglob("*") if one.is_file()]
        assert {one.relative_to(place).parts[0] for one in files} <= {"october"}, step
        assert {one.read_bytes() for one in files} <= allowed, step
        assert [one.name for one in place.iterdir()] in ([], ["october"]), step
        if not reached:
            break
    assert 10 < step < 1000


def test_a_signal_waits_for_steps_that_belong_together() -> None:
    done = []
    with suppress(Interrupted), held():
        interrupt(signal.SIGTERM)
        done.append("the rest")
    assert done == ["the rest"]
    assert interruption.received() == signal.SIGTERM


def test_a_signal_replaces_the_error_that_it_caused() -> None:
    with suppress(Interrupted), held():
        interrupt(signal.SIGINT)
        raise OSError("the child was interrupted too")


def test_held_steps_within_held_steps() -> None:
    done = []
    with suppress(Interrupted), held():
        with held():
            interrupt(signal.SIGTERM)
        done.append("the outer block too")
    assert done == ["the outer block too"]
    assert interruption.received() == signal.SIGTERM


def test_a_command_may_handle_signals_itself() -> None:
    seen: list[int] = []
    with handled_by(seen.append):
        interrupt(signal.SIGTERM)
        interrupt(signal.SIGINT)
    assert seen == [signal.SIGTERM, signal.SIGINT]
    assert interruption.received() is None


def test_another_signal_does_not_disturb_the_cleanup() -> None:
    with pytest.raises(Interrupted):
        interrupt(signal.SIGINT)
    interrupt(signal.SIGINT)
    interrupt(signal.SIGTERM)


PROGRAM = """
import signal, sys, time
from faxstore.system import interruption
interruption.PATIENCE = 0.2
interruption.install()
{}
"""

STUCK = """
try:
    print("ready", flush=True)
    time.sleep(60)
finally:
    print("cleaning", flush=True)
    time.sleep(60)
"""
SWALLOWED = """
class Bad:
    def __del__(self):
        print("ready", flush=True)
        time.sleep(10)
Bad()
time.sleep(60)
"""
HALF_BUILT = """
class Cursor:
    def __init__(self):
        print("ready", flush=True)
        time.sleep(10)
        self.closed = False
    def __del__(self):
        if not self.closed:
            print("open")
try:
    Cursor()
except interruption.Interrupted:
    pass
"""
FAULTY = """
class Cursor:
    def __del__(self):
        self.closed
print("ready", flush=True)
Cursor()
"""


def started(body: str, **options: Any) -> subprocess.Popen[str]:
    """A program that has installed the handlers and runs the body."""
    command = [sys.executable, "-c", PROGRAM.format(body)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_signal_after_a_long_cleanup_ends_the_process_at_once() -> None:
    with started(STUCK) as process:
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        assert process.stdout.readline() == "cleaning\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


def test_a_signal_that_arrives_in_a_destructor_is_not_lost() -> None:
    with started(SWALLOWED) as process:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert process.stderr is not None
        trace = process.stderr.read()
    assert "in <module>" in trace
    assert "__del__" not in trace
    assert "interruption.Interrupted" in trace


def test_an_object_that_a_signal_left_half_built_fails_in_silence() -> None:
    with started(HALF_BUILT) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_faulty_destructor_is_reported_if_no_signal_arrived() -> None:
    with started(FAULTY) as process:
        process.wait(10)
        assert process.stderr is not None
        assert "AttributeError" in process.stderr.read()


def test_a_program_that_was_started_to_ignore_a_signal_ignores_it() -> None:
    """As nohup, and a shell that starts a program in the background, do."""
    body = "print('ready'); print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with started(body) as process:
            assert process.stdout is not None
            assert process.stdout.read() == "True\n"
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_before_the_command_line_is_loaded() -> None:
    """It arrives while faxstore imports its command line."""
    program = (
        "import os, sys, signal\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'typer': os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from faxstore.__main__ import main\n"
        "sys.argv = ['faxstore', '--version']\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    line = "faxstore: interrupted by SIGTERM before the end; run it again to complete it\n"
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGTERM, "", line)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("ingest", 0),
        ("follow --after 0", 0),
        ("--config faxstore.toml ingest --workers 2", 0),
        ("--data-dir=data ingest", 0),
        ("sessions --server ingest", 143),
        ("--data-dir ingest export sessions", 143),
        ("", 143),
    ],
)
def test_only_the_start_of_what_runs_until_stopped_is_a_clean_stop(
    monkeypatch: pytest.MonkeyPatch, words: str, status: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["faxstore", *words.split()])
    assert interruption.outcome(signal.SIGTERM)[0] == status


def test_every_general_option_may_precede_the_command() -> None:
    assert {f"--{name.replace('_', '-')}" for name in general.NAMES} == set(interruption.GENERAL_OPTIONS)
