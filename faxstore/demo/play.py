"""Where the play of a recording stands: what has been sent, and which answers are in force.

Everything here is counted in steps of the recording, not in time; who moves it on is replay's business.
"""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.demo.recording import DETAIL, LIST, STATUS, Recording, Sent, Stretch

EMPTY_LIST = (
    "Response: Success\r\nEventList: Start\r\nMessage: FAXSessionsEntry event list will follow\r\n\r\n",
    "Event: FAXSessionsComplete\r\nEventList: Complete\r\nListItems: 0\r\nTotal: 0\r\n\r\n",
)


class Play:
    """A recording and the place in it: a stretch, and the number of its steps that are over."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._sent_before = 0
        self._begin(0)

    def _begin(self, index: int) -> None:
        self._index = index
        self.stretch: Stretch = self.recording.stretches[index]
        self.position = 0
        self._lists = [i for i, sent in enumerate(self.stretch.sent) if sent.action == LIST]
        self._answers: dict[str, Sent] = {}
        self._listed = self._lists[0] if self._lists else None

    # -- moving on -----------------------------------------------------------------------------------

    def run_to(self, end: int) -> Iterator[str]:
        """Make the steps before `end` over; the events among them, to be sent at once."""
        while self.position < end:
            sent = self.stretch.sent[self.position]
            if sent.action == LIST:
                self._listed = self.position
            self._answers[sent.action] = sent
            self.position += 1
            if not sent.action:
                yield from sent.messages

    @property
    def more(self) -> Stretch | None:
        """The stretch after this one: the server stops here and starts again."""
        following = self.recording.stretches[self._index + 1 :]
        return following[0] if following else None

    def next_stretch(self) -> None:
        """Go on to the stretch after this one."""
        self._sent_before += len(self.stretch.sent)
        self._begin(self._index + 1)

    @property
    def next_list(self) -> int | None:
        """Index of the first list that is still to come in this stretch."""
        return next((i for i in self._lists if i >= self.position), None)

    @property
    def progress(self) -> float:
        """The share of all steps that are over, 0 to 1."""
        total = sum(len(stretch.sent) for stretch in self.recording.stretches)
        return (self._sent_before + self.position) / total if total else 1.0

    # -- what the server says here -------------------------------------------------------------------

    @property
    def booted(self) -> bool:
        """Whether the server is fully booted here, as far as the recording tells."""
        return self.stretch.started_at is not None and self.position >= self.stretch.booted_from

    @property
    def listing(self) -> tuple[str, ...]:
        """The answer to FAXSessions: the last list shown, before the first one the first, without any an empty one."""
        return EMPTY_LIST if self._listed is None else self.stretch.sent[self._listed].messages

    def detail_index(self, number: int) -> int | None:
        """Index of the answer to FAXSession that goes with the list in force; None: it was not asked then."""
        first = -1 if self._listed is None else self._listed
        after = next((i for i in self._lists if i > first), len(self.stretch.sent))
        return self._last_detail(number, first + 1, after)

    def detail(self, number: int) -> tuple[str, ...] | None:
        """The answer to FAXSession of this number; None: there is no such session here.

        A session that is listed and was not asked then is answered as when it was last asked.
        """
        index = self.detail_index(number)
        if index is None and self._listed is not None and number in self.stretch.sent[self._listed].sessions:
            index = self._last_detail(number, 0, self._listed)
        return None if index is None else self.stretch.sent[index].messages

    def status(self, channel: str) -> tuple[str, ...] | None:
        """The answer to Status of this channel that was recorded next, else the last one; None: there is none."""
        recorded = [i for i, sent in enumerate(self.stretch.sent) if sent.action == STATUS and sent.channel == channel]
        if not recorded:
            return None
        listed = -1 if self._listed is None else self._listed
        return self.stretch.sent[next((i for i in recorded if i > listed), recorded[-1])].messages

    def answer(self, action: str) -> tuple[str, ...] | None:
        """The last answer to this action up to here; else the first one, where it came before any list."""
        if action in self._answers:
            return self._answers[action].messages
        opening = self.stretch.sent[: self._lists[0]] if self._lists else self.stretch.sent
        return next((sent.messages for sent in opening if sent.action == action), None)

    def _last_detail(self, number: int, first: int, end: int) -> int | None:
        for index in range(end - 1, first - 1, -1):
            sent = self.stretch.sent[index]
            if sent.action == DETAIL and sent.session == number:
                return index
        return None
