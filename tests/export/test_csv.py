"""CSV by RFC 4180: a CSV reader returns the values of the view."""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

import psycopg
import pytest

from faxstore.export import csv, datasets
from faxstore.export.selection import Selection
from faxstore.store import tables
from tests.kit.exported import append_stations, csv_rows, csv_text
from tests.kit.given import append, completed, gone, life, receiving, result, sending, the_session

EVERY = datasets.sessions(Selection())


def test_the_values_of_one_session(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(
        database, receiving((0, 1, 0), (15, 1, 3), (30, 2, 1)), result(30.1, "SUCCESS", "", "OK"), completed(30.25, 2)
    )
    (row,) = csv_rows(csv_text(dsn, EVERY, tmp_path, "Europe/Berlin"))
    found = the_session(database)
    assert row["session_id"] == str(found["session_id"])
    assert row["started_at"] == "2026-11-02T09:00:00.000000+01:00"
    assert row["ended_at"] == "2026-11-02T09:00:30.250000+01:00"
    assert (row["duration_seconds"], row["pages"], row["bad_lines"]) == ("30.250000", "2", "4")
    assert (row["bad_lines_measurable"], row["error_correction_mode"]) == ("true", "false")
    assert row["file_names"] == '["/var/spool/asterisk/fax/1.tif"]'
    assert (row["last_data_rate_bits_per_second"], row["y_resolution_pixels_per_metre"]) == ("9600", "3850")


def test_the_columns_are_those_of_the_view_with_their_units(dsn: str, tmp_path: Path) -> None:
    text = csv_text(dsn, EVERY, tmp_path)
    assert text.endswith("\r\n")
    header = text.removesuffix("\r\n").split(",")
    assert [name.split("_bits_")[0].split("_pixels_")[0] for name in header] == [one.name for one in tables.sessions.c]
    assert [name for name in header if name.endswith(("_rate", "x_resolution", "y_resolution"))] == []


def test_null_is_empty_and_an_empty_text_is_quoted(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, sending((0, 1), (10, 2), file_name=""), gone(20))
    text = csv_text(dsn, datasets.history(Selection()), tmp_path)
    assert all(',"",' in line for line in text.splitlines() if "FAXSession" in line)
    (session,) = csv_rows(csv_text(dsn, EVERY, tmp_path))
    assert session["bad_lines"] == session["account_code"] == session["result_class"] == ""


def test_every_line_ends_in_cr_lf_and_there_is_no_bom(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 0)), gone(20))
    text = csv_text(dsn, EVERY, tmp_path)
    assert text.startswith("session_id,")
    assert text.count("\r\n") == text.count("\n") == text.count("\r") == 2


HOSTILE = [
    "two\r\nlines",
    "\n",
    "\r",
    "a\tb",
    'she said "no", then\n"yes"',
    "\x1b[2J\x07\x0b\x7f\x9b\u202e\u2028",
    "\\.",
    "\\N",
    ",",
    " blank at both ends ",
    "Zürich 東京 \U0001f4e0",
    "%s %(a)s {0} $1",
]
FORMULAS = [
    "=1+1",
    "+49 30 1",
    "-1",
    "@sum(A1)",
    "\t=1",
    "\r=1",
    "\n1",
    "  =1",
    "\xa0@a",
    "\u200b+1",
    "\ufeff-1",
    "\x1b=1",
    "\xad=1",
    "\u2066=1",
    "\u180e=1",
    "\u2800=1",
    "\u3164=1",
    "\u034f\ufe0f\U000e0020 =1",
    "\u2212" + "1",
    "\ufe66" + "1",
    "\uff1d" + "1",
]
NOT_FORMULAS = ["1-1", "a=b", "fax@home", "'=1", "  a", "Ünal", "\u200bx", "\u3164", "a\xad=1", "\u0301=1"]


def stations(text: str) -> list[str]:
    return [row["remote_station_id"] for row in csv_rows(text)]


def test_hostile_station_ids_are_read_back_unchanged(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append_stations(database, HOSTILE)
    text = csv_text(dsn, EVERY, tmp_path)
    assert stations(text) == HOSTILE
    assert [row["account_code"] for row in csv_rows(text)] == HOSTILE


def test_excel_safe_quotes_formulas_and_leaves_other_text_unchanged(
    dsn: str, database: psycopg.Connection, tmp_path: Path
) -> None:
    append_stations(database, [*FORMULAS, *NOT_FORMULAS])
    assert stations(csv_text(dsn, EVERY, tmp_path)) == [*FORMULAS, *NOT_FORMULAS]
    safe = stations(csv_text(dsn, EVERY, tmp_path, excel_safe=True))
    assert safe == [*(f"'{name}" for name in FORMULAS), *NOT_FORMULAS]


def test_excel_safe_looks_behind_every_control_blank_and_format_character(database: psycopg.Connection) -> None:
    characters = [chr(code) for code in range(1, sys.maxunicode + 1)]
    invisible = [one for one in characters if unicodedata.category(one) in ("Cc", "Cf", "Zs", "Zl", "Zp")]
    assert len(invisible) > 200
    query = "select one from unnest(%s::text[]) one where one || '=1' !~ %s"
    assert database.execute(query, [invisible, csv.FORMULA]).fetchall() == []


DEFAULT_IGNORABLE = """
    00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F FEFF FFA0 FFF0-FFF8
    1BCA0-1BCA3 1D173-1D17A E0000-E0FFF
"""
"""Default_Ignorable_Code_Point, from DerivedCoreProperties.txt of Unicode 15."""


@pytest.mark.parametrize("codes", DEFAULT_IGNORABLE.split())
def test_excel_safe_looks_behind_every_default_ignorable_character(database: psycopg.Connection, codes: str) -> None:
    first, last = (int(code, 16) for code in (codes.split("-") * 2)[:2])
    query = "select code from generate_series(%s::int, %s) code where chr(code) || '=1' !~ %s"
    assert database.execute(query, [first, last, csv.FORMULA]).fetchall() == []


def test_an_excel_safe_file_begins_with_a_byte_order_mark(dsn: str, tmp_path: Path) -> None:
    text = csv_text(dsn, EVERY, tmp_path, excel_safe=True)
    assert text.startswith("\ufeffsession_id,")
    assert text.count("\ufeff") == 1


def test_excel_safe_leaves_numbers_unchanged(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    append(database, receiving((0, 1, 9), (10, 2, 2)), gone(20))
    rows = csv_rows(csv_text(dsn, datasets.timeline(Selection()), tmp_path, excel_safe=True))
    assert "-7" in [row["bad_lines_delta"] for row in rows]


def test_a_server_may_have_any_name(dsn: str, database: psycopg.Connection, tmp_path: Path) -> None:
    of = life('=pbx,"1"\r\n')
    append(database, receiving((0, 1, 0), of=of))
    (row,) = csv_rows(csv_text(dsn, datasets.pages(Selection()), tmp_path)) or [{"server": of.server}]
    assert row["server"] == of.server
    (row,) = csv_rows(csv_text(dsn, EVERY, tmp_path))
    assert row["server"] == of.server
