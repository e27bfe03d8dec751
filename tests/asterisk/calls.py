"""Plays faxes in the tests: each fax is one originated channel.

A Local channel has the sender on its ;1 end and the receiver on its ;2 end.  A SIP channel has the sender here and the
receiver on the other server.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.asterisk.manager import Manager
from tests.asterisk.real_asterisk import Server


@dataclass(frozen=True)
class Fax:
    """One fax to play.

    `receiver` is an extension of [rx] in conf/extensions.conf, or a channel such as PJSIP/recv*TAG@peer, to one of
    [from-peer]; `sender` is what the channel runs once it is answered, EXTENSION@CONTEXT or just SendFAX; `noise` is a
    sound file without suffix; `account` and `caller` belong to the call, which rings for `limit` seconds at most.
    """

    tag: str
    file: Path
    receiver: str = "recv"
    sender: str = "send@tx"
    ecm: bool = True
    noise: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    account: str = ""
    caller: str = "5550100"
    limit: int = 20

    def start(self, manager: Manager) -> str:
        """Originates one fax call without waiting for an answer; returns the ActionID."""
        ecm = "yes" if self.ecm else "no"
        variables = {"TAG": self.tag, "FILE": str(self.file), "TXECM": ecm, "RXECM": ecm, **self.variables}
        queued = manager.ask(
            "Originate",
            variables,
            Channel=self.receiver if "/" in self.receiver else f"Local/{self.receiver}@rx/n",
            **self._destination,
            Timeout=str(self.limit * 1000),
            CallerID=f'"Tests" <{self.caller}>',
            Account=self.account,
            Async="true",
        )[0]
        assert queued["Response"] == "Success", queued
        return queued["ActionID"]

    @property
    def _destination(self) -> dict[str, str]:
        extension, _, context = self.sender.partition("@")
        if context:
            return {"Exten": extension, "Context": context, "Priority": "1"}
        return {"Application": extension, "Data": str(self.file)}


def play(server: Server, faxes: list[Fax]) -> None:
    """Starts these faxes together; noise plays from the moment a call is answered."""
    with server.manager() as manager:
        for fax in sorted(faxes, key=lambda fax: fax.noise is None):
            action_id = fax.start(manager)
            if fax.noise is not None:
                _play_noise(manager, _answered(manager, action_id), fax.noise)


def _answered(manager: Manager, action_id: str) -> str:
    """The channel of the call that this Originate created, once it is answered."""
    for message in manager.messages(action_id):
        if message.get("Event") == "OriginateResponse":
            assert message["Response"] == "Success", message
            return message["Channel"]
    raise AssertionError("messages() never ends")


def _play_noise(manager: Manager, channel: str, noise: Path) -> None:
    """Mixes a sound into what the sender on this channel transmits."""
    answer = manager.ask(
        "Originate",
        {"SPY": channel, "NOISE": str(noise)},
        Channel="Local/spy@noise/n",
        Context="noise",
        Exten="play",
        Priority="1",
        Async="true",
    )[0]
    assert answer["Response"] == "Success", answer


def wait_until(what: str, done: Callable[[], bool], seconds: float) -> None:
    """Waits until a condition is true; raises AssertionError that names the condition."""
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)


def wait_until_over(server: Server, ends: int, seconds: float) -> None:
    """Waits until `ends` call ends are logged and no channel is left; raises AssertionError if the server dies."""

    def over() -> bool:
        status = server.process.poll()
        assert status is None, f"{server.name} has ended, exit status {status} (negative: killed by that signal)"
        if len(server.ends()) < ends:
            return False
        with server.manager() as manager:
            return manager.ask("CoreShowChannels")[-1]["ListItems"] == "0"

    wait_until(f"{ends} ends of calls on {server.name}", over, seconds)


def connected(server: Server, user: str) -> bool:
    """Whether that user is logged in to the AMI, according to the server."""
    with server.manager() as manager:
        output = manager.ask("Command", Command="manager show connected")[0]["Output"]
    return any(line.split()[:1] == [user] for line in output.splitlines())
