"""The id of an ingestor: in the history, in its leases, and for other ingestors that collect from the same servers."""

from __future__ import annotations

import logging
import re
import secrets
import socket
from pathlib import Path

from faxstore.errors import UsageError
from faxstore.system.files import atomic_file

log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{8}")


def collector_id(folder: Path) -> str:
    """Return the host name and the id of the spool in this folder, such as `host-a/5f3c9a1b`.

    The id is created at the first start.  It is the same after a restart, and different for a second spool on the same
    host.  Call it only while the spool is open, which excludes other processes.  If the id cannot be stored, it is
    valid for this run only.
    """
    path = folder / "id"
    spool_id = secrets.token_hex(4)
    try:
        stored = path.read_text(encoding="ascii", errors="replace").strip() if path.exists() else ""
        if _ID.fullmatch(stored):
            spool_id = stored
        else:
            with atomic_file(path) as file:
                file.write(f"{spool_id}\n".encode())
    except (OSError, UsageError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        log.warning("spool: the id %s cannot be stored: %s", path, reason)
    return f"{socket.gethostname()}/{spool_id}"
