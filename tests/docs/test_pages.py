"""The Markdown pages: their width, their links, and the paths and commands that they mention."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from docs.reference import commands_page
from faxstore import cli

TOP = Path(__file__).parents[2]
PAGES = sorted(
    TOP / name
    for name in subprocess.run(
        ["git", "ls-files", "*.md"], cwd=TOP, capture_output=True, text=True, check=True
    ).stdout.split()
)
WIDTH = 120
COMMANDS = dict(commands_page.commands())
GENERAL = [one.spelling.split(" ")[0] for one in commands_page.parameters(cli.root)]


def name_of(page: Path) -> str:
    return str(page.relative_to(TOP))


def without_code(text: str) -> str:
    """The page without its code blocks."""
    return re.sub(r"^( *)```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_are_as_wide_as_lines_of_code(page: Path) -> None:
    """Rows of tables cannot be broken, and the output of programs is what it is (``text`` blocks)."""
    text = re.sub(r"^```text\n.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert [line for line in text.splitlines() if len(line) > WIDTH and not line.startswith("|")] == []


@pytest.mark.parametrize(
    "page", [page for page in PAGES if re.match(r"docs/(?!decisions/0)", name_of(page))], ids=name_of
)
def test_a_page_says_first_for_whom_it_is(page: Path) -> None:
    _, first, *_ = re.sub(r"<!--.*?-->\n\n", "", page.read_text(encoding="utf-8")).split("\n\n")
    assert re.search(r"\b[Ff]or (?:operators|maintainers|auditors|those|any|every)", first)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", without_code(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_page_and_a_heading(page: Path) -> None:
    broken = []
    text = re.sub(r"`[^`\n]+`", "", without_code(page.read_text(encoding="utf-8")))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_and_symbol_on_a_page_exists(page: Path) -> None:
    """A path may have a symbol, as in `faxstore/errors.py:one_line`."""
    text = page.read_text(encoding="utf-8")
    paths = re.findall(r"(?<![\w/.-])((?:faxstore|tests|migrations|benchmarks|deploy)/[\w./-]*\w)/?(?::(\w+))?", text)
    missing = [path for path, _ in paths if not (TOP / path).exists()]
    assert missing == []
    symbols = [(path, symbol) for path, symbol in paths if symbol]
    assert [one for one in symbols if not re.search(rf"\b{one[1]}\b", (TOP / one[0]).read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_object_of_the_schema_on_a_page_exists(page: Path) -> None:
    objects = {file.stem for file in (TOP / "faxstore" / "sql").rglob("*.sql")}
    mentioned = set(re.findall(r"\bfax\.([a-z_]+)", page.read_text(encoding="utf-8")))
    assert mentioned - objects - {"tif", "alembic_version"} == set()


def test_every_room_is_on_the_map_of_the_code() -> None:
    text = (TOP / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (TOP / "faxstore").glob("*/__init__.py")}
    assert [room for room in sorted(rooms) if f"`faxstore/{room}/`" not in text] == []


def command_lines(page: Path) -> list[str]:
    """The faxstore commands in the shell blocks of a page."""
    found = re.findall(r"^ *```(\w*)\n(.*?)^ *```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    blocks = [block for language, block in found if language in ("", "sh")]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    lines = [line.removeprefix("sudo -u faxstore ") for line in lines]
    return [line for line in lines if re.match(r"\S*\bfaxstore [a-z-]", line)]


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "commands.md"], ids=name_of)
def test_every_command_in_an_example_exists_with_its_options(page: Path) -> None:
    unknown = []
    for line in command_lines(page):
        words = [word for word in shlex.split(line, comments=True) if word != ">"]
        words = words[next(i for i, word in enumerate(words) if word.endswith("faxstore")) + 1 :]
        while words and words[0].startswith("--"):
            assert words[0] in GENERAL, line
            words = words[2:]
        name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in COMMANDS), None)
        if name is None:
            unknown.append(line)
            continue
        known = {*GENERAL, *(one.spelling.split(" ")[0] for one in commands_page.parameters(COMMANDS[name]))}
        unknown += [f"{line}: {word}" for word in words if word.startswith("--") and word.split("=")[0] not in known]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_of_make_on_a_page_exists(page: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    mentioned = re.findall(r"(?:`|^ *)make ([a-z][a-z-]*)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(mentioned) - set(targets) == set()
