"""SIP messages as text: just enough of RFC 3261 for the phone of sip_phone.py."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

HOST = "127.0.0.1"

_COPIED = ("via", "from", "to", "call-id", "cseq")
"""The headers of a request that its response repeats (RFC 3261, 8.2.6)."""


@dataclass(frozen=True)
class SipMessage:
    """A received request or response: its first line, its headers in order (names in lower case), and its body."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def status(self) -> int | None:
        """The status of a response; None for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else None

    @property
    def method(self) -> str:
        """The method of a request, or that of the request which a response answers."""
        return self["cseq"].split()[1]

    @property
    def to_tag(self) -> str:
        """The tag of the To header, or ''."""
        found = re.search(r";tag=([^;\s]+)", self["to"])
        return found[1] if found else ""

    @property
    def contact(self) -> str:
        """The URI in the Contact header, or ''."""
        found = re.search(r"<([^>]+)>", self["contact"])
        return found[1] if found else ""

    @property
    def sound_port(self) -> int:
        """The port at which the other side expects sound, from its SDP; 0 if there is none."""
        found = re.search(r"^m=audio (\d+)", self.body, re.MULTILINE)
        return int(found[1]) if found else 0

    def __getitem__(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")

    def response(self, status: str, *headers: str, tag: str = "", body: str = "") -> bytes:
        """A response to this request; `headers` are additional lines, `tag` is the responder's if To has none yet."""
        own = f";tag={tag}" if tag and not self.to_tag else ""
        copied = [f"{name}: {value}{own if name == 'to' else ''}" for name, value in self.headers if name in _COPIED]
        return as_bytes(f"SIP/2.0 {status}", [*copied, *headers], body)


def parse(data: bytes) -> SipMessage:
    """A message from a datagram."""
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    start, *lines = head.split("\r\n")
    pairs = (line.partition(":")[::2] for line in lines)
    return SipMessage(start, tuple((name.strip().lower(), value.strip()) for name, value in pairs), body)


def as_bytes(start: str, headers: list[str], body: str = "") -> bytes:
    """A datagram of a message, with its Content-Length."""
    kind = ["Content-Type: application/sdp"] if body else []
    return "\r\n".join([start, *headers, *kind, f"Content-Length: {len(body)}", "", body]).encode()


def session_description(port: int) -> str:
    """SDP that offers or accepts sound (mu-law) at a port."""
    lines = ["v=0", f"o=- 1 1 IN IP4 {HOST}", "s=-", f"c=IN IP4 {HOST}", "t=0 0"]
    return "\r\n".join([*lines, f"m=audio {port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=sendrecv", ""])


def fresh_id() -> str:
    """A tag, branch or call id that was not used before."""
    return secrets.token_hex(6)
