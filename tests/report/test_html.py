"""`faxstore report html` and `report audit --format html`: what the pages contain, and that they cannot be attacked.

tests/peers/test_html.py opens them in a browser.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import psycopg
import pytest

from faxstore import cli
from faxstore.report.html import period_page
from faxstore.report.html.drawing import drawn
from faxstore.report.html.session_plot import session_plot
from tests.kit.command_line import run_command
from tests.kit.databases import fresh
from tests.kit.given import START
from tests.kit.hostile_faxes import HOSTILE, SINCE, UNTIL, append_hostile_faxes

PERIOD = ("--from", SINCE, "--to", UNTIL)
COMMANDS = {"period": ("html", *PERIOD), "audit": ("audit", *PERIOD, "--format", "html")}

Page = dict[str, str]


class Elements(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "

    def attributes(self, name: str) -> list[str]:
        """All values of an attribute."""
        return [str(attributes[name]) for _, attributes in self.found if name in attributes]


@pytest.fixture(scope="module")
def pages(server: str, template: str) -> Iterator[Page]:
    """The page of each command about hostile faxes."""
    with fresh(server, template) as dsn:
        with psycopg.connect(dsn, autocommit=True) as connection:
            append_hostile_faxes(connection)
        made = {}
        for name, arguments in COMMANDS.items():
            ran = run_command(dsn, "report", *arguments)
            assert (ran.returncode, ran.stderr) == (0, "")
            made[name] = ran.stdout
        yield made


def test_the_page_of_a_period_has_its_figures(pages: Page) -> None:
    text = " ".join(Elements(pages["period"]).text.split())
    assert "2026-11-01 00:00 to 2026-11-04 00:00, UTC" in text
    assert "2 servers: other, pbx" in text
    assert "Faxes 5 3 sent, 2 received" in text
    assert "Pages 1,245 1,236 sent, 9 received" in text
    assert "Succeeded 60.00 % 1 failed, 1 unknown" in text


def test_every_plot_has_a_picture_with_a_name_and_a_table(pages: Page) -> None:
    found = Elements(pages["period"])
    names = [attributes["aria-label"] for _, attributes in found.found if attributes.get("role") == "img"]
    assert [str(name).split(".")[0] for name in names[:6]] == [
        "Pages", "Faxes without success", "Seconds per page", "Bad lines by peer", "Faxes at once", "Coverage",
    ]  # fmt: skip
    links = [link.removeprefix("#") for link in found.attributes("href")]
    assert links == ["usage", "failures", "quality", "peers", "concurrency", "coverage"]
    assert set(links) < set(found.attributes("id"))


def test_the_worst_fax_has_a_picture(pages: Page) -> None:
    assert "pbx, from unknown: 100 bad lines, 1 rate fall, success" in pages["period"]


@pytest.mark.parametrize("name", COMMANDS)
def test_names_from_the_wire_are_text(pages: Page, name: str) -> None:
    found = Elements(pages[name])
    assert HOSTILE in found.text
    tags = [tag for tag, _ in found.found]
    assert (tags.count("script"), tags.count("style"), tags.count("img")) == (1, 1, 0)
    assert not [each for _, attributes in found.found for each in attributes if each.startswith("on")]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(pages: Page, name: str) -> None:
    (policy,) = Elements(pages[name]).attributes("content")[:1]
    inline = [re.findall(f"<{tag}>(.*?)</{tag}>", pages[name], re.DOTALL)[0] for tag in ("style", "script")]
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline)
    assert policy == f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'"
    assert Elements(pages[name]).attributes("style") == []  # which the policy would block


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_names_no_other_file_and_each_id_once(pages: Page, name: str) -> None:
    found = Elements(pages[name])
    assert found.attributes("src") == []
    assert all(link.startswith("#") for link in found.attributes("href") + found.attributes("xlink:href"))
    ids = found.attributes("id")
    assert len(ids) == len(set(ids))


def test_the_audit_has_every_section_and_what_its_tables_leave_out(pages: Page) -> None:
    text = Elements(pages["audit"]).text
    assert re.findall(r"Servers|Coverage|Gaps|Reconciliation|Proof|Unknown", text)
    assert "2 servers: nothing" in text
    assert "none" in text


def test_a_long_list_says_how_much_of_it_is_there(
    dsn: str, database: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    append_hostile_faxes(database)
    monkeypatch.setattr(period_page, "LISTED", 2)
    assert (
        "the first 2 of 3 rows; faxstore report peers prints all" in run_command(dsn, "report", "html", *PERIOD).stdout
    )


def test_a_fax_that_no_poll_observed_has_an_empty_picture() -> None:
    spec = session_plot({"started_at": START}, [], [])
    assert all(not part["data"]["values"] for part in spec["layer"])
    assert "<svg" in drawn(spec)


def test_a_sender_has_no_number_of_bad_lines() -> None:
    fax = {"direction": "sent", "called_number": "111", "server": "pbx", "rate_falls": 1, "result": "success"}
    about = period_page.meaning_of(fax | {"bad_lines": None, "bad_lines_discarded": None})
    assert about == "pbx, to 111: bad lines not measurable, 1 rate fall, success"


def test_an_empty_database(dsn: str) -> None:
    ran = run_command(dsn, "report", "html")
    assert (ran.returncode, ran.stderr) == (0, "")
    text = Elements(ran.stdout).text
    assert "no server is on record" in text
    assert "No page was reported." in text
    assert "<svg" not in ran.stdout
    audit = run_command(dsn, "report", "audit", *PERIOD, "--format", "html")
    assert (audit.returncode, audit.stderr) == (0, "")
    assert "no server was observed" in audit.stdout


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_on_a_terminal_it_asks_for_a_file(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(SystemExit):
        cli.main(["--dsn", "host=/none/such", "report", *arguments])
    assert "is a page for a browser: name a file, for example --output report.html" in capsys.readouterr().err


def test_without_the_extra_it_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    ran = run_command("host=/none/such", "report", "html")
    line = "faxstore: report html needs jinja2 and vl-convert-python: pip install faxstore[html]\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", line)
