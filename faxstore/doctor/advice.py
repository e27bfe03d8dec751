"""What belongs into Asterisk's files, as lines to paste; docs/operations.md explains each.

Which class lets a user do what: the EVENT_FLAG_ arguments of ast_manager_register in res_fax.c (FAXSessions and
FAXSession: call; FAXStats: reporting) and manager.c (CoreStatus, CoreSettings: system or reporting; Status: system,
call or reporting), and the class of each event.
"""

from __future__ import annotations

READ = "call,system,dialplan"
WRITE = "call,reporting"

FILTERS = (
    "Event: (SendFAX|ReceiveFAX|FAXStatus|FullyBooted|Shutdown|Load|Unload|Hangup)",
    "Event: VarSet.*Variable: (FAX|REMOTESTATIONID|LOCALSTATIONID)",
    "Event: Newexten.*Application: (SendFAX|ReceiveFAX)",
)
"""Extended regular expressions over the text of an event (manager.c, match_filter); '.' matches line ends too."""

WRITE_TIMEOUT = 5000
"""Milliseconds; Asterisk's default of 100 drops a client that is late by a tenth of a second."""

RES_FAX = """\
; res_fax.conf, then: asterisk -rx 'module reload res_fax.so'
[general]
statusevents = yes"""

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
    """The user's section of manager.conf, whole."""
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
    """One line of the user's section."""
    return f"; manager.conf, then: asterisk -rx 'manager reload'\n[{name}]\n{line}"
