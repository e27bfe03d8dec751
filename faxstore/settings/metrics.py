"""The table [metrics]: where `faxstore ingest` serves its metrics, if it does."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import NamedTuple

from faxstore.errors import UsageError
from faxstore.settings.toml_file import Table, quoted

KEYS = ("listen",)

VARIABLE = "FAXSTORE_METRICS_LISTEN"

DEFAULT = "127.0.0.1:9464"
"""Where the metrics are served if the table is in the file and does not say where: only this machine reaches it."""

_ADDRESS = re.compile(r"(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d{1,5})", re.ASCII | re.IGNORECASE)


class Listen(NamedTuple):
    """An address of this machine and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read(table: Table | None, environ: Mapping[str, str]) -> Listen | None:
    """Return where to serve the metrics; None if there is neither the table nor the variable.  Raises UsageError."""
    in_file = _parsed(table.text("listen") or DEFAULT, f"{table.file}: {table.prefix}listen") if table else None
    variable = environ.get(VARIABLE)
    return _parsed(variable, VARIABLE) if variable else in_file


def _parsed(text: str, source: str) -> Listen:
    allowed = 'an IP address and a port from 1 to 65535, as in "127.0.0.1:9464" or "[::1]:9464"'
    found = _ADDRESS.fullmatch(text)
    try:
        if found and 1 <= int(found[3]) <= 65535:
            host = ipaddress.IPv6Address(found[1]) if found[1] else ipaddress.IPv4Address(found[2])
            return Listen(str(host), int(found[3]))
    except ValueError:
        pass
    raise UsageError(f"{source} must be {allowed}, not {quoted(text)}")
