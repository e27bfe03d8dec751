"""The classes of a manager user, and what the history lacks without each.

Which class lets what through: the EVENT_FLAG_ arguments of ast_manager_register in res_fax.c and manager.c, and the
class of each event.  FAXSession and its list are answers, so no read class hides them.
"""

from __future__ import annotations

PERMISSION_DENIED = "Permission denied"
"""The server's answer to an action whose write class the user lacks (manager.c, process_message)."""

LACKS = {
    "write = call": "only faxes that raise events are seen, without pages, rates and bad lines over time",
    "write = reporting": "missed faxes cannot be counted, and restarts are told less surely",
    "read = system": "restarts, and loads of res_fax, are told less surely",
    "read = call": "the end of a fax is known by its absence only, and its result by variables at best",
    "read = dialplan": "how a fax ended that raised no event of its own is unknown; without channelvars, of all faxes",
}
"""By the class as manager.conf spells it."""

NEEDED = {
    "FAXSessions": ("call", LACKS["write = call"]),
    "FAXSession": ("call", LACKS["write = call"]),
    "FAXStats": ("reporting", LACKS["write = reporting"]),
    "Status": ("system, call or reporting", "accounts and numbers of the calls are known from events only"),
    "CoreStatus": ("system or reporting", "restarts are told less surely"),
    "CoreSettings": ("system or reporting", "the version of the server is unknown"),
}
"""The write class that each action needs, and what is missing where it is denied."""
