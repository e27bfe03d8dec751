"""fax.sessions: bad lines, pages, rates, ECM and resolution."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from faxstore.observations import Observation
from tests.kit.given import (
    Row,
    append,
    before_negotiation,
    completed,
    entry,
    gateway,
    gone,
    hangup,
    of,
    read,
    receiving,
    sending,
    snapshot,
    the_session,
)

# -- bad lines --------------------------------------------------------------------------------------------

BAD_LINES = [
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 3), (2, 1, 5), (3, 2, 0), (4, 2, 7), (5, 3, 1)), completed(6, 3)],
        {"bad_lines": 13, "bad_lines_discarded": 0, "worst_page_bad_lines": 7},
        id="the last count of each page",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 40), (2, 1, 63), (3, 1, 0), (4, 1, 2), (5, 2, 0), (6, 3, 0)), completed(7, 2)],
        {"bad_lines": 2, "bad_lines_discarded": 63, "worst_page_bad_lines": 2, "pages": 2},
        id="a page that was sent again: 63 to 0 with PageNumber still 1",
    ),
    pytest.param(
        [*receiving((0, 1, 30), (1, 1, 9), (2, 1, 20), (3, 1, 4), (4, 2, 1), (5, 2, 0), (6, 3, 0)), completed(7, 2)],
        {"bad_lines": 4, "bad_lines_discarded": 51, "worst_page_bad_lines": 4},
        id="sent again more than once",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 5), (2, 2, 5), (3, 2, 5), (4, 2, 5)), completed(5, 1)],
        {"bad_lines": 5, "bad_lines_discarded": 0, "pages": 1},
        id="the count does not change after the last page",
    ),
    pytest.param(
        [*receiving((0, 1, 4), (1, 2, 0), (2, 2, 8)), completed(3, 2)],
        {"bad_lines": 12, "worst_page_bad_lines": 8, "pages": 2, "pages_observed": 1},
        id="the last page was current at the last poll",
    ),
    pytest.param(
        [*receiving((0, 1, 4), (1, 4, 2), (2, 5, 2)), gone(3)],
        {"bad_lines": 6, "worst_page_bad_lines": 4, "pages": 4},
        id="pages that no poll observed add nothing",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 1, 8)), completed(2, 0)],
        {"bad_lines": 0, "bad_lines_discarded": 0, "worst_page_bad_lines": 0, "pages": 0},
        id="cut off within the first page: no page was accepted",
    ),
    pytest.param(
        [*receiving((0, 1, 0), (1, 2, 0)), completed(2, 1)],
        {"bad_lines": 0, "bad_lines_discarded": 0, "worst_page_bad_lines": 0, "bad_lines_measurable": True},
        id="no bad lines is zero, not unknown",
    ),
]


@pytest.mark.parametrize(("given", "expected"), BAD_LINES)
def test_bad_lines(database: psycopg.Connection, given: list[Observation], expected: Row) -> None:
    append(database, given)
    row = the_session(database)
    assert {name: row[name] for name in expected} == expected
    assert row["bad_lines_measurable"]


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([*sending((0, 1), (1, 2)), completed(2, 1, "SendFAX")], id="a sender"),
        pytest.param(receiving((0, 1, 0), (1, 2, 0), error_correction_mode=True), id="with ECM"),
        pytest.param(gateway((0, 1, 9600), (1, 2, 9600)), id="a gateway"),
        pytest.param([before_negotiation(0), before_negotiation(1)], id="never negotiated"),
        pytest.param([entry(0), entry(1)], id="list entries without detail"),
        pytest.param([completed(0, 2), hangup(1)], id="known only from its event"),
    ],
)
def test_bad_lines_are_null_if_not_measurable(database: psycopg.Connection, given: list[Any]) -> None:
    append(database, given)
    row = the_session(database)
    names = ("bad_lines", "bad_lines_discarded", "worst_page_bad_lines", "bad_lines_measurable")
    assert of(row, *names) == (None, None, None, False)


def test_negotiated_ecm_decides(database: psycopg.Connection) -> None:
    """Before negotiation every receiver reports No."""
    given = [before_negotiation(0), *receiving((2, 1, 0), (3, 2, 0), error_correction_mode=True)]
    append(database, given)
    assert of(the_session(database), "error_correction_mode", "bad_lines_measurable", "bad_lines") == (
        True,
        False,
        None,
    )


# -- pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "pages", "observed"),
    [
        pytest.param([*sending((0, 1), (1, 2), (2, 3)), gone(3)], 2, 2, id="PageNumber is one more than the pages"),
        pytest.param([*sending((0, 1), (1, 2)), completed(3, 2, "SendFAX")], 2, 1, id="the poll missed the last page"),
        pytest.param([*sending((0, 1), (1, 3)), completed(3, 1, "SendFAX")], 1, 2, id="the event's count wins"),
        pytest.param([*sending((0, 1), (1, 3)), completed(3, None, "SendFAX")], 2, 2, id="an event without a count"),
        pytest.param(gateway((0, 1, 0), (1, 2, 9600), (2, 3, 9600)), 2, 2, id="a gateway has PageNumber only"),
        pytest.param([before_negotiation(0)], 0, 0, id="none yet"),
        pytest.param([entry(0)], None, None, id="list entries without detail"),
        pytest.param([completed(0, 3), hangup(1)], 3, None, id="never listed"),
        pytest.param(
            [*sending((0, 1), (1, 4), (2, 1), (3, 2)), gone(4)],
            3,
            3,
            id="restarted counters do not reduce pages",
        ),
    ],
)
def test_pages(database: psycopg.Connection, given: list[Any], pages: int | None, observed: int | None) -> None:
    append(database, given)
    assert of(the_session(database), "pages", "pages_observed") == (pages, observed)


def test_a_switch_to_t38_restarts_counters_but_not_totals(database: psycopg.Connection) -> None:
    append(
        database,
        sending((0, 1), (1, 3)),
        sending((2, 1), (3, 1), session_type="T.38"),
        gone(4),
    )
    assert of(the_session(database), "pages", "transport") == (2, "T.38")


# -- rates, ECM, resolution -------------------------------------------------------------------------------


def test_defaults_before_negotiation_are_no_measurements(database: psycopg.Connection) -> None:
    append(database, [before_negotiation(0), before_negotiation(1)], receiving((2, 1, 0), (3, 2, 0), data_rate=7200))
    row = the_session(database)
    assert of(row, "first_data_rate", "last_data_rate", "lowest_data_rate", "rate_falls") == (7200, 7200, 7200, 0)
    assert of(row, "error_correction_mode", "x_resolution", "y_resolution") == (False, 8031, 3850)


def test_a_session_that_never_negotiated_has_no_measurements(database: psycopg.Connection) -> None:
    append(database, before_negotiation(0), before_negotiation(1), gone(2))
    row = the_session(database)
    assert of(row, "first_data_rate", "last_data_rate", "lowest_data_rate", "error_correction_mode") == (None,) * 4
    assert of(row, "x_resolution", "y_resolution", "resolution", "rate_falls") == (None,) * 4


def test_a_gateway_has_measurements_from_its_first_rate_on(database: psycopg.Connection) -> None:
    given = gateway((0, 1, 0), (1, 1, 0)) + gateway((2, 1, 14400), (3, 2, 9600), error_correction_mode=True)
    append(database, given)
    row = the_session(database)
    assert of(row, "first_data_rate", "lowest_data_rate", "last_data_rate", "rate_falls") == (14400, 9600, 9600, 1)
    assert of(row, "error_correction_mode", "resolution", "transport", "direction") == (True, None, None, "gateway")


@pytest.mark.parametrize(
    ("rates", "falls", "lowest"),
    [
        ((9600, 9600, 9600), 0, 9600),
        ((14400, 12000, 12000, 9600), 2, 9600),
        ((9600, 14400, 9600), 1, 9600),
        ((4800, 2400, 4800), 1, 2400),
    ],
)
def test_only_measured_falls_of_the_rate_count(
    database: psycopg.Connection, rates: tuple[int, ...], falls: int, lowest: int
) -> None:
    append(database, before_negotiation(0), [snapshot(second, data_rate=rate) for second, rate in enumerate(rates, 1)])
    assert of(the_session(database), "first_data_rate", "last_data_rate", "lowest_data_rate", "rate_falls") == (
        rates[0], rates[-1], lowest, falls,
    )  # fmt: skip


def test_defaults_in_the_middle_are_not_a_fall(database: psycopg.Connection) -> None:
    """The switch to T.38 resets the modem: 14400 and 0x0 for a moment."""
    append(
        database,
        snapshot(0, data_rate=9600),
        before_negotiation(1, session_type="T.38"),
        snapshot(2, data_rate=9600, session_type="T.38"),
    )
    assert of(the_session(database), "lowest_data_rate", "rate_falls") == (9600, 0)


@pytest.mark.parametrize("garbage", [-1, 0, 2_000_000_000])
def test_an_impossible_rate_is_no_measurement(database: psycopg.Connection, garbage: int) -> None:
    """For an unknown modem, spandsp reports the memory before its table (t30.c)."""
    append(database, [snapshot(second, data_rate=rate) for second, rate in enumerate((garbage, 9600, 7200, garbage))])
    row = the_session(database)
    assert of(row, "first_data_rate", "last_data_rate", "lowest_data_rate", "rate_falls") == (9600, 7200, 7200, 1)


@pytest.mark.parametrize(
    ("y_resolution", "name"),
    [
        (3850, "standard"),
        (7700, "fine"),
        (15400, "superfine"),
        (3937, "standard"),
        (7874, "fine"),
        (12000, None),
        (1, None),
    ],
)
def test_resolutions_have_names(database: psycopg.Connection, y_resolution: int, name: str | None) -> None:
    append(database, snapshot(0, y_resolution=y_resolution))
    assert of(the_session(database), "y_resolution", "resolution") == (y_resolution, name)


def test_a_completion_event_fills_in_missing_measurements(database: psycopg.Connection) -> None:
    append(database, before_negotiation(0), completed(1, 1))
    row = the_session(database)
    assert of(row, "last_data_rate", "x_resolution", "y_resolution", "resolution") == (9600, 8031, 3850, "standard")
    assert of(row, "first_data_rate", "lowest_data_rate") == (None, None)


# -- unknown is not zero ---------------------------------------------------------------------------------------


def test_bad_lines_that_no_poll_reported_are_unknown(database: psycopg.Connection) -> None:
    append(database, snapshot(0, total_bad_lines=None))
    append(database, snapshot(9, page_number=2, pages_received=1, total_bad_lines=None), gone(10))
    row = the_session(database)
    assert of(row, "pages", "bad_lines_measurable", "bad_lines_lower_bound") == (1, True, True)
    assert of(row, "bad_lines", "bad_lines_discarded", "worst_page_bad_lines") == (None, None, None)
    (page,) = read(database, "select * from fax.session_pages")
    assert of(page, "bad_lines", "bad_lines_discarded", "attempts") == (None, None, 1)


def test_without_a_page_there_are_no_bad_lines(database: psycopg.Connection) -> None:
    append(database, receiving((0, 1, 7), (9, 1, 9)), gone(10))
    row = the_session(database)
    assert of(row, "pages", "bad_lines", "bad_lines_discarded", "bad_lines_lower_bound") == (0, 0, 0, False)


def test_of_unknown_pages_nothing_is_known(database: psycopg.Connection) -> None:
    append(database, snapshot(0, pages_received=None), snapshot(9, pages_received=None, total_bad_lines=9), gone(10))
    row = the_session(database)
    assert of(row, "pages", "bad_lines", "worst_page_bad_lines", "bad_lines_lower_bound") == (None,) * 4


def test_a_fax_that_nobody_polled_has_no_falls_of_the_rate(database: psycopg.Connection) -> None:
    append(database, completed(90, 10), hangup(91))
    assert of(the_session(database), "last_data_rate", "rate_falls") == (9600, None)
