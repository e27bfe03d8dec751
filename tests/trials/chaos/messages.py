"""The messages of a manager interface, each with a serial number that identifies it in the ledger.

The formats are those of res_fax.c, res_fax_spandsp.c, manager.c and manager_channels.c; a real server sends no Serial.
A full stop ends its value, so that a truncated serial is recognised.
"""

from __future__ import annotations

from collections.abc import Iterable

Headers = list[tuple[str, str]]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


def written(headers: Iterable[tuple[str, str]]) -> bytes:
    """A message as it is on the wire."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers).encode() + b"\r\n"


def read(raw: bytes) -> Headers:
    """The headers of a message; this is not the product's parser."""
    lines = raw.decode().split("\r\n")[:-2]
    return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]


def requests(buffer: bytearray) -> list[dict[str, str]]:
    """Removes the complete requests from the front of a buffer."""
    found = []
    while (end := buffer.find(b"\r\n\r\n")) >= 0:
        found.append({name.lower(): value for name, value in read(bytes(buffer[: end + 4]))})
        del buffer[: end + 4]
    return found


def response(request: dict[str, str], *headers: tuple[str, str], result: str = "Success") -> Headers:
    """manager.c, astman_send_response_full."""
    return [("Response", result), *_id(request), *headers]


def answer(event: str, request: dict[str, str], *headers: tuple[str, str]) -> Headers:
    """An event that answers a request: it has no Privilege header."""
    return [("Event", event), *_id(request), *headers]


def _id(request: dict[str, str]) -> Headers:
    return [("ActionID", request["actionid"])] if "actionid" in request else []
