"""Opens the socket on which metrics are served; without it, faxstore collects all the same."""

from __future__ import annotations

import logging
import os
import socket

from faxstore.settings.metrics import Listen

log = logging.getLogger(__name__)


def listen(where: Listen | None) -> socket.socket | None:
    """Return a socket that listens there; None, with one line in the log, if that is not possible."""
    if where is None:
        return None
    try:
        import prometheus_client  # noqa: F401
    except ImportError:
        log.error("metrics: not served, prometheus_client is missing: pip install faxstore[metrics]")
        return None
    try:
        family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
        listener = socket.create_server(where, family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        log.error("metrics: not served, cannot listen on %s (%s); set metrics.listen", where, reason)
        return None
    log.info("metrics: http://%s/metrics", where)
    return listener
