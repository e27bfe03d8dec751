"""The position in a recording: which steps have been played, and which answers apply there.

Positions count steps, not time; server.py decides when to advance.
"""

from __future__ import annotations

from collections.abc import Iterator

from faxstore.demo.recording import DETAIL, LIST, STATUS, Recording, Segment, Step

EMPTY_LIST = (
    "Response: Success\r\nEventList: Start\r\nMessage: FAXSessionsEntry event list will follow\r\n\r\n",
    "Event: FAXSessionsComplete\r\nEventList: Complete\r\nListItems: 0\r\nTotal: 0\r\n\r\n",
)


class Playback:
    """A recording and the position in it: a segment, and how many of its steps have been played."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._played_before = 0
        self._begin(0)

    def _begin(self, index: int) -> None:
        self._index = index
        self.segment: Segment = self.recording.segments[index]
        self.position = 0
        self._lists = [i for i, step in enumerate(self.segment.steps) if step.action == LIST]
        self._answers: dict[str, Step] = {}
        self._current_list = self._lists[0] if self._lists else -1

    def advance_to(self, end: int) -> Iterator[str]:
        """Play the steps before `end`, and yield the events among them, which the server sends at once."""
        while self.position < end:
            step = self.segment.steps[self.position]
            if step.action == LIST:
                self._current_list = self.position
            self._answers[step.action] = step
            self.position += 1
            if not step.action:
                yield from step.messages

    @property
    def next_segment(self) -> Segment | None:
        """The segment after this one, for which the server has to restart; None at the last one."""
        following = self.recording.segments[self._index + 1 :]
        return following[0] if following else None

    def begin_next_segment(self) -> None:
        """Go to the beginning of the next segment."""
        self._played_before += len(self.segment.steps)
        self._begin(self._index + 1)

    @property
    def next_list(self) -> int | None:
        """Index of the next list in this segment; None if all have been played."""
        return next((i for i in self._lists if i >= self.position), None)

    @property
    def progress(self) -> float:
        """The played share of all steps, 0 to 1."""
        total = sum(len(segment.steps) for segment in self.recording.segments)
        return (self._played_before + self.position) / total if total else 1.0

    @property
    def booted(self) -> bool:
        """Whether the server is fully booted here, as far as the recording shows."""
        return self.segment.started_at is not None and self.position >= self.segment.booted_from

    @property
    def listing(self) -> tuple[str, ...]:
        """The answer to FAXSessions: the last list played, before that the first one; empty if there is no list."""
        return EMPTY_LIST if self._current_list < 0 else self.segment.steps[self._current_list].messages

    def detail_index(self, number: int) -> int | None:
        """Index of the answer to FAXSession that belongs to the current list; None if it was not requested then."""
        after = next((i for i in self._lists if i > self._current_list), len(self.segment.steps))
        return self._last_detail(number, self._current_list + 1, after)

    def detail(self, number: int) -> tuple[str, ...] | None:
        """The answer to FAXSession for this number; None if there is no such session here.

        For a session of the current list whose details were not requested then, it is the previous answer.
        """
        index = self.detail_index(number)
        current = self._current_list
        if index is None and current >= 0 and number in self.segment.steps[current].sessions:
            index = self._last_detail(number, 0, current)
        return None if index is None else self.segment.steps[index].messages

    def status(self, channel: str) -> tuple[str, ...] | None:
        """The next recorded answer to Status for this channel, else the last one; None if there is no answer."""
        steps = self.segment.steps
        recorded = [i for i, step in enumerate(steps) if step.action == STATUS and step.channel == channel]
        if not recorded:
            return None
        return steps[next((i for i in recorded if i > self._current_list), recorded[-1])].messages

    def answer(self, action: str) -> tuple[str, ...] | None:
        """The last answer to this action up to here, else the first one if it came before any list."""
        if action in self._answers:
            return self._answers[action].messages
        opening = self.segment.steps[: self._lists[0]] if self._lists else self.segment.steps
        return next((step.messages for step in opening if step.action == action), None)

    def _last_detail(self, number: int, first: int, end: int) -> int | None:
        steps = self.segment.steps
        matches = (i for i in reversed(range(first, end)) if (steps[i].action, steps[i].session) == (DETAIL, number))
        return next(matches, None)
