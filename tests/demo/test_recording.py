"""What is read out of a recording."""

from __future__ import annotations

from pathlib import Path

import pytest

from faxstore.capture.recording import Line
from faxstore.demo.recording import DETAIL, LIST, arrange, as_number, load
from faxstore.errors import UsageError
from tests.kit.replay_client import Script


def test_an_answer_is_kept_whole_and_in_its_place() -> None:
    script = Script().login().event("before").poll(7).event("between").detail(7, pages=1).event("after")
    (stretch,) = script.recording().stretches
    assert [sent.action for sent in stretch.sent] == ["", LIST, "", DETAIL, ""]
    assert [len(sent.messages) for sent in stretch.sent] == [1, 3, 1, 2, 1]
    assert stretch.sent[1].sessions == {7}
    assert stretch.sent[3].session == 7


def test_the_start_of_the_server_is_read_from_its_uptime() -> None:
    (stretch,) = Script().login(uptime=3).poll().recording().stretches
    assert stretch.started_at == stretch.opened_at + 2.0 - 3  # FullyBooted is the fifth line: 2 s after the first
    assert stretch.greeting == "Asterisk Call Manager/7.0.3\r\n"


def test_without_fully_booted_there_is_no_start() -> None:
    (stretch,) = Script().login(uptime=None).poll().recording().stretches
    assert stretch.started_at is None


def test_each_connection_is_a_stretch_and_refused_attempts_are_none() -> None:
    script = Script().login().poll().mark("disconnected").mark("connect: [Errno 111] Connection refused")
    recording = script.login(uptime=0).poll().mark("disconnected").recording()
    assert len(recording.stretches) == 2
    assert recording.stretches[0].closed_at < recording.stretches[1].opened_at


def test_answers_without_action_ids_belong_to_the_requests_in_their_order() -> None:
    script = Script().login()
    script.sent("Action: FAXStats").sent("Action: FAXSessions")
    script.came("Response: Success", "Message: FAXStats event will follow")
    script.came("Event: FAXStats", "CompletedFAXes: 4")
    script.came("Response: Success", "EventList: Start", "Message: FAXSessionsEntry event list will follow")
    script.came("Event: FAXSessionsEntry", "SessionNumber: 2")
    script.came("Event: FAXSessionsComplete", "EventList: Complete", "Total: 1")
    (stretch,) = script.recording().stretches
    assert [(sent.action, len(sent.messages)) for sent in stretch.sent] == [("faxstats", 2), (LIST, 3)]


def test_a_list_that_was_cut_off_is_left_out() -> None:
    script = Script().login().poll(1)
    (stretch,) = arrange(script.poll(1, 2).lines[:-1]).stretches  # type: ignore[union-attr]
    assert [sent.action for sent in stretch.sent] == [LIST]


def test_what_is_no_message_is_kept_as_an_event() -> None:
    (stretch,) = Script().login().came("\x00garbage").poll().recording().stretches
    assert stretch.sent[0].messages == ("\x00garbage\r\n\r\n",)


def test_lines_without_a_connection_are_no_recording(tmp_path: Path) -> None:
    assert arrange([Line(1.0, "mark", "connect: refused")]) is None
    file = tmp_path / "empty.jsonl"
    file.write_text('{"ts": 1, "dir": "mark", "text": "connect: refused"}\n')
    with pytest.raises(UsageError, match="holds no connection"):
        load(file)


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" 12x", 12), ("-1", 4294967295), ("99999999999", 4294967295), ("abc", None), ("", None)],
)
def test_session_numbers_are_read_as_asterisk_reads_them(text: str, number: int | None) -> None:
    assert as_number(text) == number
