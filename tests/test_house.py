"""The sizes and the layout that keep the code readable: small modules, short functions, one name per helper."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PRODUCT = ROOT / "faxstore"
TESTS = ROOT / "tests"

LONGEST_MODULE = 250
LONGEST_FUNCTION = 40
MOST_LOOSE_MODULES = 7

NOT_ROOMS = {
    "backups",
    "asterisk",
    "captures",
    "cookbook",
    "deploy",
    "docs",
    "faults",
    "kit",
    "migrations",
    "peers",
    "recordings",
    "trials",
}
"""Folders of tests that belong to no single room; CONTRIBUTING.md describes each."""


def modules() -> list[Path]:
    """All Python files of the product."""
    return sorted(PRODUCT.rglob("*.py"))


def functions(module: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a module."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_module_is_too_long() -> None:
    lengths = {str(module): len(module.read_text(encoding="utf-8").splitlines()) for module in modules()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_function_is_too_long() -> None:
    long = [
        f"{module.relative_to(ROOT)}:{function.lineno} {function.name}"
        for module in modules()
        for function in functions(module)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_few_modules_are_outside_the_rooms() -> None:
    loose = [path.name for path in PRODUCT.glob("*.py") if not path.name.startswith("__")]
    assert len(loose) <= MOST_LOOSE_MODULES


def test_every_folder_of_tests_mirrors_a_room() -> None:
    rooms = {path.name for path in PRODUCT.iterdir() if path.is_dir()}
    folders = {path.name for path in TESTS.iterdir() if any(path.rglob("*.py"))}
    assert folders - rooms - NOT_ROOMS == set()


def test_every_test_helper_has_a_name_of_its_own() -> None:
    helpers = [path.name for path in TESTS.rglob("*.py") if not path.name.startswith(("test_", "conftest", "__"))]
    assert [name for name, uses in Counter(helpers).items() if uses > 1] == []
