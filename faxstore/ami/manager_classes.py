"""The classes of a manager user, and what faxstore misses without each.

A write class permits an action; it is the EVENT_FLAG_ argument of ast_manager_register in res_fax.c and manager.c.  A
read class permits events of that class.  FAXSession and its list are answers to requests, so no read class hides them.
"""

from __future__ import annotations

PERMISSION_DENIED = "Permission denied"
"""The server's answer to an action whose write class the user lacks (manager.c, process_message)."""

CONSEQUENCES = {
    "write = call": "only faxes that raise events are observed, without pages, rates and bad lines over time",
    "write = reporting": "missed faxes cannot be counted, and restarts are detected less reliably",
    "read = system": "restarts and loads of res_fax are detected less reliably",
    "read = call": "the end of a fax is known only by its absence from the list, its result at best from variables, "
    "and the called number of a sent fax may be unknown",
    "read = dialplan": "faxes that fail before their session are missed; without channelvars, all results are unknown",
}
"""What the history lacks without a class; the keys are spelled as in manager.conf."""

REQUIRED_CLASSES = {
    "FAXSessions": ("call", CONSEQUENCES["write = call"]),
    "FAXSession": ("call", CONSEQUENCES["write = call"]),
    "FAXStats": ("reporting", CONSEQUENCES["write = reporting"]),
    "Status": ("system, call or reporting", "accounts and numbers of calls are known only from events"),
    "CoreStatus": ("system or reporting", "restarts are detected less reliably"),
    "CoreSettings": ("system or reporting", "the version of the server is unknown"),
}
"""For each action, the write class that it needs, and what the history lacks if the action is denied."""
