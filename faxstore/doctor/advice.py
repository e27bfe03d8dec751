"""Lines for Asterisk's configuration files, to be pasted.

docs/operations.md explains each line; ami/manager_classes.py explains the manager classes.
"""

from __future__ import annotations

READ = "read = call,system,dialplan"
WRITE = "write = call,reporting"

DIAL_BEGIN = "Event: DialBegin"

FILTERS = (
    "Event: (SendFAX|ReceiveFAX|FAXStatus|FullyBooted|Shutdown|Load|Unload|Hangup)",
    "Event: VarSet.*Variable: (FAX|REMOTESTATIONID|LOCALSTATIONID)",
    "Event: Newexten.*Application: (SendFAX|ReceiveFAX)",
    DIAL_BEGIN,
)
"""Extended regular expressions over the text of an event (manager.c, match_filter); '.' also matches line ends."""

WRITE_TIMEOUT = "writetimeout = 5000"
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
    filters = "".join(f"\neventfilter = {pattern}" for pattern in FILTERS)
    return user_lines(
        name,
        f"""\
secret = THE-SECRET
deny = 0.0.0.0/0.0.0.0
permit = THE-ADDRESS-OF-FAXSTORE/255.255.255.255
{READ}
{WRITE}
{WRITE_TIMEOUT}{filters}""",
    )


def user_lines(name: str, lines: str) -> str:
    """Return these lines of the user's section of manager.conf, below its header."""
    return f"; manager.conf, then: asterisk -rx 'manager reload'\n[{name}]\n{lines}"
