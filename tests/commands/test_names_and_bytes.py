"""Names of servers on the command line, and arguments that are not UTF-8."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from faxstore.capture import recording as capture
from faxstore.capture.recording import Line
from faxstore.errors import UsageError
from faxstore.ingest.importer import server_of
from faxstore.settings.loading import load
from tests.commands.test_options import EVERY, NOWHERE, text_options
from tests.kit.command_line import run_command

NAMES = [
    "pbx1", "a b", "-", "a/b", "x" * 100, "x" * 101, " a", "a ", "a\tb", "a\nb", "\x1b[2J", "a\u202eb", "\u00a0",
    "\u65e5" * 60, "\u65e5" * 83, "\U0001f4e0" * 62, "\U0001f4e0" * 63, "/" * 83,
]  # fmt: skip


def accepted_by_settings(name: str, folder: Path) -> bool:
    """Whether a settings file with that name can be loaded."""
    file = folder / "faxstore.toml"
    file.touch(0o600)
    server = f'[[server]]\nname = {json.dumps(name, ensure_ascii=False)}\nhost = "h"\nusername = "u"\nsecret = "s"\n'
    file.write_text(server, encoding="utf-8")
    try:
        return load(file, {}).servers[0].name == name
    except UsageError:
        return False


@pytest.mark.parametrize("name", NAMES)
def test_import_accepts_the_names_that_the_settings_accept(name: str, tmp_path: Path) -> None:
    done = run_command(NOWHERE, "import", "--server", name, "/none")
    refused = done.returncode == 2 and done.stderr.startswith("faxstore: --server ")
    assert done.stderr.count("\n") == 1
    assert refused is not accepted_by_settings(name, tmp_path)


def test_a_recording_whose_server_has_no_usable_name(tmp_path: Path) -> None:
    text = "Response: Success\r\nSystemName: a\tb\r\n\r\n"
    lines = [Line(1.0, "in", text)]
    named, long = tmp_path / "pbx1.jsonl", tmp_path / f"{'x' * 101}.jsonl"
    named.write_text("".join(capture.encode(line) + "\n" for line in lines))
    long.write_text(capture.encode(Line(1.0, "mark", "connected")) + "\n")
    for file in (named, long):
        with pytest.raises(UsageError, match=r"the name of its server must be .* --server NAME$"):
            server_of(str(file), iter(lines))


@pytest.mark.parametrize(("path", "option"), list(text_options()))
def test_an_option_that_is_not_utf8(path: tuple[str, ...], option: str) -> None:
    for words in ([option, "caf\udce9"], [f"{option}=caf\udce9"]):
        done = run_command(NOWHERE, *path, *words)
        number = 2 + len(path) + len(words)
        expected = f"faxstore: argument {number} contains the byte 0xe9, which is not UTF-8; write it in UTF-8\n"
        assert done == (2, "", expected)


@pytest.mark.parametrize("path", list(EVERY))
def test_an_argument_that_is_not_utf8(path: tuple[str, ...]) -> None:
    done = run_command(NOWHERE, *path, "\udcff")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "contains the byte 0xff, which is not UTF-8" in done.stderr


def test_bytes_of_a_process() -> None:
    command: list[str | bytes] = [sys.executable, "-m", "faxstore", "sessions", "--server", b"caf\xe9"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert done.returncode == 2
    assert re.fullmatch(rb"faxstore: argument 3 contains the byte 0xe9, which is not UTF-8; [^\n]+\n", done.stderr)
