"""Reading recordings, and the one-line error for any other file."""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faxstore.capture import recording as capture
from faxstore.capture.recording import Direction, Line
from faxstore.errors import UsageError
from tests.kit import truth

LINES = [
    Line(1795423501.12109, "mark", "connected"),
    Line(1795423501.121165, "out", "Action: FAXSessions\r\nActionID: p1\r\n\r\n"),
    Line(1795423501.1224, "in", "Response: Success\r\nActionID: p1\r\nEventList: Start\r\n\r\n"),
    Line(1795423502.0, "in", 'Event: FAXSession\r\nFileName: /für "é"\t\\.tif\r\n\r\n'),
]
TEXT = "".join(capture.encode(line) + "\n" for line in LINES)


def refused(file: Path) -> tuple[list[Line], str]:
    """Return the lines before the fault, and the error without the file name, which must be one line."""
    before: list[Line] = []

    def read() -> None:
        for line in capture.read(str(file)):
            before.append(line)

    with pytest.raises(UsageError) as refusal:
        read()
    error = str(refusal.value)
    assert "\n" not in error
    assert error.startswith(f"{file}: ")
    return before, error.removeprefix(f"{file}: ")


def written(folder: Path, data: bytes | str, name: str = "pbx1.jsonl") -> Path:
    file = folder / name
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return file


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("name", ["pbx1.jsonl", "pbx1.jsonl.gz", "recording"])
def test_gzip_is_recognised_whatever_the_file_name(tmp_path: Path, pack: type[bytes], name: str) -> None:
    assert list(capture.read(str(written(tmp_path, pack(TEXT.encode()), name)))) == LINES


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (TEXT.encode(), gzip.compress(TEXT.encode())):
        stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(data)))
        monkeypatch.setattr(sys, "stdin", stdin)
        assert list(capture.read("-")) == LINES


def test_blank_lines_and_unknown_keys_are_ignored(tmp_path: Path) -> None:
    text = '\n\n{"ts": 1, "dir": "in", "text": "a", "host": "pbx1", "n": 1}\n  \n'
    assert list(capture.read(str(written(tmp_path, text)))) == [Line(1.0, "in", "a")]


def test_the_last_line_needs_no_line_end(tmp_path: Path) -> None:
    assert list(capture.read(str(written(tmp_path, TEXT.rstrip("\n"))))) == LINES


@pytest.mark.parametrize("recording", ["one-page-22", "restart-hard-16", "names-22"])
def test_a_real_recording_is_read_and_written_as_it_was(recording: str) -> None:
    read = list(capture.read(str(truth.path(recording))))
    assert [json.loads(capture.encode(line)) for line in read] == truth.lines(recording)


@settings(max_examples=300)
@given(
    st.integers(0, 4 * 10**15),
    st.sampled_from(["in", "out", "mark"]),
    st.text(st.characters(exclude_categories=())),
)
def test_any_text_is_written_on_one_line_of_ascii_and_read_again(moment: int, direction: Direction, text: str) -> None:
    line = Line(moment / 1_000_000, direction, text)
    encoded = capture.encode(line)
    assert encoded.isascii()
    assert "\n" not in encoded
    assert json.loads(encoded) == {"ts": line.ts, "dir": direction, "text": text}


# -- files that are not recordings ----------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
def test_an_empty_file(tmp_path: Path, data: bytes) -> None:
    assert refused(written(tmp_path, data)) == ([], "the file is empty; a recording has a JSON object on each line")


def test_a_file_of_blank_lines_is_empty(tmp_path: Path) -> None:
    assert refused(written(tmp_path, "\n \n\n")) == (
        [],
        "the file is empty; a recording has a JSON object on each line",
    )


def test_a_missing_file(tmp_path: Path) -> None:
    assert refused(tmp_path / "pbx9.jsonl") == ([], "No such file or directory")


def test_a_folder(tmp_path: Path) -> None:
    before, error = refused(tmp_path)
    assert before == []
    assert "directory" in error


def test_a_file_that_ends_within_a_line(tmp_path: Path) -> None:
    before, error = refused(written(tmp_path, TEXT[:-20]))
    assert before == LINES[:3]
    assert error.startswith("line 4 is not a line of a recording (the file ends in the middle of it): expected {")


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_gzip_file(tmp_path: Path, kept: float) -> None:
    packed = truth.path("one-page-22").read_bytes()
    before, error = refused(written(tmp_path, packed[: int(len(packed) * kept)], "cut.jsonl.gz"))
    whole = list(capture.read(str(truth.path("one-page-22"))))
    assert 0 < len(before) < len(whole)
    assert before == whole[: len(before)]
    assert error == f"the gzip data is cut off or damaged after line {len(before)}"


def test_a_damaged_gzip_file(tmp_path: Path) -> None:
    packed = bytearray(truth.path("one-page-22").read_bytes())
    packed[len(packed) // 2] ^= 0xFF
    before, error = refused(written(tmp_path, bytes(packed), "damaged.jsonl.gz"))
    assert before == list(capture.read(str(truth.path("one-page-22"))))[: len(before)]
    assert error  # whether zlib or JSON fails first depends on the bit


def test_a_gzip_file_with_trailing_garbage(tmp_path: Path) -> None:
    before, error = refused(written(tmp_path, gzip.compress(TEXT.encode()) + b"trailing garbage"))
    assert before == LINES
    assert error.endswith("after line 4")


OTHER_FILES = {
    "text": b"Event: FAXSession\r\nSessionNumber: 7\r\n\r\n",
    "binary": bytes(range(256)) * 20,
    "only named gzip": b"this is no gzip",
    "gzip header alone": b"\x1f\x8b",
    "gzip of another program": gzip.compress(b"HylaFAX xferfaxlog\n"),
    "pcap": b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00" + bytes(40),
    "csv": b"ts,dir,text\n1,in,a\n",
    "utf-16": TEXT.encode("utf-16"),
    "latin-1": '{"ts": 1, "dir": "in", "text": "é"}\n'.encode("latin-1"),
    "a JSON array": b'[{"ts": 1, "dir": "in", "text": "a"}]\n',
    "JSON over several lines": json.dumps({"ts": 1, "dir": "in", "text": "a"}, indent=1).encode(),
    "another program's JSON": b'{"timestamp": "2026-11-23", "event": "FAXSession"}\n',
    "a number": b"5\n",
    "null": b"null\n",
    "deep": b"[" * 100_000 + b"\n",
    "a number without end": b'{"ts": ' + b"9" * 5000 + b', "dir": "in", "text": "a"}\n',
}


@pytest.mark.parametrize("kind", OTHER_FILES)
def test_a_file_of_another_program(tmp_path: Path, kind: str) -> None:
    before, error = refused(written(tmp_path, OTHER_FILES[kind], "pbx1.jsonl.gz"))
    assert before == []
    if "gzip header" not in kind:
        assert error.startswith("line 1 is not a line of a recording")
        assert error.endswith('expected {"ts": seconds, "dir": "in", "text": "..."}')


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('{"ts": "1", "dir": "in", "text": "a"}', "ts must be seconds since 1970, not '1'"),
        ('{"ts": -1, "dir": "in", "text": "a"}', "ts must be seconds since 1970, not -1"),
        ('{"ts": true, "dir": "in", "text": "a"}', "ts must be seconds since 1970, not True"),
        ('{"ts": NaN, "dir": "in", "text": "a"}', "ts must be seconds since 1970, not nan"),
        ('{"ts": 1e400, "dir": "in", "text": "a"}', "ts must be seconds since 1970, not inf"),
        ('{"ts": null, "dir": "in", "text": "a"}', "ts must be seconds since 1970, not None"),
        ('{"ts": 1795423501121, "dir": "in", "text": "a"}', "ts must be seconds since 1970, not 1795423501121"),
        ('{"ts": 1, "dir": "IN", "text": "a"}', 'dir must be "in", "out" or "mark", not \'IN\''),
        ('{"ts": 1, "dir": null, "text": "a"}', 'dir must be "in", "out" or "mark", not None'),
        ('{"ts": 1, "dir": [], "text": "a"}', 'dir must be "in", "out" or "mark", not []'),
        ('{"ts": 1, "dir": "in", "text": ["a"]}', "text must be a string, not list"),
        ('{"ts": 1, "dir": "in", "text": null}', "text must be a string, not NoneType"),
    ],
)
def test_a_line_with_a_wrong_value_is_refused(tmp_path: Path, line: str, error: str) -> None:
    assert refused(written(tmp_path, TEXT + line + "\n")) == (LINES, f"line 5: {error}")


@settings(max_examples=300)
@given(data=st.binary() | st.binary().map(lambda data: TEXT.encode() + data))
def test_any_bytes_are_read_or_refused(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    file.write_bytes(data)
    read, complaint = [], ""
    try:
        for line in capture.read(str(file)):
            read.append(line)
    except UsageError as refusal:
        complaint = str(refusal)
    assert "\n" not in complaint
    assert read or complaint
    if data.startswith(TEXT.encode()):
        assert read[:4] == LINES
