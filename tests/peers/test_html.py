"""A real Chromium opens the pages: no request or error, nothing cut off, keys sort, both schemes are readable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from tests.kit.command_line import run_command
from tests.kit.databases import fresh
from tests.kit.hostile_faxes import HOSTILE, append_hostile_faxes
from tests.peers import chromium
from tests.report.test_html import COMMANDS

TELEPHONE = {"width": 380, "height": 800}
DESK = {"width": 1200, "height": 900}
SCHEMES = ("light", "dark")

CUT_OFF = """() => {
  const wide = document.documentElement.scrollWidth, found = [];
  if (wide > innerWidth) found.push(`the page is ${wide} pixels wide`);
  for (const svg of document.querySelectorAll("svg")) {
    const box = svg.getBoundingClientRect();
    for (const text of svg.querySelectorAll("text")) {
      const own = text.getBoundingClientRect();
      if (own.left < box.left - 1 || own.right > box.right + 1 || own.top < box.top - 1 || own.bottom > box.bottom + 1)
        found.push(`${text.textContent}: ${[box.left - own.left, own.right - box.right, box.top - own.top,
          own.bottom - box.bottom].map(Math.round)}`);
    }
  }
  for (const each of document.querySelectorAll("h1, h2, h3, p, dt, dd, figcaption, summary"))
    if (each.scrollWidth > each.clientWidth + 1) found.push(each.textContent);
  return found;
}"""
"""What is outside of the page or of its picture."""

PALE = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminance = colour => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const parts = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255);
    const [r, g, b] = parts.map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const paper = luminance(getComputedStyle(document.body).backgroundColor), found = [];
  const compare = (colour, least, name) => {
    const [dark, bright] = [luminance(colour), paper].sort((one, another) => one - another);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < least) found.push(`${name}: ${colour} has a contrast of ${contrast.toFixed(2)}`);
  };
  for (const each of document.querySelectorAll("body *:not(script):not(svg *)"))
    if ([...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
      compare(getComputedStyle(each).color, 4.5, each.tagName);
  for (const text of document.querySelectorAll("svg text")) compare(getComputedStyle(text).fill, 4.5, text.textContent);
  for (const name of ["--accent", "--second", "--third"])
    compare(getComputedStyle(document.documentElement).getPropertyValue(name), 3, name);
  return found;
}"""
"""Texts and colours of figures that differ too little from the paper (WCAG 2.2: 4.5 for text, 3 for graphics)."""


class Opened(NamedTuple):
    """A page in a tab, and what happened there: messages of its console, errors, requests and dialogs."""

    tab: Any
    happened: list[str]


@pytest.fixture(scope="module")
def files(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """The file of each command about hostile faxes."""
    folder = tmp_path_factory.mktemp("pages")
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            append_hostile_faxes(connection)
        for name, arguments in COMMANDS.items():
            ran = run_command(dsn, "report", *arguments, "--output", str(folder / f"{name}.html"))
            assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
        yield {name: folder / f"{name}.html" for name in COMMANDS}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium."""
    with chromium.browser() as started:
        yield started


def opened(browser: Any, file: Path, size: dict[str, int], scheme: str) -> Opened:
    """Open a file in a tab of its own."""
    tab = browser.new_page(viewport=size, color_scheme=scheme)
    happened: list[str] = []
    tab.on("console", lambda message: happened.append(f"console: {message.text}"))
    tab.on("pageerror", lambda error: happened.append(f"error: {error}"))
    tab.on("dialog", lambda dialog: happened.append(f"dialog: {dialog.message}"))
    tab.on("request", lambda request: happened.append(f"request: {request.url}"))
    tab.goto(file.as_uri())
    return Opened(tab, happened)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_browser_requests_the_file_and_reports_nothing(files: dict[str, Path], browser: Any, name: str) -> None:
    page = opened(browser, files[name], DESK, "light")
    for button in page.tab.query_selector_all("th button"):
        button.evaluate("button => button.click()")
    assert page.happened == [f"request: {files[name].as_uri()}"]
    assert page.tab.title() in {"Fax report", "Audit of the fax history"}
    assert HOSTILE in page.tab.inner_text("body")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", COMMANDS)
def test_it_is_readable_on_a_telephone(files: dict[str, Path], browser: Any, name: str, scheme: str) -> None:
    tab = opened(browser, files[name], TELEPHONE, scheme).tab
    tab.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    assert tab.evaluate(CUT_OFF) == []
    assert tab.evaluate(PALE) == []


def test_a_table_is_sorted_by_keyboard(files: dict[str, Path], browser: Any) -> None:
    tab = opened(browser, files["period"], DESK, "light").tab
    head = "#peers th:has-text('faxes')"

    def faxes() -> list[int]:
        return [int(text) for text in tab.locator("#peers td:nth-child(4)").all_inner_texts()]

    given = faxes()
    tab.locator(f"{head} button").focus()
    for order, expected in (("descending", sorted(given, reverse=True)), ("ascending", sorted(given))):
        tab.keyboard.press("Enter")
        assert (tab.get_attribute(head, "aria-sort"), faxes()) == (order, expected)
    tab.keyboard.press("Tab")
    tab.keyboard.press("Space")
    assert tab.get_attribute(head, "aria-sort") is None
    assert tab.locator("#peers th[aria-sort]").inner_text().startswith("pages")


def test_unknown_values_are_last_in_either_order(files: dict[str, Path], browser: Any) -> None:
    tab = opened(browser, files["period"], DESK, "light").tab
    button, cells = tab.locator("#peers th:has-text('bad lines')").first.locator("button"), "#peers td:nth-child(6)"
    for _ in range(2):
        button.click()
        texts = tab.locator(cells).all_inner_texts()
        assert texts[0] != ""
        assert texts[-1] == ""


def test_paper_has_every_table_in_light_colours(files: dict[str, Path], browser: Any) -> None:
    tab = opened(browser, files["period"], DESK, "dark").tab
    tab.emulate_media(media="print", color_scheme="dark")
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    hidden = "[...document.querySelectorAll('table')].filter(each => each.getBoundingClientRect().height < 20).length"
    assert tab.evaluate(hidden) == 0
    assert tab.evaluate(PALE) == []


def test_a_screen_reader_finds_the_names_of_pictures_and_tables(files: dict[str, Path], browser: Any) -> None:
    tab = opened(browser, files["period"], DESK, "light").tab
    tree = tab.locator("body").aria_snapshot()
    assert "Pages. Sent, received, or carried by gateways." in tree
    assert 'region "Peers"' in tree
