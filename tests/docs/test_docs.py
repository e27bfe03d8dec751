"""Every command, option, settings key and environment variable is documented."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from docs.reference import commands_page, metrics_page
from faxstore import cli
from faxstore.doctor import advice
from faxstore.ingest.metrics.definitions import METRICS
from faxstore.settings import loading as settings
from faxstore.settings import metrics, retention, values

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")
SETTINGS = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
RUN = dict(commands_page.commands())


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in that language."""
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def test_the_page_of_commands_is_up_to_date() -> None:
    assert commands_page.page() == COMMANDS, "run make docs"


def test_every_metric_is_on_its_page() -> None:
    assert metrics_page.page() == (DOCS / "reference" / "metrics.md").read_text(encoding="utf-8"), "run make docs"


def test_the_alert_rules_and_their_guide_name_only_metrics_that_exist() -> None:
    names = {metric.name for metric in METRICS}
    names |= {f"{metric.name}_{part}" for metric in METRICS if metric.kind == "summary" for part in ("sum", "count")}
    rules = (DOCS.parent / "deploy" / "prometheus" / "faxstore.rules.yml").read_text(encoding="utf-8")
    guide = (DOCS / "how-to" / "monitoring.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\bfaxstore_\w+", rules + guide)) - names == set()


def test_every_alert_is_in_the_guide() -> None:
    rules = (DOCS.parent / "deploy" / "prometheus" / "faxstore.rules.yml").read_text(encoding="utf-8")
    guide = (DOCS / "how-to" / "monitoring.md").read_text(encoding="utf-8")
    alerts = re.findall(r"- alert: (\w+)", rules)
    assert re.findall(r"^\| `(\w+)` \|", guide, re.MULTILINE) == alerts
    assert len(alerts) > 7


@pytest.mark.parametrize("name", RUN)
def test_every_command_and_option_is_on_its_page(name: str) -> None:
    section = COMMANDS.split(f"\n## {name}\n")[1].split("\n## ")[0]
    spellings = [one.spelling.split(" ")[0] for one in commands_page.parameters(RUN[name])]
    assert [spelling for spelling in spellings if f"| `{spelling}" not in section] == []


@pytest.mark.parametrize(
    ("heading", "keys"),
    [
        ("## Keys", settings.TOP_KEYS),
        ("### `[database]`", settings.DATABASE_KEYS),
        ("### `[retention]`", retention.KEYS),
        ("### `[metrics]`", metrics.KEYS),
        ("### `[[server]]`", settings.SERVER_KEYS),
        ("### `tls = { ... }`", settings.TLS_KEYS),
        ("## Environment", settings.VARIABLES),
    ],
)
def test_every_settings_key_and_variable_is_in_its_table_and_no_other(heading: str, keys: tuple[str, ...]) -> None:
    section = SETTINGS.split(f"\n{heading}\n")[1].split("\n#")[0]
    assert sorted(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)) == sorted(keys)


def test_the_defaults_of_the_page_are_those_of_the_program() -> None:
    for name in ("port", "poll_interval", "idle_interval"):
        default = values.ServerSettings.__dataclass_fields__[name].default
        assert re.search(rf"^\| `{name}` \| [^|]*; {default} \|", SETTINGS, re.MULTILINE), name


@pytest.mark.parametrize("example", blocks(SETTINGS, "toml") + blocks(OPERATIONS, "toml"))
def test_every_example_of_a_settings_file_is_valid(example: str, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    file = tmp_path / "faxstore.toml"
    file.write_text(example.replace("/etc/faxstore", str(tmp_path)))
    loaded = settings.load(file, {})
    assert [server.name for server in loaded.servers] == [one["name"] for one in tomllib.loads(example)["server"]]


def pasted(*advised: str) -> list[str]:
    """The lines of the doctor's advice that go into a file, without section headers."""
    lines = [line for text in advised for line in text.splitlines() if line[:1] not in (";", "[")]
    assert len(lines) > 8
    return lines


def test_operations_explains_what_doctor_recommends() -> None:
    explained = "\n".join(blocks(OPERATIONS, "ini")).splitlines()
    lines = pasted(advice.user("faxstore"), advice.RES_FAX, advice.CHANNELVARS, advice.TLS)
    assert [line for line in lines if line not in explained] == []


def test_the_file_of_the_guide_for_debian_has_the_lines_that_doctor_recommends() -> None:
    text = (DOCS.parent / "deploy" / "asterisk" / "faxstore.conf").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert [line for line in pasted(advice.user("faxstore"), advice.CHANNELVARS) if line not in lines] == []
    assert sorted(text.split("[faxstore]\n")[1].splitlines()) == sorted(pasted(advice.user("faxstore")))
    guide = (DOCS / "how-to" / "install-debian.md").read_text(encoding="utf-8")
    assert advice.RES_FAX.splitlines()[-1] in guide


@pytest.mark.parametrize("guide", ["freepbx", "issabel", "vitalpbx", "call-files", "fax-to-mail"])
def test_the_guide_of_each_system_has_the_lines_that_doctor_recommends(guide: str) -> None:
    """And its user has these lines only: no right or filter that operations does not explain."""
    page = (DOCS / "how-to" / f"{guide}.md").read_text(encoding="utf-8")
    lines = pasted(advice.user("faxstore"), advice.RES_FAX, advice.CHANNELVARS)
    written = "\n".join(blocks(page, "ini")).splitlines()
    assert [line for line in lines if line not in written] == []
    user = page.split("[faxstore]\n")[1].split("```")[0].splitlines()
    assert sorted(user) == sorted(pasted(advice.user("faxstore")))


def test_the_service_runs_an_existing_command() -> None:
    unit = (DOCS.parent / "deploy" / "faxstore.service").read_text(encoding="utf-8")
    found = re.search(r"^ExecStart=/opt/faxstore/bin/faxstore (\w+)$", unit, re.MULTILINE)
    assert found
    assert found[1] in [info.name for info in cli.app.registered_commands]
    variables = re.findall(r"^Environment=(\w+)=", unit, re.MULTILINE)
    assert set(variables) <= set(settings.VARIABLES)
