"""Reading a recording into segments and steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from faxstore.capture.recording import Line
from faxstore.demo.recording import DETAIL, LIST, as_number, from_lines, load
from faxstore.errors import UsageError
from tests.kit.replay_client import Script


def test_an_answer_is_one_step_at_its_position() -> None:
    script = Script().login().event("before").poll(7).event("between").detail(7, pages=1).event("after")
    (segment,) = script.recording().segments
    assert [step.action for step in segment.steps] == ["", LIST, "", DETAIL, ""]
    assert [len(step.messages) for step in segment.steps] == [1, 3, 1, 2, 1]
    assert segment.steps[1].sessions == {7}
    assert segment.steps[3].session == 7


def test_the_start_of_the_server_is_read_from_its_uptime() -> None:
    (segment,) = Script().login(uptime=3).poll().recording().segments
    assert segment.started_at == segment.opened_at + 2.0 - 3  # FullyBooted is the fifth line: 2 s after the first
    assert segment.greeting == "Asterisk Call Manager/7.0.3\r\n"


def test_without_fully_booted_there_is_no_start() -> None:
    (segment,) = Script().login(uptime=None).poll().recording().segments
    assert segment.started_at is None


def test_each_connection_is_a_segment_and_a_refused_attempt_is_not() -> None:
    script = Script().login().poll().mark("disconnected").mark("connect: [Errno 111] Connection refused")
    recording = script.login(uptime=0).poll().mark("disconnected").recording()
    assert len(recording.segments) == 2
    assert recording.segments[0].closed_at < recording.segments[1].opened_at


def test_answers_without_action_ids_match_the_requests_in_order() -> None:
    script = Script().login()
    script.sent("Action: FAXStats").sent("Action: FAXSessions")
    script.came("Response: Success", "Message: FAXStats event will follow")
    script.came("Event: FAXStats", "CompletedFAXes: 4")
    script.came("Response: Success", "EventList: Start", "Message: FAXSessionsEntry event list will follow")
    script.came("Event: FAXSessionsEntry", "SessionNumber: 2")
    script.came("Event: FAXSessionsComplete", "EventList: Complete", "Total: 1")
    (segment,) = script.recording().segments
    assert [(step.action, len(step.messages)) for step in segment.steps] == [("faxstats", 2), (LIST, 3)]


def test_an_incomplete_list_is_left_out() -> None:
    script = Script().login().poll(1)
    (segment,) = from_lines(script.poll(1, 2).lines[:-1]).segments  # type: ignore[union-attr]
    assert [step.action for step in segment.steps] == [LIST]


def test_a_malformed_message_is_an_event() -> None:
    (segment,) = Script().login().came("\x00garbage").poll().recording().segments
    assert segment.steps[0].messages == ("\x00garbage\r\n\r\n",)


def test_lines_without_a_connection_are_not_a_recording(tmp_path: Path) -> None:
    assert from_lines([Line(1.0, "mark", "connect: refused")]) is None
    file = tmp_path / "empty.jsonl"
    file.write_text('{"ts": 1, "dir": "mark", "text": "connect: refused"}\n')
    with pytest.raises(UsageError, match="contains no connection"):
        load(file)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" 12x", 12), ("-1", 4294967295), ("99999999999", 4294967295), ("abc", None), ("", None)],
)
def test_session_numbers_are_read_as_asterisk_reads_them(text: str, number: int | None) -> None:
    assert as_number(text) == number
