"""Names that res_fax uses: its channel variables and dialplan applications."""

from __future__ import annotations

FAX_VARIABLES = frozenset({
    "FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING", "FAXMODE", "FAXPAGES", "FAXBITRATE", "FAXRESOLUTION",
    "REMOTESTATIONID", "LOCALSTATIONID",
})  # fmt: skip
"""Channel variables that res_fax sets (res_fax.c, set_channel_variables)."""

APPLICATIONS = {"sendfax": "send", "receivefax": "receive"}
"""The operation of a session by the lower-case name of the application that runs it (res_fax.c)."""

FAX_OPERATIONS = frozenset({*APPLICATIONS.values(), "gateway"})
"""The operations of a session that is a fax, in lower case.  V.21 is a tone detector, which waits on every call."""
