"""Writes faxstore/sql/charges/minor_digits.sql from the list of ISO 4217 (`make currencies`).

The package iso4217 contains the list of the standard's maintenance agency.  Codes without a minor unit are left out.  A
code that leaves the list stays in the file, because rates and past charges may use it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from textwrap import wrap

import iso4217

FILE = Path(__file__).parents[2] / "faxstore/sql/charges/minor_digits.sql"

_WHEN = re.compile(r"when currency in \((.*?)\) then (\d)", re.DOTALL)

_TEXT = """\
-- Digits after the decimal point of a currency: the minor unit of ISO 4217. NULL for other texts, for codes without a
-- minor unit (gold, special drawing rights), in which a charge cannot be rounded, and for codes withdrawn before 2026.
-- example: select fax.minor_digits('JPY');
-- `make currencies` writes this file; the list is of {published}.
create function fax.minor_digits(currency text) returns integer
language sql immutable parallel safe
as $$
    select case
{cases}
    end
$$;
"""


def active() -> dict[str, int]:
    """The digits of each active code that has a minor unit."""
    return {each.code: each.exponent for each in iso4217.Currency if each.exponent is not None}


def stored() -> dict[str, int]:
    """The digits of each code in the file."""
    found = _WHEN.findall(FILE.read_text("utf-8"))
    return {code: int(digits) for codes, digits in found for code in re.findall(r"[A-Z]{3}", codes)}


def function() -> str:
    """The content of the file: the stored codes and the active ones."""
    by_digits = defaultdict(list)
    for code, digits in sorted((stored() | active()).items()):
        by_digits[digits].append(f"'{code}'")
    cases = [
        f"        when currency in (\n{_lines(codes)}\n        ) then {digits}"
        for digits, codes in sorted(by_digits.items())
    ]
    return _TEXT.format(published=iso4217.__published__, cases="\n".join(cases))


def _lines(codes: list[str]) -> str:
    return "\n".join(wrap(", ".join(codes), 110, initial_indent=" " * 12, subsequent_indent=" " * 12))


if __name__ == "__main__":
    FILE.write_text(function(), "utf-8")
