"""Documentation, help, messages, comments and docstrings avoid a few phrases that readers had to decode.

The list is short on purpose: each phrase once stood for several plain words, and none of them is needed to write about
faxes.  It is a floor, not a style; CONTRIBUTING.md describes the style.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]

BANNED = {
    r"\b(?:told|tells?|telling)\b": "report, record, show, state",
    r"\bhand(?:s|ed|ing)? out\b": "export, assign",
    r"\b(?:stand|stands|stood|standing) by\b": "is standby; 'standby' as a noun is fine",
    r"\banew\b": "again, re-create, reconnect",
    r"\bwhoever\b": "name the actor",
    r"\b(?:came|come|comes) (?:of|to nothing)\b": "say what happened",
    r"\bso many\b": "a number of, N",
    r"\bfor ever\b": "until stopped, never",
    r"\bthe other way round\b": "say what it does",
    r"\bwhat (?:became|becomes) of\b": "outcome",
    r"\b(?:seconds?|bytes|rows|pages?|events?|observations) an? (?:row|second|fax|session|day|poll|server)\b": "per",
    r"NULL: (?:not|none|no|never|unknown)\b": "NULL if not reported",
}
"""What nobody may write, and what to write instead."""

SUFFIXES = {".py", ".sql", ".md", ".toml", ".service", ".timer"}
PATTERNS = [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in BANNED.items()]


def tracked() -> list[Path]:
    """Every text file of the repository but this one."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    files = [TOP / name for name in listed.split("\0") if name]
    texts = [file for file in files if file.suffix in SUFFIXES or file.name == "Makefile"]
    return [file for file in texts if file != Path(__file__)]


def prose(file: Path) -> Iterator[tuple[int, str]]:
    """The parts of a file that people read, with their first line: all of it, but of code only comments and text."""
    source = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        yield from python_prose(source)
    elif file.suffix == ".sql":
        yield from sql_prose(source)
    else:
        for paragraph in re.finditer(r"(?:.+\n?)+", source):
            yield source.count("\n", 0, paragraph.start()) + 1, paragraph[0]


def python_prose(source: str) -> Iterator[tuple[int, str]]:
    """The comments and string literals of a module."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def sql_prose(source: str) -> Iterator[tuple[int, str]]:
    """The comments of a script, and the text of its COMMENT statements."""
    for number, line in enumerate(source.splitlines(), 1):
        _, dashes, comment = line.partition("--")
        if dashes or "comment on " in line or line.lstrip().startswith("'"):
            yield number, comment if dashes else line


def findings(file: Path) -> list[str]:
    """Each banned phrase in the file, with its line."""
    found = []
    for number, text in prose(file):
        # A phrase may be broken across lines.
        joined = re.sub(r"\s+", " ", text)
        found += [
            f"{file.relative_to(TOP)}:{number}: {match[0]!r}: write {better}"
            for pattern, better in PATTERNS
            for match in pattern.finditer(joined)
        ]
    return found


def test_no_banned_phrase_is_written() -> None:
    found = [finding for file in tracked() for finding in findings(file)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "# Gaps\n\nThe gap is handed\nout by evidence.\n"),
        ("a.py", '"""It is\nhanded\nout once."""'),
        ("a.py", "x = f'{1} was told'  # fine otherwise"),
        ("a.py", "y = 1  # made anew"),
        ("a.sql", "comment on column t.x is 'Pages. NULL: not told.';"),
        ("a.sql", "select 1 -- whoever asks"),
    ],
)
def test_each_kind_of_text_is_read(name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.docs.test_voice.TOP", tmp_path)
    file = tmp_path / name
    file.write_text(text)
    assert findings(file)


def test_names_in_code_are_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text("told = 1\n")
    assert not list(prose(file))
