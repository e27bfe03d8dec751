"""The doctor's checks of a server from its settings and its answers over AMI."""

from __future__ import annotations

from collections.abc import Callable

from faxstore.ami.manager_classes import CONSEQUENCES
from faxstore.doctor import advice
from faxstore.doctor.facts import ServerFacts
from faxstore.doctor.findings import Finding, Verdict
from faxstore.errors import UsageError

OLDEST_ASTERISK = 13
"""The first version with the actions FAXSessions, FAXSession and FAXStats."""

MAX_CLOCK_DIFFERENCE = 2.0
"""Seconds.  With more than this, the times of events and of polls are out of order."""


def secret(facts: ServerFacts) -> Finding | None:
    """Return the finding for a secret that is missing or cannot be read; None for one that can."""
    try:
        facts.server.secret.reveal()
    except UsageError as error:
        change = "set secret_file to a file that the user of faxstore may read, with one line"
        return Finding(facts.subject, "secret", Verdict.FAIL, str(error), change)
    return None


def unreachable(facts: ServerFacts, reason: str) -> Finding:
    """Return the finding for a server without a connection: network, TLS, or another service on that port."""
    port = facts.server.port
    change = (
        advice.TLS
        if "TLS" in reason
        else "; check host and port in faxstore.toml, and that the firewall lets this machine through\n"
        f"; manager.conf\n[general]\nenabled = yes\nbindaddr = 0.0.0.0\nport = {port}"
    )
    return Finding(facts.subject, "reachable", Verdict.FAIL, reason, change, unreachable=True)


def login_refused(facts: ServerFacts, reason: str) -> Finding:
    """Return the finding for a refused login.

    Asterisk's answer is the same for a wrong user name, secret and address (manager.c, authenticate).
    """
    text = f"{reason}: wrong username or secret, or the address of this machine is not permitted"
    return Finding(facts.subject, "login", Verdict.FAIL, text, advice.user(facts.server.username))


def encryption(facts: ServerFacts) -> Finding:
    """Check whether others on the network can read the secret and the fax numbers."""
    server = facts.server
    if server.tls is None:
        if server.host in ("localhost", "::1") or server.host.startswith("127."):
            return Finding(facts.subject, "TLS", Verdict.OK, "not used; not needed within one machine")
        text = "not used: anyone on the network path can read the secret"
        return Finding(facts.subject, "TLS", Verdict.WARN, text, advice.TLS)
    if server.tls.verify:
        return Finding(facts.subject, "TLS", Verdict.OK, "used, and the server's certificate is verified")
    text = "used, but the server's certificate is not verified: another machine can impersonate it"
    change = '; faxstore.toml\ntls = { ca_file = "/etc/faxstore/ca.pem", verify = true }'
    return Finding(facts.subject, "TLS", Verdict.WARN, text, change)


def write_class_call(facts: ServerFacts) -> Finding:
    """Check write class call, which lists and details of fax sessions need."""
    return _write_class(facts, "call", "FAXSessions")


def write_class_reporting(facts: ServerFacts) -> Finding:
    """Check write class reporting, which FAXStats, CoreStatus and CoreSettings need."""
    return _write_class(facts, "reporting", "FAXStats", "CoreStatus", "CoreSettings")


def _write_class(facts: ServerFacts, name: str, *actions: str) -> Finding:
    check, denied = f"class {name} (write)", [action for action in actions if facts.denied(action)]
    if not denied:
        return Finding(facts.subject, check, Verdict.OK, f"{', '.join(actions)} allowed")
    text = f"{', '.join(denied)} denied: {CONSEQUENCES[f'write = {name}']}"
    return Finding(facts.subject, check, Verdict.FAIL, text, advice.user_lines(facts.server.username, advice.WRITE))


def read_class_system(facts: ServerFacts) -> Finding:
    """Check read class system, with which the server reports starts, stops and module loads."""
    check = "class system (read)"
    if facts.booted:
        return Finding(facts.subject, check, Verdict.OK, "the server reports its starts and stops")
    text = (
        "no FullyBooted event after the login: the class is missing, or the server is still starting; "
        f"without the class, {CONSEQUENCES['read = system']}"
    )
    return Finding(facts.subject, check, Verdict.FAIL, text, advice.user_lines(facts.server.username, advice.READ))


def res_fax(facts: ServerFacts) -> Finding:
    """Check that res_fax is loaded.  Its version is that of Asterisk: modules have none of their own."""
    version = facts.value("CoreSettings", "AsteriskVersion")
    suffix = f" (Asterisk {version})" if version else " (CoreSettings did not report the version)"
    refusal = facts.refusal("FAXSessions")
    if not refusal:
        return Finding(facts.subject, "res_fax", Verdict.OK, f"loaded{suffix}")
    if facts.denied("FAXSessions"):
        return Finding(facts.subject, "res_fax", Verdict.OK, f"the server has its actions{suffix}")
    major = version.split(".")[0]
    if major.isdigit() and int(major) < OLDEST_ASTERISK:
        text, change = f"Asterisk {version} cannot list fax sessions", f"upgrade to Asterisk {OLDEST_ASTERISK} or newer"
    else:
        text, change = f"FAXSessions: {refusal}{suffix}", advice.MODULES
    return Finding(facts.subject, "res_fax", Verdict.FAIL, text, change)


def clock(facts: ServerFacts) -> Finding:
    """Compare the server's clock, from its answer to Ping, with that of this machine."""
    ahead = facts.clock_ahead
    if ahead is None:
        return Finding(facts.subject, "clock", Verdict.NOTE, "the server did not report its time")
    text = f"{abs(ahead):.2f} s {'ahead of' if ahead > 0 else 'behind'} this machine's"
    if abs(ahead) < MAX_CLOCK_DIFFERENCE:
        return Finding(facts.subject, "clock", Verdict.OK, text)
    change = "synchronise both machines by NTP (chrony, systemd-timesyncd)"
    return Finding(facts.subject, "clock", Verdict.WARN, text, change)


def write_timeout(facts: ServerFacts) -> Finding:
    """Recommend writetimeout; no AMI action reports it."""
    text = "unknown: AMI does not report it; at the default of 100 ms Asterisk disconnects faxstore on a short stall"
    change = advice.user_lines(facts.server.username, advice.WRITE_TIMEOUT)
    return Finding(facts.subject, "writetimeout", Verdict.NOTE, text, change)


CHECKS: tuple[Callable[[ServerFacts], Finding], ...] = (
    encryption, write_class_call, write_class_reporting, read_class_system, res_fax, clock, write_timeout,
)  # fmt: skip
