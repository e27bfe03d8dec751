"""The folders of faxstore/sql: each file is in the order of its folder, and each query is used."""

from __future__ import annotations

import re
from pathlib import Path

from faxstore import sql
from faxstore.log.coverage import RUNS
from faxstore.sql import distribution

ROOT = Path(sql.__file__).parent
PACKAGE = ROOT.parent


def names(folder: str) -> set[str]:
    return {str(path.relative_to(ROOT).with_suffix("")) for path in (ROOT / folder).rglob("*.sql")}


def test_every_object_is_in_the_order_once() -> None:
    assert sorted(sql.ORDER) == sorted(names(".") - names("queries") - names("distribution") - {"rights/roles"})
    assert sorted(f"distribution/{name}" for name in distribution.ORDER) == sorted(names("distribution"))


def test_a_file_creates_the_object_of_its_name() -> None:
    for name in sql.ORDER:
        text = sql.text(name)
        created = re.findall(r"\bcreate (?:unlogged )?(?:table|view|function|type) fax\.(\w+)", text)
        created += [f"{view}_masked" for view in re.findall(r"^select fax\.make_masked_view\('(\w+)'", text, re.M)]
        if not name.startswith("rights/"):
            assert created[0] == name.rpartition("/")[2], name
    for name in distribution.ORDER:
        replaced = re.findall(r"^create or replace function fax\.(\w+)", sql.text(f"distribution/{name}"), re.M)
        assert replaced == [name]


def test_every_query_is_used() -> None:
    code = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    sections = set(re.findall(r'Section\(\s*"(\w+)"', code)) - {"coverage", "gaps"}  # reports, too
    unused = {name for name in names("queries") if f'"{name}"' not in code}
    composed = {f"queries/audit/{section}" for section in sections} | {f"queries/log/run_{table}" for table in RUNS}
    assert unused == composed
