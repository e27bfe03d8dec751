"""The synthetic recordings of the benchmarks look like one server that was watched for hours."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

from benchmarks import make_recording
from faxstore.capture import recording as capture
from faxstore.observations import Observation, Rejected
from faxstore.reader.line_reader import LineReader

MESSAGES = 24_500
"""Two copies of each source, and the beginning of a third one."""


def test_copies_have_distinct_numbers_and_belong_to_one_life(tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl.gz"
    make_recording.write(file, MESSAGES, list(make_recording.SOURCES))
    lines = list(capture.read(str(file)))
    assert sum(line.dir != "mark" for line in lines) == MESSAGES
    assert all(before.ts <= after.ts for before, after in pairwise(lines))

    line_reader = LineReader("bench")
    records = [record for line in lines for record in line_reader.feed(line)]
    assert not [record for record in records if isinstance(record, Rejected)]
    ends = Counter(
        (record.channel, record.uniqueid)
        for record in records
        if isinstance(record, Observation) and record.event in ("SendFAX", "ReceiveFAX")
    )
    assert len(ends) == 2 * (8 + 11)
    assert set(ends.values()) == {1}
    assert len({record.life.started_at for record in records if isinstance(record, Observation)}) == 1
    assert {record.life.reloaded_at for record in records if isinstance(record, Observation)} == {None}
    sessions = {record.session_number for record in records if isinstance(record, Observation)} - {None}
    assert sessions == set(range(len(sessions)))
