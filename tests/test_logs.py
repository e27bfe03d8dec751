"""The log and the messages: one record is one line and names its server, whatever text came from the wire."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from faxstore import cli
from faxstore.logs import CURRENT_SERVER, JsonFormatter, LogFormat, MessageFormatter, TextFormatter, configure
from faxstore.visible import visible, visible_json
from tests.kit.fake_listener import FakeListener, collecting
from tests.kit.fake_server import FakeServer

UNSAFE = "\x00\a\b\t\n\v\f\r\x1b\x7f\x85\x9b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069"
HOSTILE = {
    "a second line": "pbx1\n2026-01-01 00:00:00,000 ERROR all is lost",
    "a line of JSON": '"}\n{"level": "ERROR", "message": "all is lost',
    "a title and a colour": "\x1b]0;mine\a\x1b[31mred\x1b[2J",
    "one-byte escapes": "\x9b31mred\x9d0;mine\x9c",
    "separators of Unicode": "one\u2028two\u2029three\x85four\x0bfive\x0csix",
    "turned around": "\u202egpj.exe\u2066\u2069",
    "half a character": "caf\udce9",
    "markup": "[red]no[/red] [link=http://a]b[/link] :boom:",
    "per cents": "100 % %s %(message)s %n",
}


def record(message: str, *arguments: object, error: BaseException | None = None) -> logging.LogRecord:
    exception = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("faxstore.ami", logging.WARNING, "", 0, message, arguments, exception)
    made.created = datetime(2026, 11, 25, 10, tzinfo=UTC).timestamp()
    return made


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def fields(line: str) -> dict[str, Any]:
    """A JSON line of the log as an object; lone surrogates, which UTF-8 cannot encode, raise."""
    assert line.isascii()
    found: dict[str, Any] = json.loads(line)
    json.dumps(found, ensure_ascii=False).encode()
    return found


# -- one line for any text --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("where", ["message", "argument", "exception"])
def test_no_text_breaks_a_line_or_controls_a_terminal(kind: str, where: str) -> None:
    text = HOSTILE[kind]
    made = {
        "message": lambda: record(text),
        "argument": lambda: record("%s", text),
        "exception": lambda: record("failed", error=raised(OSError(5, text))),
    }[where]()
    line = TextFormatter().format(made)
    assert line.splitlines() == [line]
    assert [character for character in UNSAFE if character in line] == []
    line.encode()
    as_json = JsonFormatter().format(made)
    assert [character for character in UNSAFE if character in as_json] == []
    found = fields(as_json)
    escaped = text.replace("\udce9", "\\udce9")
    assert escaped in found["exception" if where == "exception" else "message"]
    assert (found["level"], found["logger"]) == ("WARNING", "faxstore.ami")


def test_text_without_control_characters_is_unchanged() -> None:
    assert visible("Müller & Søn, 東京, \\x1b, 👩‍🚀") == "Müller & Søn, 東京, \\x1b, 👩‍🚀"
    assert visible("a\x1b[0m\u202e") == "a\\x1b[0m\\u202e"


def test_json_with_escapes_has_the_same_meaning() -> None:
    text = {UNSAFE: [UNSAFE]}
    made = visible_json(json.dumps(text, ensure_ascii=False, indent=1))
    assert json.loads(made) == text
    assert [character for character in UNSAFE if character in made] == ["\n"]


# -- the content of a line -------------------------------------------------------------------------------------


def test_a_json_line_has_the_time_in_utc() -> None:
    assert fields(JsonFormatter().format(record("%d records", 7))) == {
        "ts": "2026-11-25T10:00:00.000000+00:00",
        "level": "WARNING",
        "logger": "faxstore.ami",
        "message": "7 records",
    }


def test_an_exception_is_on_the_line_of_its_record() -> None:
    made = record("it failed", error=raised(OSError(28, "No space left on device")))
    line = TextFormatter().format(made)
    assert " WARNING it failed | Traceback (most recent call last): | " in line
    assert line.endswith(" | OSError: [Errno 28] No space left on device")
    assert fields(JsonFormatter().format(made))["exception"].endswith("\nOSError: [Errno 28] No space left on device")


def test_a_traceback_shows_every_class_and_no_text() -> None:
    """The text of an exception may quote a message: 'PJSIP/4915112345678-00000001'."""
    first = raised(KeyError("4915112345678"))
    second = ValueError("value of +4915112345678")
    second.__cause__ = first
    group = raised(ExceptionGroup("several: 4915112345678", [raised(second), TypeError("4915112345678")]))
    made = record("it failed", error=group)
    for line in (TextFormatter().format(made), MessageFormatter().format(made), JsonFormatter().format(made)):
        assert "4915112345678" not in line
        assert all(name in line for name in ("ExceptionGroup", "ValueError", "KeyError", "TypeError"))
        assert "test_logs.py" in line  # where it was raised


def test_an_error_that_follows_another_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """psycopg warns of an error at the end of a pipeline whose first error it has raised."""
    configure(LogFormat.TEXT)
    logging.getLogger("psycopg").warning("error ignored terminating %r: %s", "<psycopg.Pipeline [INERROR]>", "aborted")
    logging.getLogger("psycopg").warning("something else")
    assert capsys.readouterr().err == "faxstore: something else\n"


def test_the_server_is_named_once() -> None:
    reset = CURRENT_SERVER.set("pbx1")
    try:
        plain, named = (TextFormatter().format(record(text)) for text in ("polling", "pbx1: connected"))
        about = fields(JsonFormatter().format(record("polling")))
    finally:
        CURRENT_SERVER.reset(reset)
    assert plain.endswith(" WARNING pbx1: polling")
    assert named.endswith(" WARNING pbx1: connected")
    assert (about["server"], about["message"]) == ("pbx1", "polling")
    of_another = record("standby")
    of_another.server = "pbx2"
    assert fields(JsonFormatter().format(of_another))["server"] == "pbx2"


def test_every_record_of_a_collector_names_its_server() -> None:
    """The part that logs the failure of a listener does not know the server."""
    lines: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(fields(JsonFormatter().format(record)))

    class Failing(FakeListener):
        def __call__(self, line: object) -> None:
            raise ValueError("no room")

    async def scenario() -> None:
        async with (
            FakeServer() as one,
            FakeServer() as two,
            collecting(one, Failing(), name="one"),
            collecting(two, Failing(), name="two"),
        ):
            await one.until_requested("FAXSessions")
            await two.until_requested("FAXSessions")

    keep = Keep()
    logging.getLogger("faxstore").addHandler(keep)
    try:
        asyncio.run(scenario())
    finally:
        logging.getLogger("faxstore").removeHandler(keep)
    servers = [line["server"] for line in lines if line["message"].startswith("a line could not be processed")]
    assert sorted(servers) == ["one", "two"]


# -- the command line -------------------------------------------------------------------------------------


def error_line(*arguments: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        cli.main([*arguments])
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error.rstrip("\n")


@pytest.mark.parametrize("kind", HOSTILE)
def test_an_argument_comes_back_harmless_in_the_error_line(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = error_line("--config", f"/none/{HOSTILE[kind]}", "sessions", capsys=capsys)
    refused = "faxstore: argument 2 contains the byte 0xe9"  # not UTF-8: the argument itself is not shown
    assert line.startswith(refused if kind == "half a character" else "faxstore: /none/")
    assert [character for character in UNSAFE if character in line] == []


def test_errors_are_json_on_request(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (["--log-format", "json"], []):
        monkeypatch.setenv("FAXSTORE_LOG_FORMAT", "" if arguments else "json")
        found = fields(error_line(*arguments, "--config", "/none/such", "sessions", capsys=capsys))
        assert (found["level"], found["message"]) == ("ERROR", "/none/such: No such file or directory")
    configure(LogFormat.TEXT)


def test_the_option_overrides_the_variable_and_both_override_the_file(tmp_path: Any) -> None:
    config = tmp_path / "faxstore.toml"
    config.write_text('log_format = "json"\n')

    def stderr(*options: str, **environ: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "faxstore", *options, "--config", str(config), "ingest"],
            capture_output=True,
            text=True,
            env=environ,
        )
        assert done.returncode == 2
        return done.stderr

    assert fields(stderr())["level"] == "ERROR"
    assert stderr(FAXSTORE_LOG_FORMAT="text").startswith("faxstore: ")
    assert fields(stderr("--log-format", "json", FAXSTORE_LOG_FORMAT="text"))["level"] == "ERROR"
    assert "'xml' is not one of 'text', 'json'" in stderr("--log-format", "xml")


FAULTY = """
import sys, threading
from faxstore import cli
from faxstore.ingest import start as ingest

def broken(settings):
    def beside():
        raise ValueError("beside\\n\\x1b[31m")
    thread = threading.Thread(target=beside, name="carrier")
    thread.start()
    thread.join()
    raise OSError(107, "in the middle\\n\\x1b[31m")

ingest.run = broken
cli.main([*sys.argv[1:], "ingest"])
"""


@pytest.mark.parametrize("form", ["text", "json"])
def test_internal_errors_are_lines_of_the_log(form: str, tmp_path: Any) -> None:
    config = tmp_path / "faxstore.toml"
    config.write_text('[[server]]\nname = "a"\nhost = "b"\nusername = "c"\n')
    done = subprocess.run(
        [sys.executable, "-c", FAULTY, "--log-format", form, "--config", str(config)],
        capture_output=True,
        text=True,
        env={"FAXSTORE_SECRET_A": "hidden"},
    )
    assert done.returncode == 1
    beside, middle = done.stderr.splitlines()
    if form == "json":
        assert fields(beside)["message"] == "internal error in thread carrier, please report it"
        assert fields(middle)["exception"].endswith("OSError: [Errno 107] in the middle\n\x1b[31m")
    else:
        assert "CRITICAL internal error in thread carrier, please report it | Traceback" in beside
        assert middle.endswith(" | OSError: [Errno 107] in the middle | \\x1b[31m")
    assert "\x1b" not in done.stderr
