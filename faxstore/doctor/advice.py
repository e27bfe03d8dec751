"""Lines for Asterisk's configuration files, to be pasted; docs/operations.md explains each.

The write class that an action needs is the EVENT_FLAG_ argument of its ast_manager_register in res_fax.c (FAXSessions
and FAXSession: call; FAXStats: reporting) or manager.c (CoreStatus, CoreSettings: system or reporting; Status: system,
call or reporting).  The read class that an event needs is the class of the event.
"""

from __future__ import annotations

READ = "call,system,dialplan"
WRITE = "call,reporting"

FILTERS = (
    "Event: (SendFAX|ReceiveFAX|FAXStatus|FullyBooted|Shutdown|Load|Unload|Hangup)",
    "Event: VarSet.*Variable: (FAX|REMOTESTATIONID|LOCALSTATIONID)",
    "Event: Newexten.*Application: (SendFAX|ReceiveFAX)",
)
"""Extended regular expressions over the text of an event (manager.c, match_filter); '.' also matches line ends."""

WRITE_TIMEOUT = 5000
"""Milliseconds.  At Asterisk's default of 100, a client that stalls for a tenth of a second is disconnected."""

RES_FAX = """\
; res_fax.conf, then: asterisk -rx 'module reload res_fax.so'
[general]
statusevents = yes"""

MODULES = """\
; modules.conf, then: asterisk -rx 'module load res_fax.so'
load = res_fax.so
load = res_fax_spandsp.so"""

CHANNELVARS = """\
; manager.conf, then: asterisk -rx 'manager reload'
[general]
channelvars = FAXSTATUS,FAXERROR,FAXSTATUSSTRING,FAXMODE"""

TLS = """\
; manager.conf, then: asterisk -rx 'core restart gracefully'
[general]
tlsenable = yes
tlsbindaddr = 0.0.0.0:5039
tlscertfile = /etc/asterisk/keys/asterisk.pem
; and in faxstore.toml: port = 5039 and tls = true"""


def user(name: str) -> str:
    """Return the complete section of manager.conf for a user."""
    return "\n".join(
        [
            "; manager.conf, then: asterisk -rx 'manager reload'",
            f"[{name}]",
            "secret = THE-SECRET",
            "deny = 0.0.0.0/0.0.0.0",
            "permit = THE-ADDRESS-OF-FAXSTORE/255.255.255.255",
            f"read = {READ}",
            f"write = {WRITE}",
            f"writetimeout = {WRITE_TIMEOUT}",
            *(f"eventfilter = {pattern}" for pattern in FILTERS),
        ]
    )


def user_line(name: str, line: str) -> str:
    """Return one line of the user's section of manager.conf, below its header."""
    return f"; manager.conf, then: asterisk -rx 'manager reload'\n[{name}]\n{line}"
