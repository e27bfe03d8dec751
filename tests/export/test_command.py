"""`faxstore export` on the command line: its messages, and one line for each usage error."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from faxstore import cli
from tests.kit.given import append, gateway, gone, receiving


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Runs a command; returns the exit status, standard output and standard error."""
    with pytest.raises(SystemExit) as leaving:
        cli.main([*arguments])
    out, error = capsys.readouterr()
    return int(leaving.value.code or 0), out, error


def test_standard_output_gets_rows_and_no_messages(
    dsn: str, database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    append(database, receiving((0, 1, 0)), gone(10))
    status, out, error = run(capsys, "--dsn", dsn, "export", "pages", "--format", "jsonl")
    assert (status, out, error) == (0, "", "")
    status, out, error = run(capsys, "--dsn", dsn, "export", "sessions")
    assert (status, len(out.split("\r\n")), error) == (0, 3, "")


def test_a_file_is_written_and_not_replaced_without_force(
    dsn: str, database: psycopg.Connection, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    append(database, receiving((0, 1, 0)), gone(10), gateway((20, 1, 0), number=1, channel="SIP/1"))
    log = tmp_path / "xferfaxlog"
    command = ("--dsn", dsn, "export", "sessions", "--format", "xferfaxlog", "--output", str(log))
    status, out, error = run(capsys, *command)
    assert (status, out) == (0, "")
    assert error == (
        f"faxstore: wrote 1 session to {log}\n"
        "faxstore: 1 session left out of the xferfaxlog: neither sent nor received\n"
    )
    before = log.read_bytes()
    status, out, error = run(capsys, *command)
    assert (status, out, error) == (2, "", f"faxstore: {log} exists already; --force replaces it\n")
    assert run(capsys, *command, "--force")[0] == 0
    assert log.read_bytes() == before


@pytest.mark.parametrize(
    ("redirection", "marks"),
    [
        ("rows > out", 1),
        ("rows | cat > out", 1),
        ("rows >> out; rows >> out", 1),
        ("{ rows; rows; } > out", 1),
        ("echo fax > out; rows >> out", 0),
    ],
)
def test_an_excel_safe_file_has_no_byte_order_mark_but_at_its_start(
    dsn: str, tmp_path: Path, redirection: str, marks: int
) -> None:
    command = [sys.executable, "-m", "faxstore", "--dsn", dsn, "export", "pages", "--excel-safe"]
    script = f"rows() {{ {shlex.join(command)}; }}; {redirection}"
    subprocess.run(["bash", "-ec", script], check=True, cwd=tmp_path)
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert (text.count("\ufeff"), text.startswith("\ufeff")) == (marks, marks == 1)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["faxes"], "No such command 'faxes'"),
        (["usage", "--result", "success"], "No such option: --result"),
        (["jobs", "--direction", "gateway"], "there are jobs for sent and received faxes only; remove the other"),
        (["sessions", "--bucket", "day"], "No such option: --bucket"),
        (["usage", "--bucket", "minute"], "'minute' is not one of 'hour', 'day', 'week', 'month', 'quarter', 'year'"),
        (["pages", "--format", "xferfaxlog"], "'xferfaxlog' is not one of 'csv', 'jsonl', 'parquet'"),
        (["sessions", "--format", "parquet"], "--format parquet is a folder of files: name it with --folder DIR"),
        (["usage", "--format", "parquet", "--output", "x"], "--format parquet is a folder of files: name it with"),
        (["pages", "--folder", "x"], "--folder is for --format parquet; csv is one file: use --output FILE"),
        (["sessions", "--format", "jsonl", "--excel-safe"], "--excel-safe is for --format csv; jsonl is not opened"),
        (["sessions", "--force"], "--force is for --output FILE"),
        (["pages", "--format", "parquet", "--folder", "x", "--force"], "--force replaces a file; remove an older"),
        (["sessions", "--from", "yesterday"], "--from: 'yesterday' is not a date or time; use 2026-11-30"),
        (["sessions", "--from", "2026-11-02", "--to", "2026-11-02"], "--from 2026-11-02T00:00:00 is not before"),
        (["sessions", "--format", "xferfaxlog", "--direction", "gateway"], "has lines for sent and received faxes"),
    ],
)
def test_a_usage_error_is_one_line_before_any_connection(
    arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, error = run(capsys, "--dsn", "host=/none/such", "export", *arguments)
    assert (status, out, error.count("\n")) == (2, "", 1)
    assert line in error


def test_without_pyarrow_the_error_names_the_extra(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    command = ("--dsn", "host=/none/such", "export", "pages", "--format", "parquet", "--folder", "x")
    status, _, error = run(capsys, *command)
    assert (status, error) == (2, "faxstore: --format parquet needs pyarrow: pip install faxstore[parquet]\n")


def test_fax_reader_may_export_every_data_set(
    dsn: str, database: psycopg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    append(database, receiving((0, 1, 0), (10, 2, 0)), gone(20))
    for dataset in ("sessions", "pages", "timeline", "history", "usage"):
        status, out, error = run(capsys, "--dsn", f"{dsn} options='-c role=fax_reader'", "export", dataset)
        assert (status, error) == (0, "")
        assert len(out.split("\r\n")) > 2


def test_a_missing_right_is_one_line(dsn: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, error = run(capsys, "--dsn", f"{dsn} options='-c role=fax_ingest'", "export", "pages")
    assert status == 2
    assert (
        error
        == 'faxstore: no right to SELECT on fax.session_pages as user "fax_ingest": grant fax_reader to fax_ingest\n'
    )
