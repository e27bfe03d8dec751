"""LifeDetector: what begins a new life, and what only looks like it."""

from __future__ import annotations

import pytest

from faxstore.capture.message import Message, parse
from faxstore.observations import MICROSECONDS, Life
from faxstore.reader.lives import LifeDetector

NOON = 1_795_435_200 * MICROSECONDS
"""A moment, in microseconds; the server of these tests started an hour before."""

HOUR = 3600
STARTED = NOON - HOUR * MICROSECONDS


def at(seconds: float) -> int:
    """Return the time in microseconds, in seconds after noon."""
    return NOON + round(seconds * MICROSECONDS)


def fully_booted(uptime: object) -> Message:
    return parse(f"Event: FullyBooted\nPrivilege: system,all\nUptime: {uptime}\nLastReload: 9\nStatus: Fully Booted\n")


def core_status(startup: str) -> Message:
    date, _, time = startup.partition(" ")
    return parse(f"Response: Success\nCoreStartupDate: {date}\nCoreStartupTime: {time}\nCoreCurrentCalls: 0\n")


def stats(*counters: object) -> Message:
    sent, received, completed, failed = counters
    return parse(
        "Event: FAXStats\nCurrentSessions: 0\nReservedSessions: 0\n"
        f"TransmitAttempts: {sent}\nReceiveAttempts: {received}\nCompletedFAXes: {completed}\nFailedFAXes: {failed}\n"
    )


@pytest.fixture
def watch() -> LifeDetector:
    return LifeDetector("pbx1")


@pytest.fixture
def booted(watch: LifeDetector) -> LifeDetector:
    """Return a detector that has read at noon that the server started an hour before."""
    watch.booted(fully_booted(HOUR), NOON)
    return watch


@pytest.fixture
def known(booted: LifeDetector) -> LifeDetector:
    """Return such a detector that has read CoreStatus too."""
    booted.core_status(core_status("2026-11-23 11:00:00"), NOON)
    return booted


def test_without_any_evidence_a_life_begins_when_it_is_first_seen(watch: LifeDetector) -> None:
    assert watch.current is None
    assert watch.at(NOON) == Life("pbx1", NOON)
    assert watch.at(at(60), continued=True) == Life("pbx1", NOON)


def test_a_life_of_a_recording_that_begins_within_a_connection_is_continued(watch: LifeDetector) -> None:
    assert watch.at(NOON, continued=True) == Life("pbx1", NOON, continued=True)


# -- FullyBooted -------------------------------------------------------------------------------------


def test_uptime_gives_the_start(watch: LifeDetector) -> None:
    assert watch.booted(fully_booted(HOUR), NOON) is False  # the first life is not another one
    assert watch.current == Life("pbx1", NOON, started_at=STARTED)


@pytest.mark.parametrize("off", [-2.0, -1.4, 0.0, 0.3, 1.0, 2.0])
def test_starts_within_two_seconds_are_one(booted: LifeDetector, off: float) -> None:
    life = booted.current
    assert booted.booted(fully_booted(HOUR + 600), at(600 + off)) is False
    assert booted.current == life


@pytest.mark.parametrize("off", [2.1, 60.0, 86400.0])
def test_a_later_start_is_another_life(booted: LifeDetector, off: float) -> None:
    assert booted.booted(fully_booted(HOUR + 600), at(600 + off)) is True
    assert booted.current == Life("pbx1", at(600 + off), started_at=STARTED + round(off * MICROSECONDS))


def test_a_start_that_is_reported_later_belongs_to_the_same_life(watch: LifeDetector) -> None:
    watch.at(NOON)
    assert watch.booted(fully_booted(HOUR), at(5)) is False
    assert watch.current == Life("pbx1", NOON, started_at=at(5 - HOUR))


def test_a_start_after_the_first_sight_begins_a_new_life(watch: LifeDetector) -> None:
    watch.at(NOON)
    assert watch.booted(fully_booted(10), at(60)) is True
    assert watch.current == Life("pbx1", at(60), started_at=at(50))


def test_a_status_before_fully_booted_is_of_the_same_life(watch: LifeDetector) -> None:
    """The manager answers while modules are being loaded; FullyBooted comes after that."""
    watch.core_status(core_status("2026-11-23 12:00:00"), at(1))
    assert watch.booted(fully_booted(4), at(4)) is False
    assert watch.current == Life("pbx1", at(1), started_at=NOON, startup_text="2026-11-23 12:00:00")


@pytest.mark.parametrize("uptime", ["", "abc", "-5", "1.5", "9" * 11, "\u0663"])
def test_an_invalid_uptime_is_no_evidence(watch: LifeDetector, uptime: str) -> None:
    assert watch.booted(fully_booted(uptime), NOON) is False
    assert watch.current is None


def test_fully_booted_of_an_old_server_has_no_uptime(booted: LifeDetector) -> None:
    life = booted.current
    assert booted.booted(parse("Event: FullyBooted\nStatus: Fully Booted\n"), at(60)) is False
    assert booted.current == life


# -- CoreStatus --------------------------------------------------------------------------------------


def test_core_status_adds_its_text(booted: LifeDetector) -> None:
    assert booted.core_status(core_status("2026-11-23 11:00:00"), at(1)) is False
    assert booted.current == Life("pbx1", NOON, started_at=STARTED, startup_text="2026-11-23 11:00:00")


def test_core_status_alone_shows_a_restart(watch: LifeDetector) -> None:
    """A user without class system gets no FullyBooted."""
    assert watch.core_status(core_status("2026-11-23 11:00:00"), NOON) is False
    assert watch.core_status(core_status("2026-11-23 11:00:00"), at(60)) is False
    assert watch.current == Life("pbx1", NOON, startup_text="2026-11-23 11:00:00")
    assert watch.core_status(core_status("2026-11-23 12:01:30"), at(120)) is True
    assert watch.current == Life("pbx1", at(120), startup_text="2026-11-23 12:01:30")


def test_core_status_without_a_date_is_no_evidence(known: LifeDetector) -> None:
    life = known.current
    assert known.core_status(core_status(""), at(60)) is False
    assert known.current == life


@pytest.mark.parametrize("step", [HOUR, -HOUR, 5, -5], ids=str)
def test_setting_the_servers_clock_is_no_restart(known: LifeDetector, step: int) -> None:
    """The server's clock is set: its Uptime jumps, the text of its start does not."""
    life = known.current
    known.booted(fully_booted(HOUR + 600 + step), at(600))
    known.core_status(core_status("2026-11-23 11:00:00"), at(600.1))
    assert known.current == life


def test_setting_back_the_observers_clock_is_no_restart(known: LifeDetector) -> None:
    life = known.current
    known.booted(fully_booted(HOUR + 600), at(-3000))
    known.core_status(core_status("2026-11-23 11:00:00"), at(-2999))
    assert known.current == life


def test_setting_the_zone_is_no_restart(known: LifeDetector) -> None:
    """/etc/localtime changes: the text of the start does, the Uptime does not."""
    life = known.current
    assert known.booted(fully_booted(HOUR + 600), at(600)) is False
    assert known.core_status(core_status("2026-11-23 13:00:00"), at(600.1)) is False
    assert known.current == life


@pytest.mark.parametrize("text", ["2026-11-23-11-23", "2026-11-23 12:00:00+01:00", "yesterday", "2026-11-23"])
def test_a_text_that_is_none_of_asterisk_is_no_evidence_of_a_restart(known: LifeDetector, text: str) -> None:
    """A garbled message: a date with an offset cannot be compared with one without."""
    life = known.current
    assert known.core_status(core_status(text), at(600)) is False
    assert known.current == life


def test_setting_the_zone_after_a_restart_is_no_second_restart(known: LifeDetector) -> None:
    known.booted(fully_booted(5), at(600))
    known.core_status(core_status("2026-11-23 12:09:55"), at(600.1))
    second = known.current
    assert known.booted(fully_booted(605), at(1200)) is False
    assert known.core_status(core_status("2026-11-23 14:09:55"), at(1200.1)) is False
    assert known.current == second


@pytest.mark.parametrize("text", ["2026-11-23 12:09:55", "2026-11-24 11:00:00", "2026-11-23 11:00:07"])
def test_a_booting_server_is_a_new_life_already(known: LifeDetector, text: str) -> None:
    """CoreStatus and an empty list are answered before FullyBooted; that list does not belong to the old life."""
    assert known.core_status(core_status(text), at(600)) is True
    assert known.current == Life("pbx1", at(600), startup_text=text)
    assert known.booted(fully_booted(8), at(603)) is False
    assert known.current == Life("pbx1", at(600), started_at=at(595), startup_text=text)


def test_an_invalid_start_up_text_is_no_evidence(known: LifeDetector) -> None:
    assert known.core_status(core_status("soon"), at(600)) is False


def test_uptime_and_text_show_one_restart(known: LifeDetector) -> None:
    assert known.booted(fully_booted(5), at(600)) is True
    assert known.core_status(core_status("2026-11-23 12:09:55"), at(600.1)) is False
    assert known.current == Life("pbx1", at(600), started_at=at(595), startup_text="2026-11-23 12:09:55")


# -- the module, and its counters --------------------------------------------------------------------


def test_loading_the_module_again_is_a_new_life_of_the_same_start(known: LifeDetector) -> None:
    assert known.reloaded(at(60)) is True
    assert known.current == Life(
        "pbx1", at(60), started_at=STARTED, startup_text="2026-11-23 11:00:00", reloaded_at=at(60)
    )


def test_a_reload_is_remembered_on_the_next_connection(known: LifeDetector) -> None:
    known.reloaded(at(60))
    life = known.current
    assert known.booted(fully_booted(HOUR + 600), at(600)) is False
    assert known.core_status(core_status("2026-11-23 11:00:00"), at(600.1)) is False
    assert known.current == life


def test_a_restart_after_a_reload_is_a_start_without_reload(known: LifeDetector) -> None:
    known.reloaded(at(60))
    assert known.booted(fully_booted(5), at(600)) is True
    assert known.current == Life("pbx1", at(600), started_at=at(595))


def test_counters_that_rise_or_stay_are_the_same_life(known: LifeDetector) -> None:
    life = known.current
    for counters in [(0, 0, 0, 0), (1, 0, 0, 0), (1, 0, 1, 0), (1, 0, 1, 0), (5, 7, 9, 2)]:
        assert known.counted(stats(*counters), at(60)) is False
    assert known.current == life


@pytest.mark.parametrize("later", [(0, 0, 0, 0), (9, 7, 9, 1), (4, 7, 9, 2)], ids=str)
def test_a_falling_counter_is_a_new_life(known: LifeDetector, later: tuple[int, ...]) -> None:
    known.counted(stats(5, 7, 9, 2), at(60))
    assert known.counted(stats(*later), at(120)) is True
    assert known.current is not None
    assert (known.current.started_at, known.current.reloaded_at) == (STARTED, at(120))
    assert known.counted(stats(*later), at(180)) is False


def test_a_falling_counter_without_a_known_start(watch: LifeDetector) -> None:
    watch.at(NOON)
    watch.counted(stats(5, 7, 9, 2), at(60))
    assert watch.counted(stats(0, 0, 0, 0), at(120)) is True
    assert watch.current == Life("pbx1", at(120))


def test_counters_are_not_compared_across_a_restart(known: LifeDetector) -> None:
    known.counted(stats(5, 7, 9, 2), at(60))
    known.booted(fully_booted(5), at(600))
    life = known.current
    assert known.counted(stats(0, 0, 0, 0), at(601)) is False
    assert known.current == life


@pytest.mark.parametrize("broken", ["", "abc", "9" * 5000])
def test_invalid_counters_are_no_evidence(known: LifeDetector, broken: str) -> None:
    known.counted(stats(5, 7, 9, 2), at(60))
    life = known.current
    assert known.counted(stats(5, broken, 9, 2), at(120)) is False
    assert known.counted(stats(5, 7, 9, 2), at(180)) is False
    assert known.current == life
