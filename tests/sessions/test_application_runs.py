"""Several runs of fax applications on one channel, most of them never listed, imported whole and in pieces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
import pytest

from faxstore.capture.recording import Direction, Line
from faxstore.ingest.importer import import_lines
from tests.kit.databases import fresh

CHANNEL = "PJSIP/trunk-0000001a"
SESSIONS = """
select s.session_number, array_agg(h.event || coalesce(' ' || (h.details ->> 'Value'), '') order by h.observed_at)
from fax.session s join fax.session_history h using (session_id, started_at)
where s.is_fax
group by s.session_id, s.session_number order by min(h.observed_at)
"""
HISTORY = """
select session_id, started_at, observed_at, event from fax.session_history where event <> 'Gone' order by 1, 3
"""


@dataclass
class Tape:
    """Collects the lines of a server, 10 ms apart."""

    newexten: bool
    lines: list[Line] = field(default_factory=list)
    now: float = 1_795_435_200.0

    def line(self, direction: Direction, *headers: str) -> None:
        self.now += 0.01
        self.lines.append(Line(round(self.now, 6), direction, "\r\n".join([*headers, "", ""])))

    def connects(self) -> None:
        self.lines.append(Line(self.now, "mark", "connected"))
        self.lines.append(Line(self.now + 0.001, "in", "Asterisk Call Manager/11.0.0\r\n"))
        self.line("in", "Event: FullyBooted", "Uptime: 3600", "Status: Fully Booted")

    def polls(self, *numbers: int) -> None:
        self.now += 1.0
        self.line("out", "Action: FAXSessions", f"ActionID: p{self.now}")
        self.line("in", "Response: Success", "EventList: Start", "Message: FAXSessionsEntry event list will follow")
        for number in numbers:
            session = (f"SessionNumber: {number}", "Operation: send", "State: Active")
            self.line("in", "Event: FAXSessionsEntry", f"Channel: {CHANNEL}", *session)
        self.line("in", "Event: FAXSessionsComplete", "EventList: Complete", f"Total: {len(numbers)}")
        for number in numbers:
            self.line("in", "Event: FAXSession", f"SessionNumber: {number}", "Operation: send", "State: Active")

    def sends(self, event: str, *headers: str) -> None:
        self.line("in", f"Event: {event}", f"Channel: {CHANNEL}", "Uniqueid: 1.2", *headers)

    def sets(self, variable: str, value: str) -> None:
        self.sends("VarSet", f"Variable: {variable}", f"Value: {value}")

    def begins(self) -> None:
        """Begin a run (res_fax.c, sendfax_exec)."""
        if self.newexten:
            self.sends("Newexten", "Application: SendFAX", "AppData: /a.tif")
        for variable, value in (("FAXSTATUS", "FAILED"), ("FAXPAGES", "0")):
            self.sets(variable, value)
        self.result("FAILED", "INIT_ERROR", "error starting fax session")

    def result(self, status: str, error: str, text: str = "") -> None:
        """Set the result of a run (res_fax.c, set_channel_variables)."""
        for variable, value in (("FAXSTATUS", status), ("FAXERROR", error), ("FAXSTATUSSTRING", text)):
            self.sets(variable, value)
        for variable, value in (("FAXMODE", "audio"), ("FAXPAGES", "0")):
            self.sets(variable, value)

    def fails(self, error: str) -> None:
        """Let a run fail without a session and without a completion event."""
        self.begins()
        if error == "SECOND":
            self.result("FAILED", "INIT_ERROR", "error reserving fax session")
        self.result("FAILED", error)

    def completes(self, error: str) -> None:
        self.result("SUCCESS", error)
        self.sends("SendFAX", "PagesTransferred: 1")


@pytest.fixture(params=[True, False], ids=["with Newexten", "without"])
def tape(request: pytest.FixtureRequest) -> list[Line]:
    """Return two runs that fail, one that is listed, another that fails, and one that ends between lists."""
    tape = Tape(newexten=request.param)
    tape.connects()
    tape.polls()
    tape.sets("LOCALSTATIONID", "by the dialplan")
    tape.fails("FIRST")
    tape.polls()
    tape.fails("SECOND")
    tape.begins()
    for _ in range(3):
        tape.polls(7)
    tape.completes("LISTED")
    tape.polls()
    tape.fails("THIRD")
    tape.begins()
    tape.sends("FAXStatus", "Operation: send", "Status: FAX Transmission In Progress")
    tape.completes("NEVER LISTED")
    tape.polls()
    tape.sends("Hangup", "Cause: 16")
    tape.polls()
    return tape.lines


def nothing(_: object) -> None:
    """Ignore the progress."""


def history(database: psycopg.Connection) -> list[tuple[object, ...]]:
    return database.execute(HISTORY).fetchall()


@pytest.fixture
def expected(template: str, server: str, tape: list[Line]) -> Iterator[list[tuple[object, ...]]]:
    """Return the history of the whole recording, imported into another database."""
    with fresh(server, template) as dsn, psycopg.connect(dsn, autocommit=True) as database:
        import_lines(database, "pbx", tape, nothing)
        yield history(database)


def test_each_run_is_a_session(database: psycopg.Connection, tape: list[Line]) -> None:
    import_lines(database, "pbx", tape, nothing)
    found = database.execute(SESSIONS).fetchall()
    assert [number for number, _ in found] == [None, None, 7, None, None]
    errors = ["FIRST", "SECOND", "LISTED", "THIRD", "NEVER LISTED"]
    for (_, events), error in zip(found, errors, strict=True):
        assert [event for event in events if event.removeprefix("VarSet ") in errors] == [f"VarSet {error}"]
        assert events.count("VarSet error starting fax session") == 1
    assert [events.count("SendFAX") for _, events in found] == [0, 0, 1, 0, 1]


def test_importing_twice_adds_nothing(database: psycopg.Connection, tape: list[Line]) -> None:
    import_lines(database, "pbx", tape, nothing)
    before = history(database)
    import_lines(database, "pbx", tape, nothing)
    assert history(database) == before


@pytest.mark.parametrize("overlap", [0, 12, 200])
@pytest.mark.parametrize("share", range(10, 100, 9))
def test_overlapping_pieces_give_the_history_of_the_whole(
    database: psycopg.Connection,
    tape: list[Line],
    expected: list[tuple[object, ...]],
    share: int,
    overlap: int,
) -> None:
    """The recording is cut at many places, also within a run; `overlap` is the number of lines in both pieces."""
    cut = len(tape) * share // 100
    import_lines(database, "pbx", tape[:cut], nothing)
    import_lines(database, "pbx", tape[max(0, cut - overlap) :], nothing)
    assert history(database) == expected
