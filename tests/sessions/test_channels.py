"""Channels: what is remembered, for how long, and at what cost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from msgspec.structs import replace

from faxstore.observations import MICROSECONDS, Observation
from faxstore.sessions import channels as module
from faxstore.sessions.application_runs import Pending
from faxstore.sessions.channel import LONGEST_FAX, LONGEST_WAIT, Channel
from faxstore.sessions.channels import Channels
from faxstore.sessions.identity import session_id
from faxstore.sessions.ties import ChannelTies
from tests.kit.scripted_ties import EPOCH, LIFE, SESSION, ScriptedLookup, at, remembered


def pending(when: float, name: str = "a") -> Channel:
    channel = Channel(EPOCH, name)
    channel.wait(Pending(1, Observation(LIFE, at(when), "VarSet", channel=name)))
    return channel


def settled(when: float, name: str = "a") -> Channel:
    channel = Channel(EPOCH, name)
    channel.list_session(SESSION, at(when))
    return channel


def test_channels_expire_in_order_of_their_deadlines() -> None:
    channels = Channels()
    for when in (5, 1, 3):
        channels.update(pending(when, f"channel {when}"))
    assert channels.expire(at(1) + LONGEST_WAIT) == []
    names = [channel.name for channel in channels.expire(at(5) + LONGEST_WAIT)]
    assert names == ["channel 1", "channel 3"]


def test_a_settled_channel_is_forgotten_after_its_deadline() -> None:
    channels = Channels()
    channels.update(settled(0))
    assert channels.expire(at(0) + LONGEST_FAX) == []
    assert channels.find(EPOCH, "a") is not None
    assert channels.expire(at(0) + LONGEST_FAX + 1) == []
    assert channels.find(EPOCH, "a") is None


def test_each_listing_extends_the_deadline() -> None:
    channels, channel = Channels(), settled(0)
    for second in range(5_000):
        channel.list_session(SESSION, at(second))
        channels.update(channel)
    channels.expire(at(4_999) + LONGEST_FAX)
    assert channels.find(EPOCH, "a") is channel
    assert len(channels._heap) == 1


def test_a_jump_of_one_clock_does_not_delay_other_channels() -> None:
    channels = Channels()
    channels.update(pending(365 * 86_400, "a year ahead"))
    channels.update(pending(0))
    assert [channel.name for channel in channels.expire(at(1) + LONGEST_WAIT)] == ["a"]


def test_the_number_of_settled_channels_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SETTLED", 3)
    channels = Channels()
    for number in range(5):
        channels.update(settled(number, f"settled {number}"))
        channels.update(pending(number, f"pending {number}"))
    assert [channels.find(EPOCH, f"settled {number}") is None for number in range(5)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert all(channels.find(EPOCH, f"pending {number}") for number in range(5))
    assert len(remembered(channels)) == 8


def test_a_listed_channel_is_found_by_each_of_its_files_until_its_fax_ends() -> None:
    channels, channel = Channels(), settled(0)
    channel.facts.add(Observation(LIFE, at(0), "FAXSession", 7, "a", operation="send", file_name="/a.tif,/b.tif"))
    channels.update(channel)
    assert channels.listed_with(EPOCH, {"/b.tif", "/c.tif"}) == [channel]
    assert channels.listed_with(EPOCH, {"/c.tif"}) == []
    channel.facts.add(Observation(LIFE, at(1), "FAXSession", 7, "a", operation="receive", file_name="/c.tif"))
    channels.touch(channel)
    assert channels.listed_with(EPOCH, {"/c.tif"}) == [channel]
    channel.apply(Observation(LIFE, at(2), "ReceiveFAX", channel="a"), SESSION)
    channels.update(channel)
    assert channels.listed_with(EPOCH, {"/a.tif", "/b.tif", "/c.tif"}) == []


# -- the work per observation ------------------------------------------------------------------------


class ExecutedLines:
    """Counts the lines of faxstore.sessions that are executed."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> ExecutedLines:
        self._before = sys.gettrace()
        sys.settrace(self._enter)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._before)

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> Any:
        return self._line if "/faxstore/sessions/" in frame.f_code.co_filename else None

    def _line(self, _frame: FrameType, event: str, _arg: object) -> Any:
        self.count += event == "line"
        return self._line


def faxes(count: int) -> Iterator[tuple[int, Observation]]:
    """One fax on a channel of its own each 0.1 s: its beginning, a listing, and its completion event if it is even.

    The completion event of every tenth other one comes under a name that no list showed, with another file.
    """
    for number in range(count):
        channel, uniqueid, start = f"PJSIP/trunk-{number:08x}", f"1.{number}", number / 10
        yield number, Observation(LIFE, at(start), "Newexten", None, channel, uniqueid, operation="send")
        listed = Observation(LIFE, at(start + 0.01), "FAXSession", number, channel, operation="send")
        yield number, replace(listed, file_name=f"/out/{number}.tif")
        if number % 2 == 0:
            yield number, Observation(LIFE, at(start + 0.02), "SendFAX", None, channel, uniqueid)
        if number % 20 == 1:
            moved = Observation(LIFE, at(start + 0.02), "SendFAX", None, f"moved {number}", f"2.{number}")
            yield number, replace(moved, operation="send", file_name="/out/another.tif")


def test_the_work_per_observation_does_not_grow_with_the_number_of_channels() -> None:
    """36,000 faxes in an hour; no channel hangs up, so each may be remembered for LONGEST_FAX."""
    ties, fed, lines = ChannelTies(ScriptedLookup()), iter(faxes(36_000)), []

    def feed(count: int) -> None:
        for key, (number, seen) in zip(range(count), fed, strict=False):
            ties.expire(seen.observed_at)
            if seen.session_number is None:
                ties.add_event(EPOCH, key, seen)
            else:
                ties.list_session(EPOCH, session_id(EPOCH, number), seen)

    for _ in range(2):
        with ExecutedLines() as executed:
            feed(2_500)
        lines.append(executed.count)
        feed(85_000)
    assert len(remembered(ties._channels)) <= module.MOST_SETTLED
    assert lines[1] < 1.2 * lines[0]


def test_an_hour_without_lists_leaves_no_more_than_the_events_that_may_still_wait() -> None:
    ties = ChannelTies(ScriptedLookup())
    for number in range(3_600):
        seen = Observation(LIFE, at(number), "VarSet", None, f"PJSIP/{number}", f"1.{number}")
        ties.expire(seen.observed_at)
        ties.add_event(EPOCH, number, seen)
    assert sum(len(channel.pending) for channel in remembered(ties._channels)) <= LONGEST_WAIT // MICROSECONDS + 1
