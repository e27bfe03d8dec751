"""The systemd units in deploy/: valid, closed, and with timeouts that fit the ingestor."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from docs.reference import commands_page
from faxstore.errors import UsageError
from faxstore.ingest import carrier, service, spool_writer

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY / "faxstore.service").read_text(encoding="utf-8")
SEAL = (DEPLOY / "faxstore-seal.service").read_text(encoding="utf-8")
UNITS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(DEPLOY.glob("*.service"))}
EVERY_UNIT = pytest.mark.parametrize("text", UNITS.values(), ids=list(UNITS))
COMMANDS = dict(commands_page.commands())
LONGEST_STOP = 3.0 + service.STOP_TIMEOUT + 1.0
"""Most seconds of a clean stop: log off from the servers, drain the spool, end the thread."""


@EVERY_UNIT
def test_every_line_is_a_section_a_comment_or_a_setting(text: str) -> None:
    lines = [line for line in text.splitlines() if line]
    assert [line for line in lines if not re.fullmatch(r"#.*|\[(Unit|Service|Install)\]|[A-Z]\w+=.*", line)] == []


@EVERY_UNIT
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd on this machine")
def test_systemd_accepts_it_and_rates_it_as_closed(text: str, tmp_path: Path) -> None:
    unit = tmp_path / "tried.service"
    unit.write_text(text.replace("/opt/faxstore/bin/faxstore", sys.executable))
    verified = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    rating = ["systemd-analyze", "security", "--offline=true", "--threshold=13", str(unit)]  # tenths: 1.3 of 10
    assert subprocess.run(rating, capture_output=True).returncode == 0


def setting(name: str) -> str:
    found = re.findall(rf"^{name}=(.*)$", TEXT, re.MULTILINE)
    assert len(found) == 1, name
    return str(found[0])


def test_its_timeouts_fit_the_ingestor() -> None:
    assert (setting("Type"), setting("NotifyAccess"), setting("Restart")) == ("notify", "main", "always")
    assert int(setting("TimeoutStopSec")) > 2 * LONGEST_STOP
    assert int(setting("WatchdogSec")) > 2 * LONGEST_STOP  # the ingestor sends no notifications while it stops
    assert int(setting("RestartPreventExitStatus")) == UsageError.exit_status


def test_a_slow_disk_or_database_does_not_count_as_a_stuck_thread() -> None:
    """SQLite waits 30 s for a lock; a lost database is noticed within 35 s and retried after at most 10 s."""
    assert spool_writer.LONGEST_ROUND > 2 * 30
    assert carrier.LONGEST_ROUND > 2 * (35 + carrier.LONGEST_BACK_OFF)


def closed(text: str) -> list[str]:
    """What the unit denies to the service: the last block of its section [Service]."""
    section = text.split("[Service]\n")[1].split("\n[Install]")[0]
    return section.strip("\n").split("\n\n")[-1].splitlines()


@pytest.mark.parametrize(
    "line",
    [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "PrivateMounts=yes",
        "PrivateDevices=yes",
        "CapabilityBoundingSet=",
        "LimitCORE=0",
        "StateDirectoryMode=0700",
        "UMask=0077",
    ],
)
def test_it_is_closed(line: str) -> None:
    assert line in closed(TEXT)


@EVERY_UNIT
def test_every_unit_is_closed_like_the_ingestor(text: str) -> None:
    assert closed(text) == closed(TEXT)


@EVERY_UNIT
def test_every_unit_runs_a_command_with_its_options(text: str) -> None:
    (line,) = re.findall("^ExecStart=/opt/faxstore/bin/faxstore (.*)$", text, re.MULTILINE)
    name, *words = line.split()
    spellings = {one.spelling.split(" ")[0] for one in commands_page.parameters(COMMANDS[name])}
    assert {word for word in words if word.startswith("--")} <= spellings


def test_every_timer_starts_a_unit_and_every_other_unit_is_a_service() -> None:
    timers = {path.stem for path in DEPLOY.glob("*.timer")}
    assert timers == {name for name, text in UNITS.items() if "Type=oneshot" in text}
    assert set(UNITS) - timers == {"faxstore"}


def test_each_unit_reads_its_secrets_as_credentials() -> None:
    assert "LoadCredential=secrets:/etc/faxstore/secrets" in TEXT.splitlines()
    assert "LoadCredential=log.key:/etc/faxstore/log.key" in SEAL.splitlines()
    assert re.findall("^ExecStart=.* --key (.*?) ", SEAL, re.MULTILINE) == ["${CREDENTIALS_DIRECTORY}/log.key"]
