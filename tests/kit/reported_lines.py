"""Records of other systems, as short as their formats allow."""

from __future__ import annotations

import psycopg

from faxstore.reported.fax import Rejected
from faxstore.reported.importing import Origin, Summary, import_file

CLASSIC = """\
03/30/08 03:09\tSEND\t000000007\tttyS0\t1\t""\tanonymous@localhost\t"5550100"\t""\t2211880\t0\t0:09\t0:00\t"No local \
dialtone"\t""\t""\t""\t"anonymous"\t"00 00 00"
03/30/08 03:14\tSEND\t000000008\tttyS0\t1\t""\tanonymous@localhost\t"5550100"\t""\t2211880\t0\t1:06\t0:00\t"Unknown \
problem"\t""\t""\t""\t"anonymous"\t"00 00 00"
03/30/08 03:35\tSEND\t000000009\tttyS0\t4\t""\tanonymous@localhost\t"05550100"\t"5550100"\t3407912\t0\t0:18\t0:04\t""\
\t""\t""\t""\t"anonymous"\t"00 00 00"
03/30/08 03:38\tSEND\t000000010\tttyS0\t5\t""\tcba@192.0.2.118\t"05550100"\t"5550100"\t3416105\t1\t0:57\t0:42\t""\t""\
\t""\t""\t"cba"\t"00 00 00"
"""
"""The log of an installation of HylaFAX, as its owner published it in 2008, with other numbers and address."""

DEFAULTS = {
    "date": "06/11/26 16:30",
    "type": "SEND",
    "commid": "000000123",
    "modem": "boston0",
    "jobid": "45",
    "jobtag": '"invoice"',
    "sender": "ann@example.com",
    "dest": '"5550123"',
    "csi": '"+49 30 5550123"',
    "params": "33882152",
    "npages": "2",
    "jobtime": "0:01:07",
    "conntime": "0:00:55",
    "reason": '""',
    "cidname": '"Ann"',
    "cidnumber": '"5550100"',
    "callid": '""',
    "owner": '"ann"',
    "dcs": '"00 46 F8"',
    "jobinfo": "2/1/1/1/12/1/3",
}
"""The 20 fields of HylaFAX+ (faxd/FaxAcctInfo.c++)."""


def line(fields: int = 20, **changed: str) -> str:
    """A line of HylaFAX+, or with fewer fields of an older HylaFAX."""
    return "\t".join(list((DEFAULTS | changed).values())[:fields]) + "\n"


def imported(
    database: psycopg.Connection, path: str, format: str = "xferfaxlog", server: str = "fax1", zone: str = "UTC"
) -> tuple[Summary, list[Rejected]]:
    """Imports a file; returns what was read and the lines that were rejected."""
    rejected: list[Rejected] = []
    return import_file(database, path, Origin(format, server, zone), rejected.append, lambda _: None), rejected
