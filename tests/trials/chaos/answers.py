"""The simulated Asterisk's answer to each action: its messages, each with the fax that it concerns."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.trials.chaos import messages as wire
from tests.trials.chaos.fax import Fax
from tests.trials.chaos.messages import Headers

Request = dict[str, str]
Answers = list[tuple[Headers, Fax | None]]


@dataclass
class Server:
    """The server's state that answers depend on."""

    crash: Callable[[str], None]
    """Called for a request that would have killed a real server."""
    started_at: float = 0.0
    fax_loaded: bool = True
    faxes: dict[str, Fax] = field(default_factory=dict)
    """The listed faxes, by channel."""
    attempts: Counter[str] = field(default_factory=Counter)
    done: int = 0
    failed: int = 0


def answers(server: Server, request: Request) -> Answers:
    """The answer to an action that the simulated server knows."""
    action = request["action"]
    if action.startswith("FAX") and not server.fax_loaded:
        unknown = f"Invalid/unknown command: {action}. Use Action: ListCommands to show available commands."
        return [(wire.response(request, ("Message", unknown), result="Error"), None)]
    return _ANSWERS[action](server, request)


def _login(server: Server, request: Request) -> Answers:
    uptime = str(int(time.time() - server.started_at))
    return [
        (wire.response(request, ("Message", "Authentication accepted")), None),
        (
            [
                ("Event", "FullyBooted"),
                ("Privilege", "system,all"),
                ("Uptime", uptime),
                ("LastReload", uptime),
                ("Status", "Fully Booted"),
            ],
            None,
        ),
    ]


def _corestatus(server: Server, request: Request) -> Answers:
    date, moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(server.started_at)).split()
    started = (("CoreStartupDate", date), ("CoreStartupTime", moment))
    reloaded = (("CoreReloadDate", date), ("CoreReloadTime", moment), ("CoreCurrentCalls", str(len(server.faxes))))
    return [(wire.response(request, *started, *reloaded), None)]


def _coresettings(_server: Server, request: Request) -> Answers:
    return [(wire.response(request, ("AMIversion", "11.0.0"), ("AsteriskVersion", "22.10.1")), None)]


def _faxstats(server: Server, request: Request) -> Answers:
    counts = {
        "CurrentSessions": len(server.faxes),
        "ReservedSessions": 0,
        "TransmitAttempts": server.attempts["send"],
        "ReceiveAttempts": server.attempts["receive"],
        "CompletedFAXes": server.done,
        "FailedFAXes": server.failed,
    }
    numbers = [(name, str(count)) for name, count in counts.items()]
    return [
        (wire.response(request, ("Message", "FAXStats event will follow")), None),
        (wire.answer("FAXStats", request, *numbers), None),
    ]


def _faxsessions(server: Server, request: Request) -> Answers:
    now, faxes = time.time(), list(server.faxes.values())
    start = (("EventList", "Start"), ("Message", "FAXSessionsEntry event list will follow"))
    count = (("EventList", "Complete"), ("ListItems", str(len(faxes))), ("Total", str(len(faxes))))
    return [
        (wire.response(request, *start), None),
        *[(wire.answer("FAXSessionsEntry", request, *fax.entry(now)), fax) for fax in faxes],
        (wire.answer("FAXSessionsComplete", request, *count), None),
    ]


def _faxsession(server: Server, request: Request) -> Answers:
    now, number = time.time(), request["sessionnumber"]
    fax = next((fax for fax in server.faxes.values() if str(fax.number) == number), None)
    if fax is None:
        return [(wire.response(request, ("Message", "Session not found"), result="Error"), None)]
    if fax.state(now) == "Initialized":
        server.crash(f"FAXSession asked for session {number}, which is Initialized")
    follows = wire.response(request, ("Message", "FAXSession event will follow"))
    return [(follows, None), (wire.answer("FAXSession", request, *fax.detail(now)), fax)]


def _status(server: Server, request: Request) -> Answers:
    fax = server.faxes.get(request["channel"])
    if fax is None:
        return [(wire.response(request, ("Message", "No such channel"), result="Error"), None)]
    start = (("EventList", "start"), ("Message", "Channel status will follow"))
    status = fax.of_channel("Status", ("Type", "PJSIP"), ("DNID", "5550199"), ("Seconds", "5"))
    event = [*status, ("ActionID", request["actionid"])]
    complete = (("EventList", "Complete"), ("ListItems", "1"), ("Items", "1"))
    return [
        (wire.response(request, *start), None),
        (event, fax),
        (wire.answer("StatusComplete", request, *complete), None),
    ]


def _ping(_server: Server, request: Request) -> Answers:
    return [(wire.response(request, ("Ping", "Pong"), ("Timestamp", f"{time.time():.6f}")), None)]


def _logoff(_server: Server, request: Request) -> Answers:
    return [(wire.response(request, ("Message", "Thanks for all the fish."), result="Goodbye"), None)]


_ANSWERS: dict[str, Callable[[Server, Request], Answers]] = {
    "Login": _login,
    "CoreStatus": _corestatus,
    "CoreSettings": _coresettings,
    "FAXStats": _faxstats,
    "FAXSessions": _faxsessions,
    "FAXSession": _faxsession,
    "Status": _status,
    "Ping": _ping,
    "Logoff": _logoff,
}
