"""Recordings of calls on real Asterisk whose dialplans write fax variables or that change hands (tests/calls).

The truth about each is what the dialplan itself logged.  No eventfilter may change what faxes there are: each recording
is also imported without some kinds of events.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from faxstore.ingest.importer import import_file
from tests.kit.given import read

CALLS = Path(__file__).parents[1] / "calls"

RECORDINGS = sorted(path.name.removesuffix(".jsonl.gz") for path in CALLS.glob("*.jsonl.gz"))
"""variables and transfers: conf/meddling.conf and conf/transfers.conf of tests/asterisk; numbers: call files."""

FILTERS = {
    "everything": (),
    "no-newexten": ("Newexten",),
    "no-hangup": ("Hangup",),
    "no-dialplan": ("Newexten", "VarSet"),
}
"""The events that each filter stops."""

EACH = pytest.mark.parametrize("filtered", FILTERS)


@EACH
@pytest.mark.parametrize("recording", RECORDINGS)
def test_the_faxes_are_those_of_the_dialplan(
    database: psycopg.Connection, tmp_path: Path, recording: str, filtered: str
) -> None:
    import_file(database, str(passed_on(recording, FILTERS[filtered], tmp_path)), "pbx", lambda _: None)
    faxes = read(database, "select * from fax.sessions order by started_at, session_number")
    runs = truth(recording, dialplan_seen=filtered != "no-dialplan")
    assert sorted(map(str, (shown(fax) for fax in faxes))) == sorted(map(str, (shown(run) for run in runs)))


@EACH
@pytest.mark.parametrize("recording", RECORDINGS)
def test_no_attempt_is_missed_and_none_is_invented(
    database: psycopg.Connection, tmp_path: Path, recording: str, filtered: str
) -> None:
    import_file(database, str(passed_on(recording, FILTERS[filtered], tmp_path)), "pbx", lambda _: None)
    (found,) = read(database, "select sum(attempts_missed) as missed from fax.reconciliation")
    runs = truth(recording, dialplan_seen=True), truth(recording, dialplan_seen=filtered != "no-dialplan")
    assert found["missed"] == len(runs[0]) - len(runs[1])


@pytest.mark.parametrize("recording", [name for name in RECORDINGS if name.startswith("numbers")])
def test_a_sender_called_the_number_that_was_dialled(database: psycopg.Connection, recording: str) -> None:
    import_file(database, str(CALLS / f"{recording}.jsonl.gz"), "pbx", lambda _: None)
    sent = read(database, "select uniqueid, caller_number, called_number from fax.sessions where direction = 'sent'")
    runs = [run for run in truth(recording, dialplan_seen=True) if run["operation"] == "send"]
    expected = {run["uniqueid"]: (run["caller_number"], run["called_number"]) for run in runs}
    assert {fax["uniqueid"]: (fax["caller_number"], fax["called_number"]) for fax in sent} == expected


def passed_on(recording: str, stopped: tuple[str, ...], folder: Path) -> Path:
    """The recording as an eventfilter that stops these events leaves it."""
    path = CALLS / f"{recording}.jsonl.gz"
    if not stopped:
        return path
    starts = tuple(f"Event: {name}\r\n" for name in stopped)
    with gzip.open(path, "rt") as lines, (folder / "filtered.jsonl").open("w") as out:
        out.writelines(line for line in lines if not json.loads(line)["text"].startswith(starts))
    return folder / "filtered.jsonl"


def truth(recording: str, *, dialplan_seen: bool) -> list[dict[str, Any]]:
    """The runs of fax applications; without class dialplan, no event shows those of dialplan_only."""
    runs: list[dict[str, Any]] = json.loads((CALLS / f"{recording}.truth.json").read_text())
    return [run for run in runs if dialplan_seen or not run.get("dialplan_only")]


def shown(fax: dict[str, Any]) -> tuple[Any, ...]:
    """What identifies a fax and its result."""
    names = ("operation", "channel", "uniqueid", "account_code", "result", "result_text")
    return (*(fax[name] for name in names), fax["pages"] or 0)
