"""Every command in a hostile environment: it works, or it ends with one line and the documented exit status.

The environments are variables that are missing, empty, nonsense or not UTF-8; folders and files that cannot be used;
and standard streams that are closed or full.  A new command is covered as soon as tests/kit/typical_use.py has it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import chown
from tempfile import TemporaryDirectory

import psycopg
import pytest

from faxstore.system import interruption
from faxstore.visible import visible
from tests.kit.billing_batches import export
from tests.kit.command_line import Ran
from tests.kit.databases import fresh
from tests.kit.forked_commands import Forks, forks
from tests.kit.log_faxes import a_history, sealed
from tests.kit.places import server_place
from tests.kit.typical_use import ARGUMENTS, commands, filled_in

Variables = dict[str, str | None]
Case = tuple[Variables, str]

HARMLESS: dict[str, Variables] = {
    "nothing": {name: None for name in os.environ if not name.startswith("FAXSTORE_")},
    "no home and no terminal": {
        "HOME": None,
        "USER": None,
        "LOGNAME": None,
        "PATH": None,
        "COLUMNS": "garbage",
        "LINES": "x",
        "TERM": None,
        "TZ": "garbage/zone",
        "XDG_DATA_HOME": "relative",
        "XDG_RUNTIME_DIR": "/none/such",
        **{f"FAXSTORE_{name}": "" for name in ("DSN", "DATA_DIR", "LOG_FORMAT")},
    },
    "bytes": {
        "HOME": "/caf\udce9",
        "PATH": "",
        "PAGER": "\udcff",
        "TERM": "\udcff",
        "TZ": "\udcff",
        "PGAPPNAME": "\udcff",
        "PGPASSFILE": "/none/such",
        "COLUMNS": "0",
        "FORCE_COLOR": "x",
    },
    "another place and terminal": {"PGDATESTYLE": "German", "PGTZ": "Europe/Berlin", "COLUMNS": "0", "TERM": "dumb"},
}
"""Variables that change nothing: the command ends as without them."""

WRONG: dict[str, Case] = {
    "a port that is no number": ({"PGPORT": "garbage"}, 'invalid integer value "garbage"'),
    "a host that is none": ({"FAXSTORE_DSN": "dbname=fax", "PGHOST": "/none/such"}, "cannot be reached"),
    "a user that is none": ({"FAXSTORE_DSN": "host=/none/such", "PGUSER": "nobody-such"}, "cannot be reached"),
    "bytes as DSN": ({"FAXSTORE_DSN": "caf\udce9"}, "FAXSTORE_DSN is not a connection string of PostgreSQL"),
    "bytes as settings": ({"FAXSTORE_CONFIG": "/caf\udce9"}, "/caf\\udce9: No such file or directory"),
    "settings that are not UTF-8": ({"FAXSTORE_CONFIG": "LATIN"}, "latin.toml: is not a settings file: not UTF-8 text"),
    "a folder as settings": ({"FAXSTORE_CONFIG": "FOLDER"}, "Is a directory"),
    "settings in a file": ({"FAXSTORE_CONFIG": "LATIN/x"}, "Not a directory"),
    "a long name as settings": ({"FAXSTORE_CONFIG": "x" * 300}, "File name too long"),
    "an unknown log format": ({"FAXSTORE_LOG_FORMAT": "xml"}, "'xml' is not one of 'text', 'json'"),
    "bytes as log format": ({"FAXSTORE_LOG_FORMAT": "\udcff"}, "is not one of 'text', 'json'"),
}
"""Variables with which no command can work, except those of IGNORED, and a part of the line."""

CONNECTS_LATER = {"doctor", "ingest", "record"}
"""Commands that report a missing database in their own way, or need none."""


@dataclass(frozen=True)
class Misuse:
    """A database, settings that name it, and the process that forks commands."""

    forks: Forks
    session: str
    folder: Path

    numbers: Iterator[int] = field(default_factory=count)

    def run(self, command: str, variables: Variables, output: str | None = None, user: str | None = None) -> Ran:
        """Run the typical use of a command in a new folder, with these variables set, or removed if None."""
        place = self.folder / str(next(self.numbers))
        place.mkdir()
        if user is not None:
            chown(place, user)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
        environment |= {"FAXSTORE_CONFIG": str(self.folder / "faxstore.toml"), "FAXSTORE_SECRET_PBX": "s"}
        environment["HOME"] = str(place)
        for name, value in variables.items():
            environment.pop(name, None)
            if value is not None:
                value = value.replace("LATIN", str(self.folder / "latin.toml"))
                environment[name] = value.replace("FOLDER", str(self.folder))
        words = [*filled_in(command, self.session, place), *(["--output", output] if output else [])]
        return self.forks.run(*words, cwd=place, environment=environment, user=user)


@pytest.fixture(scope="module")
def misuse(server: str, template: str) -> Iterator[Misuse]:
    with TemporaryDirectory(prefix="faxstore-test-misuse-", dir=server_place()) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with filled(server, template, folder) as (forked, session):
            yield Misuse(forked, session, folder)


@contextmanager
def filled(server: str, template: str, folder: Path) -> Iterator[tuple[Forks, str]]:
    """A database with faxes, a checkpoint and a batch, and files in the folder that name it or cannot be used."""
    with fresh(server, template) as dsn, forks() as forked:
        with psycopg.connect(dsn, autocommit=True) as connection:
            a_history(connection, faxes=4)
            row = connection.execute("select session_id from fax.sessions order by started_at limit 1").fetchone()
            assert row is not None
        sealed(dsn)
        export(dsn, folder)
        server_table = '[[server]]\nname = "pbx"\nhost = "127.0.0.1"\nport = 1\nusername = "u"\n'
        (folder / "faxstore.toml").write_text(f'[database]\ndsn = "{dsn}"\n{server_table}')
        (folder / "private").mkdir(mode=0)
        (folder / "latin.toml").write_bytes(b'data_dir = "caf\xe9"\n')
        yield forked, str(row[0])


ENDS = [command for command in ARGUMENTS if command not in interruption.UNTIL_STOPPED]
"""The commands that end by themselves."""


@pytest.mark.parametrize("command", ENDS)
def test_variables_that_change_nothing(misuse: Misuse, command: str) -> None:
    usual = misuse.run(command, {})
    for name, variables in HARMLESS.items():
        ran = misuse.run(command, variables)
        assert "Traceback" not in ran.stderr, (name, ran.stderr)
        assert ran.returncode == usual.returncode, (name, ran)


@pytest.mark.parametrize("command", ARGUMENTS)
def test_variables_with_which_nothing_works(misuse: Misuse, command: str) -> None:
    for name, (variables, part) in some_of(WRONG, command):
        if command in CONNECTS_LATER and ("PGPORT" in variables or "cannot be reached" in part):
            continue
        ran = misuse.run(command, variables)
        assert ran.returncode in (2, 3), (name, ran)
        assert part in ran.stderr or command == "psql", (name, ran.stderr)
        if command != "psql":
            assert (ran.stdout, ran.stderr.count("\n")) == ("", 1), (name, ran)
            assert ran.stderr.startswith("faxstore: ")


def some_of(cases: dict[str, Case], command: str) -> list[tuple[str, Case]]:
    """Every third case, beginning with another one for the next command: each case meets a third of the commands."""
    return list(cases.items())[list(ARGUMENTS).index(command) % 3 :: 3]


PRIVATE = "Permission denied"
UNREADABLE: dict[str, Case] = {
    "settings": ({"FAXSTORE_CONFIG": "FOLDER/private/faxstore.toml"}, PRIVATE),
    "the data folder": (
        {"FAXSTORE_DSN": "", "FAXSTORE_CONFIG": "/dev/null", "XDG_DATA_HOME": "FOLDER/private"},
        PRIVATE,
    ),
    "the folder above it": ({"FAXSTORE_CONFIG": "/dev/null", "FAXSTORE_DATA_DIR": "FOLDER/private/a/b"}, PRIVATE),
    "home": ({"FAXSTORE_CONFIG": "/dev/null", "HOME": "FOLDER/private"}, PRIVATE),
}
"""What a user may not open."""

OTHER_USER = {"user": "nobody"} if os.geteuid() == 0 else {}
"""Root may open everything, so the tests run as another user then."""


@pytest.mark.parametrize("command", [name for name in ARGUMENTS if name not in {"doctor", "record", "ingest"}])
def test_files_that_may_not_be_opened(misuse: Misuse, command: str) -> None:
    for name, (variables, part) in some_of(UNREADABLE, command):
        ran = misuse.run(command, variables, **OTHER_USER)
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), (name, ran)
        assert part in ran.stderr, (name, ran.stderr)


@pytest.mark.parametrize("command", ["doctor", "record", "ingest"])
def test_commands_that_need_no_database_in_folders_that_may_not_be_opened(misuse: Misuse, command: str) -> None:
    for name, (variables, _) in UNREADABLE.items():
        ran = misuse.run(command, variables, **OTHER_USER)
        assert ran.returncode in (1, 2, 3), (name, ran)
        assert "Traceback" not in ran.stderr, (name, ran.stderr)


OUTPUTS: dict[str, str] = {
    "private": "FOLDER/private/out",
    "missing": "FOLDER/none/out",
    "below a file": "FOLDER/latin.toml/out",
    "a folder": "FOLDER",
    "a device": "/dev/full",
    "a long name": "x" * 300,
}
"""Files that cannot be written."""


@pytest.mark.parametrize("place", OUTPUTS)
def test_outputs_that_cannot_be_written(misuse: Misuse, place: str) -> None:
    output = OUTPUTS[place].replace("FOLDER", str(misuse.folder))
    for name, command in commands():
        if any("--output" in parameter.opts for parameter in command.params):
            ran = misuse.run(name, {}, output=output, **(OTHER_USER if place == "private" else {}))
            assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), (name, ran)
            assert visible(output) in ran.stderr


STREAMS: dict[str, tuple[str, int, str]] = {
    "closed output": (">&-", 2, "faxstore: standard output cannot be written: Bad file descriptor\n"),
    "full output": (">/dev/full", 2, "faxstore: standard output cannot be written: No space left on device\n"),
    "closed input": ("<&-", 0, ""),
    "ASCII": ("| cat", 0, ""),
}
"""Standard streams of a shell, the exit status and standard error of a command that prints."""


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("words", ["sessions", "sessions --format csv", "show SESSION", "--help", "export jobs"])
def test_standard_streams(misuse: Misuse, stream: str, words: str) -> None:
    redirection, status, said = STREAMS[stream]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FAXSTORE_")}
    environment |= {"PYTHONIOENCODING": "ascii"} if stream == "ASCII" else {}
    program = f"{sys.executable} -m faxstore --config {misuse.folder}/faxstore.toml {words} {redirection}"
    shell = ["bash", "-o", "pipefail", "-c", program.replace("SESSION", misuse.session)]
    done = subprocess.run(shell, capture_output=True, text=True, env=environment, timeout=60)
    assert (done.returncode, done.stderr) == (status, said)


def test_a_current_folder_that_does_not_exist(misuse: Misuse, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    words = f"--config {misuse.folder}/faxstore.toml --data-dir relative sessions"
    program = f"cd {gone} && rmdir {gone} && {sys.executable} -c 'from faxstore.__main__ import main; main()' {words}"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, env=environment, timeout=60)
    line = "faxstore: the data folder relative is relative to the current folder, which does not exist any more;"
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(line)
