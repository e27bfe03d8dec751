"""docs/how-to/charges.md: its rates and its file load, and its statements return the answers shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

import psycopg
import pytest

from docs.reference import queries_page
from tests.cookbook.conftest import sorted_by_bytes
from tests.kit.given_rates import charges

PAGE = queries_page.CHARGES.read_text("utf-8")
QUESTIONS = {question.number: question for question in queries_page.questions(PAGE)}
NUMBERS = range(1, 6)


@pytest.fixture(scope="module")
def recordings(server: str) -> Iterator[psycopg.Connection]:
    """A database with the recordings and the rates of the page."""
    with sorted_by_bytes(server) as connection:
        queries_page.import_recordings(connection)
        queries_page.enter_rates(connection)
        yield connection


def test_the_page_has_each_question_once() -> None:
    assert sorted(QUESTIONS) == list(NUMBERS)
    assert PAGE.count("\n### ") == len(NUMBERS)


@pytest.mark.parametrize("number", NUMBERS)
def test_each_statement_returns_the_answer_shown(recordings: psycopg.Connection, number: int) -> None:
    with recordings.transaction(force_rollback=True):
        recordings.execute("set local role fax_reader")
        assert QUESTIONS[number].answer == queries_page.answer(recordings, QUESTIONS[number].sql), "run make docs"


def test_every_charge_is_recomputed_with_decimals(recordings: psycopg.Connection) -> None:
    """Sent faxes cost per page; received ones for the first minute, then per 6 s, and nothing if partial."""
    found = [row for row in charges(recordings) if row["rule"] in ("success", "partial", "failed")]
    assert len(found) > 200
    for row in found:
        assert row["charge"] == recomputed(row["direction"], row["rule"], row["pages"], row["seconds"]), row


def recomputed(direction: str, rule: str, pages: int | None, seconds: Decimal) -> Decimal:
    if rule == "failed" or (rule == "partial" and direction == "received"):
        return Decimal(0)
    if direction == "sent":
        return Decimal("0.05") * (pages or 0)
    begun = -(-max(seconds - 60, Decimal(0)) // 6)
    return (Decimal("0.03") + Decimal("0.002") * begun).quantize(Decimal("0.01"), "ROUND_HALF_UP")


def test_the_file_of_rates_loads_unchanged(recordings: psycopg.Connection) -> None:
    file = re.findall(r"```\n(account_code,.*?)```", PAGE, re.DOTALL)[0]
    columns = re.findall(r"\\copy fax\.rate \((.*?)\)", PAGE)[0]
    with recordings.transaction(force_rollback=True):
        recordings.execute("set local role fax_billing")
        with recordings.cursor().copy(f"copy fax.rate ({columns}) from stdin (format csv, header)".encode()) as copy:
            copy.write(file)
        statement = re.findall(r"^select fax\.set_rate.*$", PAGE, re.MULTILINE)[0]
        recordings.execute(statement.encode())
        prices = "select per_page from fax.rate where valid_from > '2026-12-01' order by 1"
        assert recordings.execute(prices).fetchall() == [(Decimal(price),) for price in ("0.04", "0.06", "0.09")]
