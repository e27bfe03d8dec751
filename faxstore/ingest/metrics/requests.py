"""Requests over HTTP and their answers, as bytes: /metrics, /healthz and /readyz."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from io import BytesIO

from faxstore.ingest.metrics import health
from faxstore.ingest.metrics.exposition import Exposition
from faxstore.ingest.metrics.samples import State

log = logging.getLogger(__name__)

PLAIN = "text/plain; charset=utf-8"

_CHECKS = {"/healthz": health.liveness, "/readyz": health.readiness}


def answer(request: bytes, exposition: Exposition, state: Callable[[], State]) -> bytes:
    """Return the answer to a request; the connection ends after it."""
    handler = _Handler(request, exposition, state)
    return handler.wfile.getvalue()


class _Handler(BaseHTTPRequestHandler):
    """Parses one request from memory and writes its answer to memory."""

    wfile: BytesIO
    server_version = "faxstore"
    sys_version = ""
    error_message_format = "%(code)d %(message)s\n"
    error_content_type = PLAIN

    def __init__(self, request: bytes, exposition: Exposition, state: Callable[[], State]) -> None:
        self._exposition = exposition
        self._state = state
        self.client_address = ("", 0)
        self.rfile, self.wfile = BytesIO(request), BytesIO()
        self.handle_one_request()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            try:
                body, content_type = self._exposition.text(self.headers.get("Accept", ""))
            except Exception:
                log.exception("metrics: internal error, please report it")
                self.send_error(HTTPStatus.INTERNAL_SERVER_ERROR)
                return
            self._send(HTTPStatus.OK, content_type, body)
        elif path in _CHECKS:
            status, text = _CHECKS[path](self._state())
            self._send(status, PLAIN, text.encode("utf-8", "backslashreplace"))
        else:
            self.send_error(HTTPStatus.NOT_FOUND, "there are /metrics, /healthz and /readyz")

    do_HEAD = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Log nothing: a scrape is no event."""

    def _send(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
