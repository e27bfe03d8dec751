"""fax.reported_result(): the result that res_fax set stands, whatever a dialplan sets before or after it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import psycopg
import pytest
from psycopg import sql

from tests.kit.given import at

Setting = tuple[float, str, str | None]
"""When a variable was set, its name, its value; the completion event is a name without a value."""


def write(
    second: float, *values: str, names: Sequence[str] = ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING")
) -> list[Setting]:
    """Variables that res_fax sets together."""
    return [(second + place / 1000, name, value) for place, (name, value) in enumerate(zip(names, values, strict=True))]


BEGUN = [(0, "FAXSTATUS", "FAILED"), *write(0.1, "FAILED", "INIT_ERROR", "error starting fax session")]
"""What SendFAX and ReceiveFAX set first."""
PREPARING = write(
    0.2, "Channel Problems", "Error before FAX transmission started.", names=("FAXERROR", "FAXSTATUSSTRING")
)
"""What ReceiveFAX sets before it answers."""
BLANK = write(9, "", "", "")
"""The fax starts."""
HUNG_UP = write(50, "FAILED", "HANGUP", "remote channel hungup")
"""The peer hung up; the fax goes on for some milliseconds (the recording churn-22)."""
GOOD = write(50.02, "SUCCESS", "HANGUP", "OK")
BAD = write(50.02, "FAILED", "HANGUP", "The call dropped prematurely")
RECEIVED = write(50.02, "SUCCESS", "OK", names=("FAXSTATUS", "FAXSTATUSSTRING"))
"""Asterisk reports no variable that was blank and remains so (pbx_builtin_setvar_helper)."""
TIMED_OUT = write(50, "FAILED", "TIMEOUT", "fax session timed-out")
COMPLETED: list[Setting] = [(50.1, "completion event", None)]

SUCCESS = ("SUCCESS", "HANGUP", "OK")
DROPPED = ("FAILED", "HANGUP", "The call dropped prematurely")
INTERIM = ("FAILED", "HANGUP", "remote channel hungup")
NOTHING = (None, None, None)


def reported(
    database: psycopg.Connection,
    said: Iterable[Setting],
    *more: Iterable[Setting],
    began_at: float | None = None,
    listed_at: float | None = None,
) -> tuple[str | None, ...]:
    """FAXSTATUS, FAXERROR, FAXSTATUSSTRING and both station ids, from the settings that each observer received.

    The rules for one observer and those for any number, which take the settings in any order, find the same.
    """
    rows = [
        (name, value, str(number), at(second))
        for number, own in enumerate((said, *more))
        for second, name, value in own
    ]
    since = [None if second is None else at(second) for second in (began_at, listed_at)]
    found = []
    for function, ordered in (
        ("reported_result", sorted(rows, key=lambda row: row[3])),
        ("result_by_observers", random.Random(len(rows)).sample(rows, len(rows))),
    ):
        columns = [list(column) for column in zip(*ordered, strict=True)]
        query = sql.SQL("select * from fax.{}(%s::text[], %s::text[], %s::text[], %s, %s, %s)")
        found += database.execute(query.format(sql.Identifier(function)), [*columns, *since]).fetchall()
    assert found[0] == found[1]
    return tuple(found[0])


def result(*arguments: object, **options: object) -> tuple[str | None, ...]:
    return reported(*arguments, **options)[:3]  # type: ignore[arg-type]


def only(names: set[str], said: Iterable[Setting]) -> list[Setting]:
    """The settings that pass an event filter."""
    return [setting for setting in said if setting[1] in names or setting[2] is None]


@pytest.mark.parametrize("end", [[], COMPLETED], ids=["without a completion event", "with a completion event"])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param([*BEGUN, *BLANK, *GOOD], SUCCESS, id="a success"),
        pytest.param([*BEGUN, *BLANK, *RECEIVED], ("SUCCESS", None, "OK"), id="a success without an error"),
        pytest.param([*BEGUN, *BLANK, *HUNG_UP, *GOOD], SUCCESS, id="a success after a hangup"),
        pytest.param([*BEGUN, *BLANK, *HUNG_UP, *BAD], DROPPED, id="a failure after a hangup"),
        pytest.param([*BEGUN, *BLANK, *HUNG_UP], INTERIM, id="only the hangup seen"),
        pytest.param([*BEGUN, *BLANK], NOTHING, id="it runs"),
        pytest.param(BEGUN, ("FAILED", "INIT_ERROR", "error starting fax session"), id="it never started"),
        pytest.param(
            [*BEGUN, *write(0.2, "FAILED", "FILE_ERROR", "error reading file")],
            ("FAILED", "FILE_ERROR", "error reading file"),
            id="a missing file",
        ),
        pytest.param(
            [*BEGUN, *PREPARING, *write(8, "FAILED", "T38_NEG_ERROR", "error negotiating T.38")],
            ("FAILED", "T38_NEG_ERROR", "error negotiating T.38"),
            id="T.38 refused",
        ),
        pytest.param(GOOD, SUCCESS, id="only the end seen"),
        pytest.param([*HUNG_UP, *GOOD], SUCCESS, id="only the end seen, with a hangup"),
        pytest.param([], NOTHING, id="nothing"),
    ],
)  # fmt: skip
def test_what_res_fax_set(
    database: psycopg.Connection, said: list[Setting], end: list[Setting], expected: tuple[str | None, ...]
) -> None:
    if said or end:
        assert result(database, [*said, *end]) == expected


DIALPLAN = [
    pytest.param([(60, "FAXSTATUS", r"\"FAILED: error: busy\"")], id="another text afterwards"),
    pytest.param([(60, "FAXSTATUS", "SUCCESS")], id="a success afterwards"),
    pytest.param([(60, "FAXSTATUS", "FAILED")], id="a failure afterwards"),
    pytest.param([(60, "FAXSTATUS", "")], id="a blank afterwards"),
    pytest.param([(60, "FAXERROR", "No Answer"), (61, "FAXSTATUSSTRING", "")], id="an error afterwards"),
    pytest.param(write(60, "FAILED", "BUSY", "busy"), id="everything afterwards"),
    pytest.param(
        [*write(60, "", "", ""), *write(61, "SUCCESS", "NO_ERROR", "OK")], id="everything afterwards, first blank"
    ),
    pytest.param([(20, "FAXSTATUS", "FAILED")], id="a failure during the fax"),
    pytest.param([(20, "FAXSTATUS", "")], id="a blank during the fax"),
    pytest.param([(20, "FAXSTATUS", "DIALFAIL"), (20.01, "FAXERROR", "mine")], id="other texts during the fax"),
    pytest.param([(-5, "FAXSTATUS", "SUCCESS")], id="a success before"),
    pytest.param([(-5, "FAXSTATUS", ""), (-4, "FAXSTATUS", "SUCCESS")], id="a blank and a success before"),
    pytest.param([*write(-5, "", "", ""), *write(-4, "SUCCESS", "NO_ERROR", "OK")], id="everything before"),
]


@pytest.mark.parametrize("end", [[], COMPLETED], ids=["without a completion event", "with a completion event"])
@pytest.mark.parametrize("listed_at", [9.5, None], ids=["listed", "not listed"])
@pytest.mark.parametrize("dialplan", DIALPLAN)
@pytest.mark.parametrize(
    ("fax", "expected"),
    [
        pytest.param(GOOD, SUCCESS, id="success"),
        pytest.param(RECEIVED, ("SUCCESS", None, "OK"), id="success without an error"),
        pytest.param([*HUNG_UP, *GOOD], SUCCESS, id="success after a hangup"),
        pytest.param([*HUNG_UP, *BAD], DROPPED, id="dropped"),
        pytest.param([*TIMED_OUT, *write(50.01, "FAILED", "TIMEOUT", "fax session timed-out")],
                     ("FAILED", "TIMEOUT", "fax session timed-out"), id="timed out"),
    ],
)  # fmt: skip
def test_a_dialplan_changes_no_result(
    database: psycopg.Connection,
    fax: list[Setting],
    dialplan: list[Setting],
    listed_at: float | None,
    end: list[Setting],
    expected: tuple[str, str, str],
) -> None:
    said = [*BEGUN, *BLANK, *fax, *dialplan, *end]
    assert result(database, said, listed_at=listed_at) == expected


@pytest.mark.parametrize("end", [[], COMPLETED], ids=["without a completion event", "with a completion event"])
@pytest.mark.parametrize(
    "dialplan", [[(60, "FAXSTATUS", "FAILED: busy")], [(60, "FAXSTATUS", "FAILED")], [(20, "FAXSTATUS", "x")]]
)
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"FAXSTATUS"}, ("SUCCESS", None, None)),
        ({"FAXSTATUS", "FAXERROR"}, ("SUCCESS", "HANGUP", None)),
        ({"FAXSTATUS", "FAXSTATUSSTRING"}, ("SUCCESS", None, "OK")),
        ({"FAXERROR"}, (None, "HANGUP", None)),
        ({"FAXERROR", "FAXSTATUSSTRING"}, (None, "HANGUP", "OK")),
        ({"FAXSTATUSSTRING"}, NOTHING),
    ],
)
def test_an_event_filter_may_hide_some_of_them(
    database: psycopg.Connection,
    names: set[str],
    expected: tuple[str | None, ...],
    dialplan: list[Setting],
    end: list[Setting],
) -> None:
    said = [*BEGUN, *BLANK, *HUNG_UP, *GOOD, *dialplan, *end]
    assert result(database, only(names, said), listed_at=9.5) == expected


def test_a_success_without_an_error_passes_each_filter(database: psycopg.Connection) -> None:
    said = [*BEGUN, *BLANK, *RECEIVED, (60, "FAXSTATUS", "FAILED: busy"), (61, "FAXSTATUS", "")]
    for names in ({"FAXSTATUS"}, {"FAXSTATUS", "FAXERROR"}, {"FAXSTATUS", "FAXSTATUSSTRING"}):
        assert result(database, only(names, said), listed_at=9.5)[:2] == ("SUCCESS", None)


def test_what_a_dialplan_sets_before_a_fax_that_never_starts(database: psycopg.Connection) -> None:
    missing = [*BEGUN, *write(0.2, "FAILED", "FILE_ERROR", "error reading file")]
    dialplan = [*write(-5, "", "", ""), *write(-4, "SUCCESS", "NO_ERROR", "OK")]
    assert result(database, [*dialplan, *missing]) == ("FAILED", "FILE_ERROR", "error reading file")
    assert result(database, only({"FAXSTATUS"}, [*dialplan, *missing]), began_at=-1) == ("FAILED", None, None)


def test_before_the_first_snapshot_nothing_counts(database: psycopg.Connection) -> None:
    """Without the blank one, for example because the observer connected later."""
    assert result(database, BEGUN, listed_at=10) == NOTHING
    assert result(database, [*BEGUN, *GOOD], listed_at=10) == SUCCESS


def test_two_observers_with_different_clocks(database: psycopg.Connection) -> None:
    """The one whose clock is ahead sees the hangup after the other's completion event."""
    one = [*BEGUN, *BLANK, *HUNG_UP, *GOOD, *COMPLETED, *write(60, "FAILED", "BUSY", "busy")]
    for ahead in (-3, -0.05, 0.005, 0.06, 3):
        other = [(second + ahead, name, value) for second, name, value in one]
        assert result(database, one, other, listed_at=9.5) == SUCCESS
        assert result(database, one, [setting for setting in other if setting[2] is not None], listed_at=9.5) == SUCCESS


def test_an_observer_takes_over(database: psycopg.Connection) -> None:
    said = [*BEGUN, *BLANK, *HUNG_UP, *GOOD, *write(60, "FAILED", "BUSY", "busy")]
    assert result(database, said[:7], said[7:], listed_at=9.5) == SUCCESS


def test_a_gateway(database: psycopg.Connection) -> None:
    """The gateway sets a first success when it is installed, and its result when it is removed (res_fax.c)."""
    said = write(0, "SUCCESS", "NO_ERROR", "gateway operation started successfully")
    assert result(database, [*said, *write(5, "SUCCESS", "NATIVE_T38", "no gateway necessary")])[1] == "NATIVE_T38"
    refused = write(5, "FAILED", "T38_NEG_ERROR", "unable to negotiate T.38")
    assert result(database, [*said, *refused, *write(6, "SUCCESS", "NO_ERROR", "OK")])[:2] == (
        "FAILED",
        "T38_NEG_ERROR",
    )


STATIONS = ("FAXSTATUS", "FAXERROR", "FAXSTATUSSTRING", "REMOTESTATIONID", "LOCALSTATIONID")


def test_station_ids_are_those_of_the_result(database: psycopg.Connection) -> None:
    start = write(9, "", "", "", "", "+1 555 0100", names=STATIONS)
    end = write(50, "SUCCESS", "", "OK", r"the \"fax\"", "+1 555 0100", names=STATIONS)
    dialplan: list[Setting] = [
        (-9, "LOCALSTATIONID", "before"),
        (20, "REMOTESTATIONID", "during"),
        (60, "LOCALSTATIONID", "next"),
    ]
    assert reported(database, [*BEGUN, *start, *dialplan])[3:5] == ("+1 555 0100", None)
    assert reported(database, [*BEGUN, *start, *end, *dialplan])[3:5] == ("+1 555 0100", 'the "fax"')


def test_station_ids_without_a_result(database: psycopg.Connection) -> None:
    """Of an observer that receives no other variable."""
    said: list[Setting] = [
        (-9, "LOCALSTATIONID", "early"),
        (9, "LOCALSTATIONID", ""),
        (50, "LOCALSTATIONID", "+1 555 0100"),
    ]
    assert reported(database, said)[3] == "early"
    assert reported(database, said, listed_at=9)[3] == "+1 555 0100"
    assert reported(database, [*said, (40, "completion event", None)], listed_at=9)[3] is None
