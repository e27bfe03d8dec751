"""What the answers of one Asterisk, and the history of its faxes, say of its settings: one check a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from faxstore.ami.connection import RequestError
from faxstore.ami.manager_classes import LACKS, PERMISSION_DENIED
from faxstore.capture.message import Message
from faxstore.doctor import advice
from faxstore.doctor.database import Heard
from faxstore.doctor.findings import Finding, Verdict
from faxstore.settings.loading import ServerSettings

OLDEST_ASTERISK = 13
"""The actions FAXSessions, FAXSession and FAXStats came with Asterisk 13."""

CLOCK_OFF = 2.0
"""Seconds of difference worth a warning: more than one poll, so that times of events and polls mix up."""


@dataclass(frozen=True)
class Answers:
    """What one server said: answers by action (or the refusal), and whether FullyBooted came after the login."""

    server: ServerSettings
    by_action: dict[str, Message | RequestError]
    clock_ahead: float | None = None
    """Seconds by which the server's clock is ahead of ours; None: not told."""
    booted: bool = True

    def refusal(self, action: str) -> str:
        """Why the action was not answered; empty where it was."""
        answer = self.by_action[action]
        return str(answer) if isinstance(answer, RequestError) else ""

    def value(self, action: str, header: str) -> str:
        """A header of the answer; empty where there is none."""
        answer = self.by_action[action]
        return answer.get(header) if isinstance(answer, Message) else ""


def name_of(server: ServerSettings) -> str:
    """The subject of its findings."""
    return f"{server.name} ({server.host}:{server.port})"


def not_reachable(server: ServerSettings, reason: str) -> Finding:
    """Network, TLS, or something else on that port."""
    change = (
        advice.TLS
        if reason.startswith("TLS") or "TLS" in reason
        else f"; manager.conf\n[general]\nenabled = yes\nbindaddr = 0.0.0.0\nport = {server.port}\n"
        "; and let this machine through the firewall"
    )
    return Finding(name_of(server), "reachable", Verdict.FAIL, reason, change, unreachable=True)


def reachable(server: ServerSettings) -> Finding:
    """An Asterisk manager answered."""
    return Finding(name_of(server), "reachable", Verdict.OK, "an Asterisk manager answers")


def login_refused(server: ServerSettings, reason: str) -> Finding:
    """Asterisk says the same for a wrong name, a wrong secret and a wrong address (manager.c, authenticate)."""
    text = f"{reason}: a wrong username or secret, or this machine's address is not permitted"
    return Finding(name_of(server), "login", Verdict.FAIL, text, advice.user(server.username))


def encryption(server: ServerSettings) -> Finding:
    """Whether the secret and the faxes' numbers can be read on the way."""
    subject = name_of(server)
    if server.tls is None:
        if server.host in ("localhost", "::1") or server.host.startswith("127."):
            return Finding(subject, "TLS", Verdict.OK, "not used, and not needed on one machine")
        return Finding(subject, "TLS", Verdict.WARN, "not used: who listens on the way reads the secret", advice.TLS)
    if server.tls.verify:
        return Finding(subject, "TLS", Verdict.OK, "used, and the server's certificate is verified")
    change = '; faxstore.toml\ntls = { ca_file = "/etc/faxstore/ca.pem", verify = true }'
    return Finding(subject, "TLS", Verdict.WARN, "used, but anyone can pretend to be this server", change)


def class_call(answers: Answers) -> Finding:
    """Write class call: the lists and details of fax sessions."""
    server = answers.server
    if answers.refusal("FAXSessions") != PERMISSION_DENIED:
        return Finding(name_of(server), "class call (write)", Verdict.OK, "the fax sessions may be listed")
    text = f"the fax sessions may not be listed: {LACKS['write = call']}"
    change = advice.user_line(server.username, f"write = {advice.WRITE}")
    return Finding(name_of(server), "class call (write)", Verdict.FAIL, text, change)


def class_reporting(answers: Answers) -> Finding:
    """Write class reporting: FAXStats, CoreStatus and CoreSettings."""
    server = answers.server
    denied = [
        action for action in ("FAXStats", "CoreStatus", "CoreSettings") if answers.refusal(action) == PERMISSION_DENIED
    ]
    if not denied:
        return Finding(
            name_of(server), "class reporting (write)", Verdict.OK, "the server tells its start and counters"
        )
    text = f"{', '.join(denied)} denied: {LACKS['write = reporting']}"
    change = advice.user_line(server.username, f"write = {advice.WRITE}")
    return Finding(name_of(server), "class reporting (write)", Verdict.FAIL, text, change)


def class_system(answers: Answers) -> Finding:
    """Read class system: starts, stops and module loads."""
    server = answers.server
    if answers.booted:
        return Finding(name_of(server), "class system (read)", Verdict.OK, "the server says when it starts and stops")
    text = (
        "no FullyBooted came after the login: the class is missing, or the server is still starting; "
        f"without it {LACKS['read = system']}"
    )
    change = advice.user_line(server.username, f"read = {advice.READ}")
    return Finding(name_of(server), "class system (read)", Verdict.FAIL, text, change)


def res_fax(answers: Answers) -> Finding:
    """Whether the module is there; it has the version of its server, for Asterisk numbers no module by itself."""
    subject, version = name_of(answers.server), answers.value("CoreSettings", "AsteriskVersion")
    of = f" (Asterisk {version})" if version else " (of a version that CoreSettings did not tell)"
    refusal = answers.refusal("FAXSessions")
    if refusal in ("", PERMISSION_DENIED):
        note = "loaded" if not refusal else "the server knows its actions"
        return Finding(subject, "res_fax", Verdict.OK, note + of)
    major = version.split(".")[0]
    if major.isdigit() and int(major) < OLDEST_ASTERISK:
        text, change = f"Asterisk {version} cannot list fax sessions", f"upgrade to Asterisk {OLDEST_ASTERISK} or newer"
    else:
        text = f"FAXSessions: {refusal}{of}"
        change = (
            "; modules.conf, then: asterisk -rx 'module load res_fax.so'\nload = res_fax.so\nload = res_fax_spandsp.so"
        )
    return Finding(subject, "res_fax", Verdict.FAIL, text, change)


def clock(answers: Answers) -> Finding:
    """The server's clock by its answer to Ping, against ours."""
    subject, ahead = name_of(answers.server), answers.clock_ahead
    if ahead is None:
        return Finding(subject, "clock", Verdict.NOTE, "the server did not tell its time")
    side = "ahead of" if ahead > 0 else "behind"
    text = f"{abs(ahead):.2f} s {side} this machine's"
    if abs(ahead) < CLOCK_OFF:
        return Finding(subject, "clock", Verdict.OK, text)
    change = "let both machines keep their time by NTP (chrony, systemd-timesyncd)"
    return Finding(subject, "clock", Verdict.WARN, text, change)


def status_events(server: ServerSettings, heard: Heard | None) -> Finding:
    """statusevents of res_fax.conf: a fax is noticed as it begins."""
    seen = heard.status_events if heard else 0
    return _by_history(server, heard, "statusevents", seen, "FAXStatus events", advice.RES_FAX)


def class_call_read(server: ServerSettings, heard: Heard | None) -> Finding:
    """Read class call: the completion events."""
    change = advice.user_line(server.username, f"read = {advice.READ}")
    seen = heard.completions if heard else 0
    what = "SendFAX and ReceiveFAX events"
    return _by_history(server, heard, "class call (read)", seen, what, change, LACKS["read = call"])


def channel_variables(server: ServerSettings, heard: Heard | None) -> Finding:
    """channelvars of manager.conf: success or failure stands in the completion event."""
    seen = heard.results if heard else 0
    return _by_history(server, heard, "channelvars", seen, "completion events with FAXSTATUS", advice.CHANNELVARS)


def class_dialplan(server: ServerSettings, heard: Heard | None) -> Finding:
    """Read class dialplan: the result and the cause of faxes that raise no completion event."""
    change = advice.user_line(server.username, f"read = {advice.READ}")
    seen = heard.variables if heard else 0
    what = "VarSet events of fax variables"
    return _by_history(server, heard, "class dialplan (read)", seen, what, change, LACKS["read = dialplan"])


def write_timeout(server: ServerSettings) -> Finding:
    """AMI has no action that tells it."""
    text = "AMI does not tell it; with the default of 100 ms a busy moment of this machine costs the connection"
    change = advice.user_line(server.username, f"writetimeout = {advice.WRITE_TIMEOUT}")
    return Finding(name_of(server), "writetimeout", Verdict.NOTE, text, change)


WIRE_CHECKS: tuple[Callable[[Answers], Finding], ...] = (
    class_call, class_reporting, class_system, res_fax, clock,
)  # fmt: skip
HISTORY_CHECKS: tuple[Callable[[ServerSettings, Heard | None], Finding], ...] = (
    class_call_read, class_dialplan, status_events, channel_variables,
)  # fmt: skip


def _by_history(
    server: ServerSettings, heard: Heard | None, check: str, seen: int, what: str, change: str, lacks: str = ""
) -> Finding:
    """AMI does not tell these settings, but the faxes of the history show what they bring, or lack."""
    subject = name_of(server)
    if heard is None or heard.sessions == 0:
        why = "no fax of it is in the history yet" if heard else "the history cannot be read"
        return Finding(subject, check, Verdict.NOTE, f"AMI does not tell it, and {why}; it should be:", change)
    among = f"with its last {heard.sessions} faxes"
    if seen:
        return Finding(subject, check, Verdict.OK, f"{seen} {what} came {among}")
    return Finding(subject, check, Verdict.WARN, f"no {what} came {among}{lacks and ': '}{lacks}", change)
