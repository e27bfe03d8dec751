"""One fax as the wire and the truth file tell it.  Moments are microseconds since 1970, as the recorder took them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.kit import truth

Message = dict[str, str]
"""The headers of one message of a server."""


@dataclass(frozen=True)
class Said:
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
        """Whether the two ends have agreed: before that, all it says is a default."""
        return self.rate > 0 if self.resolution == "" else self.resolution != "0x0"


@dataclass
class Fax:
    """One session of the lists, tone detectors too."""

    recording: str
    server: str
    connection: int
    number: int
    operation: str
    channel: str
    listed: list[int] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    on_channel: list[tuple[int, Message]] = field(default_factory=list)
    """The fax events on its channel, over the same connection."""
    first_list_without: int | None = None
    file_name: str = ""
    session_type: str = ""
    """The last one listed that says something."""
    end: truth.End | None = None
    """How it ended by the server's own log; a killed server, or a detector, has none."""

    @property
    def completion(self) -> Message | None:
        """Its SendFAX or ReceiveFAX event."""
        return next((message for _, message in self.on_channel if message["Event"] in ("SendFAX", "ReceiveFAX")), None)

    @property
    def completed_at(self) -> int | None:
        """When that came."""
        return next((at for at, message in self.on_channel if message is self.completion), None)

    @property
    def began_at(self) -> int:
        """The first word of it."""
        return min([self.listed[0], *(at for at, _ in self.on_channel)])

    @property
    def agreed(self) -> list[Said]:
        """The answers that are measurements."""
        return [said for said in self.said if said.agreed]

    @property
    def pages(self) -> int:
        """By the server's log; of a killed server or a gateway, which log none, by the last answer."""
        if self.end is None or self.operation == "gateway":
            return self.said[-1].pages
        return self.end.pages

    @property
    def ecm(self) -> bool | None:
        """Whether ECM was in use: both ends must have it.  None: they never agreed."""
        if not self.agreed:
            return None
        if self.end is None:
            return self.said[-1].ecm
        ends = [end for end in truth.truth_of(self.recording)["ends"] if end["status"]]
        pair = [end for end in ends if end["tag"] == self.end.tag and self.end.tag]
        return all(end["ecm"] == "yes" for end in (pair if len(pair) == 2 else ends))

    @property
    def transport(self) -> str | None:
        """Sound or T.38, by the server's log; of a killed server by the lists; a gateway has both."""
        if self.operation == "gateway":
            return None
        if self.end is None:
            return self.session_type
        ends = truth.truth_of(self.recording)["ends"]
        (mode,) = {end["mode"] for end in ends if (end["channel"], end["ended"]) == (self.channel, self.end.ended)}
        return {"audio": "G.711", "T38": "T.38"}[mode]

    @property
    def station(self) -> str | None:
        """The station at the other end, by the completion event."""
        return (self.completion or {}).get("RemoteStationID") or None

    @property
    def peer(self) -> str | None:
        """That station, else its number: who called, or who was called."""
        if self.station:
            return self.station
        told = self.completion or next((said for _, said in self.on_channel if "Value" not in said), {})
        number = told.get("CallerIDNum" if self.operation == "receive" else "ConnectedLineNum")
        return None if number in ("", "<unknown>") else number

    @property
    def trunk(self) -> str:
        """Its channel without what counts the channels."""
        return re.sub(r"-[0-9a-f]{8}(;[12])?$", "", self.channel)

    @property
    def noted_bad_lines(self) -> list[int]:
        """What it noted in the file that it wrote, page by page."""
        noted = truth.bad_lines_by_page(self.recording, self.file_name)
        assert noted is not None, self.file_name
        return noted

    @property
    def last_polls_are_early(self) -> bool:
        """Whether some page had no poll, or its last one came over 0.85 s before the next: lines may be missing."""
        end = self.completed_at or self.first_list_without
        assert end is not None
        for page in range(1, self.pages + 1):
            seen = [said.at for said in self.said if said.page == page]
            after = min((said.at for said in self.said if said.page > page), default=end)
            if not seen or after - max(seen) > 850_000:
                return True
        return False

    def seconds_of_pages(self) -> list[float]:
        """Of each page whose first sight, and that of a later one, was seen."""
        seen: dict[int, int] = {}
        for said in self.agreed:
            seen.setdefault(said.page, said.at)
        later = {page: [at for other, at in seen.items() if other > page] for page in seen}
        return [(min(later[page]) - seen[page]) / 1e6 for page in seen if page <= self.pages and later[page]]
