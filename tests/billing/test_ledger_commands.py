"""`faxstore billing`: messages, usage errors and rights."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore import cli
from tests.kit.billing_batches import export, names
from tests.kit.databases import fresh, ledger, name_of
from tests.kit.given import append, channel_status, gone, receiving

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def exporter(server: str, dsn: str, database: psycopg.Connection) -> Iterator[str]:
    """The DSN of a user with the role fax_export only, on a database with two ended faxes."""
    for number in range(2):
        append(
            database,
            receiving((number * 10, 1, 3), (number * 10 + 1, 2, 3), number=number),
            gone(number * 10 + 2, number),
        )
    name = f"test_{uuid4().hex[:12]}"
    database.execute(sql.SQL("create role {} login in role fax_export").format(sql.Identifier(name)))
    yield make_conninfo(dsn, user=name)
    database.execute(sql.SQL("drop owned by {}").format(sql.Identifier(name)))
    database.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def run(dsn: str, capsys: Captured, *arguments: str | Path, status: int = 0) -> tuple[str, list[str]]:
    """Standard output, and the lines of standard error, of `faxstore billing`."""
    with pytest.raises(SystemExit) as leaving:
        cli.main(["--dsn", dsn, "billing", *map(str, arguments)])
    out, error = capsys.readouterr()
    assert leaving.value.code == status, error
    assert "Traceback" not in error
    return out, [line.removeprefix("faxstore: ") for line in error.splitlines()]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_export_prints_the_name_of_its_file(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    out, said = run(exporter, capsys, "export", "--folder", tmp_path)
    assert out == f"{tmp_path / 'billing-default-000001.csv'}\n"
    assert said == ["batch 1 of default: 2 faxes, 0 corrections, 2 pages, positions 1 to 6"]
    out, said = run(exporter, capsys, "export", "--folder", tmp_path)
    assert (out, said) == ("", ["nothing new for default: its last batch is 1"])


def test_a_dry_run_prints_the_lines_and_makes_no_batch(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    out, said = run(exporter, capsys, "export", "--dry-run")
    assert [(row["line"], row["pages"]) for row in rows(out)] == [("1", "1"), ("2", "1")]
    assert said == ["dry run for default, no batch was made; it has no batches yet"]
    export(exporter, tmp_path)
    assert out.encode() == (tmp_path / "billing-default-000001.csv").read_bytes()


def test_the_next_run_delivers_a_committed_batch(
    exporter: str, database: psycopg.Connection, tmp_path: Path, capsys: Captured
) -> None:
    """As after a kill between the commit and the renaming of the file."""
    run(exporter, capsys, "export", "--folder", tmp_path)
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with database.transaction():
        database.execute("alter table fax.export_delivery disable trigger append_only")
        database.execute("delete from fax.export_delivery")
        database.execute("alter table fax.export_delivery enable always trigger append_only")
    for path in tmp_path.iterdir():
        path.unlink()
    out, said = run(exporter, capsys, "export", "--folder", tmp_path)
    assert out == f"{tmp_path / 'billing-default-000001.csv'}\n"
    assert len(said) == 1
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == made


def test_a_batch_is_rendered_again_to_the_same_bytes(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    run(exporter, capsys, "export", "--folder", first, "--consumer", "usage", "--format", "cloudevents")
    out, said = run(exporter, capsys, "render", "1", "--folder", second, "--consumer", "usage")
    assert (out, said) == (f"{second / 'billing-usage-000001.cloudevents.jsonl'}\n", [])
    assert names(first) == names(second)
    assert [(second / name).read_bytes() for name in names(second)] == [
        (first / name).read_bytes() for name in names(first)
    ]


def test_render_replaces_a_file_only_if_forced(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    run(exporter, capsys, "export", "--folder", tmp_path)
    file, manifest = tmp_path / "billing-default-000001.csv", tmp_path / "billing-default-000001.json"
    as_made = file.read_bytes()
    out, said = run(exporter, capsys, "render", "1", "--folder", tmp_path, status=2)
    assert (out, said) == ("", [f"{file} exists already; --force replaces it"])
    file.write_bytes(b"mine")
    run(exporter, capsys, "render", "1", "--folder", tmp_path, status=2)
    assert file.read_bytes() == b"mine"
    assert run(exporter, capsys, "render", "1", "--folder", tmp_path, "--force") == (f"{file}\n", [])
    assert file.read_bytes() == as_made
    file.unlink()
    out, said = run(exporter, capsys, "render", "1", "--folder", tmp_path, status=2)
    assert said == [f"{manifest} exists already; --force replaces it"]
    assert not file.exists()


def test_a_delivery_never_replaces_another_file(
    exporter: str, database: psycopg.Connection, tmp_path: Path, capsys: Captured
) -> None:
    """The run that committed the batch died before it named the file, and another file has that name now."""
    run(exporter, capsys, "export", "--folder", tmp_path)
    database.execute("alter table fax.export_delivery disable trigger append_only")
    database.execute("delete from fax.export_delivery")
    database.execute("alter table fax.export_delivery enable always trigger append_only")
    file = tmp_path / "billing-default-000001.csv"
    file.write_bytes(b"mine")
    out, said = run(exporter, capsys, "export", "--folder", tmp_path, status=1)
    assert (out, said) == ("", [f"{file} exists already and is not the file of batch 1: move it away"])
    assert file.read_bytes() == b"mine"


def test_the_list_of_batches(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    run(exporter, capsys, "export", "--folder", tmp_path)
    out, _ = run(exporter, capsys, "list")
    assert "billing-default-000001.csv" in out
    out, _ = run(exporter, capsys, "list", "--format", "jsonl")
    batch = json.loads(out)
    assert (batch["batch"], batch["lines"], batch["pages"], batch["erased_lines"]) == (1, 2, 2, 0)
    assert batch["delivered_at"] >= batch["made_at"]


def test_as_of_prints_the_ledger_of_then_and_of_now(
    exporter: str, database: psycopg.Connection, tmp_path: Path, capsys: Captured
) -> None:
    run(exporter, capsys, "export", "--folder", tmp_path)
    append(database, channel_status(0.5, 0, AccountCode="law"))
    run(exporter, capsys, "export", "--folder", tmp_path)
    then, said = run(exporter, capsys, "as-of", "1")
    assert said[0].startswith("default as of batch 1, made at 20")
    now, said = run(exporter, capsys, "as-of", "0m", "--from", "2026-11-02T08:00:00", "--to", "2026-11-02T08:00:05")
    assert said[0].startswith("default as of batch 2, made at 20")
    states = [[(row["batch"], row["session_number"], row["account_code"]) for row in rows(out)] for out in (then, now)]
    assert states == [[("1", "0", ""), ("1", "1", "")], [("2", "0", "law")]]
    with_offset = ["--from", "2026-11-02T09:00:00+01:00", "--to", "2026-11-02T13:45:05+05:45"]
    assert run(exporter, capsys, "as-of", "0m", *with_offset, "--time-zone", "Asia/Tokyo")[0] == now


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export"], "--folder DIR is missing: name an existing folder for the file and its manifest"),
        (["export", "--folder", "/nowhere"], "--folder /nowhere: no such folder"),
        (["export", "--folder", "/tmp", "--consumer", "A"], "--consumer 'A': a consumer's name is part of file names"),
        (["render", "3", "--folder", "/tmp"], "consumer default has no batch 3; it has no batches yet"),
        (["list", "--format", "parquet"], "Invalid value for '--format': 'parquet' is not one of 'table',"),
        (["as-of", "2026-11-03"], "default had no batch by 2026-11-03; it has no batches yet"),
        (["as-of", "yesterday"], "WHEN: 'yesterday' is not a date or time; use"),
        (["as-of", "1", "--from", "1.10."], "--from: '1.10.' is not a date or time; use"),
        (["as-of", "1", "--from", "2026-11-01", "--to", "2026-11-01"], "--from 2026-11-01T00:00:00 is not before --to"),
        (["as-of", "1", "--format", "cloudevents"], "Invalid value for '--format': 'cloudevents' is not one of 'csv',"),
    ],
)  # fmt: skip
def test_a_usage_error_is_one_line(exporter: str, capsys: Captured, arguments: list[str], said: str) -> None:
    out, errors = run(exporter, capsys, *arguments, status=2)
    assert (out, len(errors)) == ("", 1)
    assert errors[0].startswith(said)


def test_an_unknown_time_zone_is_an_error(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    run(exporter, capsys, "export", "--folder", tmp_path)
    arguments = ["as-of", "1", "--from", "2026-10-01", "--time-zone", "Europe/Berlim"]
    _, errors = run(exporter, capsys, *arguments, status=2)
    assert errors[-1].startswith("--time-zone: the database has no time zone 'Europe/Berlim'; use a name")


def test_fax_reader_may_read_the_ledger_and_make_no_batch(
    exporter: str, database: psycopg.Connection, tmp_path: Path, capsys: Captured
) -> None:
    run(exporter, capsys, "export", "--folder", tmp_path)
    user = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(exporter)["user"]))
    database.execute(sql.SQL("revoke fax_export from {}").format(user))
    database.execute(sql.SQL("grant fax_reader to {}").format(user))
    out, _ = run(exporter, capsys, "as-of", "1")
    assert len(rows(out)) == 2
    _, errors = run(exporter, capsys, "export", "--folder", tmp_path, status=2)
    user_name = psycopg.conninfo.conninfo_to_dict(exporter)["user"]
    right = f'no right to EXECUTE fax.begin_export_batch() as user "{user_name}"'
    assert errors == [f"{right}: grant fax_export to {user_name}"]


def test_a_second_exporter_says_that_it_waits(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    from faxstore.billing.ledger import Ledger

    with ledger(exporter, "default") as other:
        assert other.try_lock()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Ledger, "lock", lambda _: None)
            _, said = run(exporter, capsys, "export", "--folder", tmp_path)
    assert said[0] == "waiting for another export for default to finish"


def test_a_check_lists_what_a_restored_database_lacks(
    dsn: str, server: str, database: psycopg.Connection, tmp_path: Path, capsys: Captured
) -> None:
    append(database, receiving((0, 1, 3), number=0), gone(2, 0))
    database.close()
    with fresh(server, name_of(dsn)) as backup:
        (batch,) = export(dsn, tmp_path)
        out, said = run(backup, capsys, "check", "--folder", tmp_path, status=1)
        what = f"batch 1 of default, 1 line, made at {batch.made_at.isoformat()}"
        assert out == f"{what}: delivered, but not in the database\n"
        assert said == [f"default: 1 batch in {tmp_path}; it has no batches yet"]
        out, said = run(backup, capsys, "check", "--repair", "--folder", tmp_path)
        assert out == f"{what}: restored from {tmp_path / 'billing-default-000001.csv'}\n"
        assert said == [f"default: 1 batch in {tmp_path}; its last batch is 1"]
        assert run(backup, capsys, "check", "--folder", tmp_path)[0] == ""


def test_a_check_of_a_file_that_is_no_manifest(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "billing-default-000001.json"
    for text, said in (
        ("{", f"{path} is no manifest of faxstore: JSONDecodeError: "),
        ('{"manifest_version": 1}', f"{path} is no manifest of faxstore: KeyError: 'batch'"),
        ('{"manifest_version": 2}', f"{path}: manifest version 2 is newer than this faxstore: upgrade faxstore"),
    ):
        path.write_text(text)
        (line,) = run(exporter, capsys, "check", "--folder", tmp_path, status=2)[1]
        assert line.startswith(said)


def test_a_repair_without_the_right_of_the_owner(exporter: str, tmp_path: Path, capsys: Captured) -> None:
    export(exporter, tmp_path)
    for path in tmp_path.iterdir():
        path.rename(path.with_name(path.name.replace("000001", "000002")))
    manifest = tmp_path / "billing-default-000002.json"
    document = json.loads(manifest.read_text()) | {"batch": 2, "file": "billing-default-000002.csv"}
    manifest.write_text(json.dumps(document))
    (line,) = run(exporter, capsys, "check", "--repair", "--folder", tmp_path, status=2)[1]
    assert "fax_owner" in line
