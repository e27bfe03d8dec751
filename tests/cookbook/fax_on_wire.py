"""One fax, read from the wire and the truth file without faxstore.  Times are microseconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.kit import truth

Message = dict[str, str]
"""The headers of one message of a server."""


def caller_of(headers: Mapping[str, str]) -> str | None:
    """Return CallerIDNum; None if unknown."""
    number = headers.get("CallerIDNum")
    return None if number in ("", "<unknown>") else number


def called_of(headers: Mapping[str, str]) -> str | None:
    """Return ConnectedLineNum if it differs from the caller: no DialString of a recording has a number."""
    number = headers.get("ConnectedLineNum")
    return None if number in ("", "<unknown>", headers.get("CallerIDNum")) else number


@dataclass(frozen=True)
class Answer:
    """One answer to FAXSession."""

    at: int
    page: int
    rate: int
    ecm: bool
    resolution: str
    pages: int
    bad_lines: int

    @property
    def agreed(self) -> bool:
        """Whether the two ends have negotiated; before that every value is a default."""
        return self.rate > 0 if self.resolution == "" else self.resolution != "0x0"


@dataclass
class Fax:
    """One listed session, including tone detectors."""

    recording: str
    server: str
    connection: int
    number: int
    operation: str
    channel: str
    listed: list[int] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    on_channel: list[tuple[int, Message]] = field(default_factory=list)
    """The fax events on its channel, over the same connection."""
    first_list_without: int | None = None
    file_name: str = ""
    session_type: str = ""
    """The last one listed that is not empty."""
    end: truth.End | None = None
    """How it ended by the server's own log; None for a killed server or a detector."""

    @property
    def completion(self) -> Message | None:
        """Its SendFAX or ReceiveFAX event."""
        return next((message for _, message in self.on_channel if message["Event"] in ("SendFAX", "ReceiveFAX")), None)

    @property
    def completed_at(self) -> int | None:
        """Time of the completion event."""
        return next((at for at, message in self.on_channel if message is self.completion), None)

    @property
    def began_at(self) -> int:
        """Time of the first message about it."""
        return min([self.listed[0], *(at for at, _ in self.on_channel)])

    @property
    def agreed(self) -> list[Answer]:
        """The answers after the negotiation, which are measurements."""
        return [answer for answer in self.answers if answer.agreed]

    @property
    def pages(self) -> int:
        """Pages by the server's log; for a killed server or a gateway, which log none, by the last answer."""
        if self.end is None or self.operation == "gateway":
            return self.answers[-1].pages
        return self.end.pages

    @property
    def ecm(self) -> bool | None:
        """Whether ECM was in use, which needs both ends; None if they never negotiated."""
        if not self.agreed:
            return None
        if self.end is None:
            return self.answers[-1].ecm
        ends = [end for end in truth.truth_of(self.recording)["ends"] if end["status"]]
        pair = [end for end in ends if end["tag"] == self.end.tag and self.end.tag]
        return all(end["ecm"] == "yes" for end in (pair if len(pair) == 2 else ends))

    @property
    def transport(self) -> str | None:
        """G.711 or T.38 by the server's log, for a killed server by the lists; None for a gateway, which has both."""
        if self.operation == "gateway":
            return None
        if self.end is None:
            return self.session_type
        ends = truth.truth_of(self.recording)["ends"]
        (mode,) = {end["mode"] for end in ends if (end["channel"], end["ended"]) == (self.channel, self.end.ended)}
        return {"audio": "G.711", "T38": "T.38"}[mode]

    @property
    def station(self) -> str | None:
        """The station id of the other end, by the completion event."""
        return (self.completion or {}).get("RemoteStationID") or None

    @property
    def peer(self) -> str | None:
        """That station id, else its number: the calling one, or the connected one if that is another."""
        if self.station:
            return self.station
        headers = self.completion or next((message for _, message in self.on_channel if "Value" not in message), {})
        return caller_of(headers) if self.operation == "receive" else called_of(headers)

    @property
    def trunk(self) -> str:
        """Its channel without the number that Asterisk appends."""
        return re.sub(r"-[0-9a-f]{8}(;[12])?$", "", self.channel)

    @property
    def noted_bad_lines(self) -> list[int]:
        """The bad lines that it recorded in its TIFF file, per page."""
        noted = truth.bad_lines_by_page(self.recording, self.file_name)
        assert noted is not None, self.file_name
        return noted

    @property
    def last_polls_are_early(self) -> bool:
        """Whether lines may be missing: a page had no poll, or its last one was over 0.85 s before the next page."""
        end = self.completed_at or self.first_list_without
        assert end is not None
        for page in range(1, self.pages + 1):
            seen = [answer.at for answer in self.answers if answer.page == page]
            after = min((answer.at for answer in self.answers if answer.page > page), default=end)
            if not seen or after - max(seen) > 850_000:
                return True
        return False

    def seconds_of_pages(self) -> list[float]:
        """Seconds of each page whose first poll, and that of a later page, are known."""
        seen: dict[int, int] = {}
        for answer in self.agreed:
            seen.setdefault(answer.page, answer.at)
        later = {page: [at for other, at in seen.items() if other > page] for page in seen}
        return [(min(later[page]) - seen[page]) / 1e6 for page in seen if page <= self.pages and later[page]]
