"""The facts about one server from which the checks derive their findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from faxstore.ami.errors import RequestError
from faxstore.ami.manager_classes import PERMISSION_DENIED
from faxstore.capture.message import Message
from faxstore.settings.values import ServerSettings


@dataclass(frozen=True)
class RecentFaxes:
    """Numbers of events in the history for a server's recent faxes: the newest 100 that ended, at most 30 days old."""

    sessions: int
    status_events: int
    completions: int
    results: int
    """Completion events that contain FAXSTATUS."""
    variables: int
    sent: int
    """Sessions that sent a fax."""
    dials: int
    """DialBegin events."""


@dataclass(frozen=True)
class ServerFacts:
    """What the doctor knows about one server."""

    server: ServerSettings
    answers: Mapping[str, Message | RequestError] = field(default_factory=dict)
    """The Response to each action, or the reason why none was usable."""
    clock_ahead: float | None = None
    """Seconds by which the server's clock is ahead of this machine's; None if the server did not report its time."""
    booted: bool = True
    """Whether FullyBooted followed the login."""
    recent: RecentFaxes | None = None
    """None if the history cannot be read."""

    @property
    def subject(self) -> str:
        """The subject of the findings: the server's name and address."""
        return f"{self.server.name} ({self.server.host}:{self.server.port})"

    def refusal(self, action: str) -> str:
        """Return why the action was not answered; empty if it was."""
        answer = self.answers[action]
        return str(answer) if isinstance(answer, RequestError) else ""

    def denied(self, action: str) -> bool:
        """Return whether the user lacks the write class for the action."""
        return self.refusal(action) == PERMISSION_DENIED

    def value(self, action: str, header: str) -> str:
        """Return a header of the Response to the action; empty if it is missing."""
        answer = self.answers[action]
        return answer.get(header) if isinstance(answer, Message) else ""
