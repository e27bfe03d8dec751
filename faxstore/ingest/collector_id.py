"""Who an ingestor is: in the history, and to another one that watches the same servers."""

from __future__ import annotations

import logging
import re
import secrets
import socket
from pathlib import Path

log = logging.getLogger(__name__)

_ID = re.compile(r"[0-9a-f]{8}")


def collector_id(folder: Path) -> str:
    """The host's name and an id of the spool in that folder, made when there is none: `host-a/5f3c9a1b`.

    The same after a restart; another for a second spool on one host, and on another host.  Only for whoever has
    the spool open.  An id that cannot be kept on disk is one for this run.
    """
    path = folder / "id"
    known = secrets.token_hex(4)
    try:
        kept = path.read_text(encoding="ascii", errors="replace").strip() if path.exists() else ""
        if _ID.fullmatch(kept):
            known = kept
        else:
            path.write_text(f"{known}\n", encoding="ascii")
    except OSError as error:
        log.warning("the id of the spool, %s, cannot be kept: %s", path, error.strerror)
    return f"{socket.gethostname()}/{known}"
