"""Every command as every role: no traceback, and a missing right is one line with the right and the role to grant."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from faxstore import cli
from faxstore.follow.wakeups import Wakeups
from faxstore.ingest.carrier import Carrier
from faxstore.system import interruption
from tests.kit.billing_batches import export
from tests.kit.databases import fresh
from tests.kit.forked_commands import Forks, forks
from tests.kit.log_faxes import a_history, sealed
from tests.kit.typical_use import ARGUMENTS, WITHOUT_A_DATABASE, command_names, filled_in

Captured = pytest.CaptureFixture[str]

USERS: dict[str, tuple[str, ...]] = {
    "nobody": (),
    "owner": ("fax_owner",),
    "ingest": ("fax_ingest",),
    "reader": ("fax_reader",),
    "sealer_only": ("fax_sealer",),
    "sealer": ("fax_sealer", "fax_reader"),
    "helpdesk": ("fax_masked",),
    "export_only": ("fax_export",),
    "billing": ("fax_export", "fax_reader"),
    "clerk": ("fax_billing",),
    "service": ("fax_ingest", "fax_reader"),
}
"""Users by their roles: each role alone, and the combinations that docs/operations.md recommends."""

SUPERUSER = "superuser"
RUN_FOR = 60.0
"""Seconds after which a command that still runs gets SIGTERM."""

READS = {
    "billing as-of", "billing check", "billing list", "billing render", "capacity", "consistency", "export history",
    "export jobs", "export pages", "export sessions", "export timeline", "export usage", "follow", "partitions list",
    "psql", "report audit", "report concurrency", "report coverage", "report failures", "report html", "report jobs",
    "report peers", "report quality", "report usage", "sessions", "show", "watch",
}  # fmt: skip
MASKED = {
    "consistency", "export pages", "export usage", "psql", "report coverage", "report usage", "sessions", "show",
}  # fmt: skip
LEDGER = {"billing export", "billing as-of", "billing check", "billing list", "billing render"}
LOG = {"prove", "seal", "verify"}
MONTHS = {"partitions archive", "partitions drop", "partitions restore"}
EVERYTHING = READS | LEDGER | LOG | MONTHS | {"compact", "erase", "import", "ingest", "retention"}

WORKS: dict[str, set[str]] = {
    "nobody": set(),
    "owner": EVERYTHING,
    "ingest": {"compact", "export history", "export usage", "import", "ingest"},
    "reader": READS,
    "sealer_only": {"consistency", "export history", "partitions list", *LOG},
    "sealer": READS | LOG,
    "helpdesk": MASKED,
    "export_only": LEDGER,
    "billing": READS | LEDGER,
    "clerk": set(),
    "service": READS | {"compact", "import", "ingest"},
    SUPERUSER: EVERYTHING | {"migrate"},
}
"""The commands that leave with exit status 0, by user."""

_MISSING = re.compile(
    r'faxstore: no right to .+ as user "(?P<user>\w+)".*: (grant fax_[a-z]+ to (?P=user)|run faxstore migrate as .+)'
)


@dataclass(frozen=True)
class Filled:
    """A database with faxes, a checkpoint and a billing batch, and the names of its users."""

    dsn: str
    logins: dict[str, str]
    session: str
    settings: Path

    def arguments(self, user: str, command: str, folder: Path) -> list[str]:
        """The command line of a command as a user."""
        dsn = make_conninfo(self.dsn, user=self.logins[user]) if user != SUPERUSER else self.dsn
        general = ["--config", str(self.settings), "--dsn", dsn, "--data-dir", str(folder / "data")]
        return [*general, *filled_in(command, self.session, folder)]


@pytest.fixture(scope="module")
def filled(server: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("rights")
    settings = folder / "faxstore.toml"
    settings.write_text('[[server]]\nname = "pbx"\nhost = "127.0.0.1"\nport = 1\nusername = "u"\nsecret = "s"\n')
    settings.chmod(0o600)
    with fresh(server, template) as dsn, logins(server) as names:
        with psycopg.connect(dsn, autocommit=True) as connection:
            a_history(connection, faxes=4)
            row = connection.execute("select session_id from fax.sessions order by started_at limit 1").fetchone()
            assert row is not None
        sealed(dsn)
        export(dsn, folder)
        yield Filled(dsn, names, str(row[0]), settings)


@contextmanager
def logins(server: str) -> Iterator[dict[str, str]]:
    """A login for each of USERS."""
    names = {user: f"test_{user}_{uuid4().hex[:8]}" for user in USERS}
    with psycopg.connect(server, autocommit=True) as connection:
        for user, name in names.items():
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
            for role in USERS[user]:
                connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(role), sql.Identifier(name)))
        yield names
        for name in names.values():
            connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_every_command_is_tried() -> None:
    assert set(command_names()) == set(ARGUMENTS) | WITHOUT_A_DATABASE


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sends SIGTERM to `faxstore ingest` once its carrier has reported that it can append, or that it cannot.

    And to `faxstore follow` and `faxstore watch` once they have read what there is.
    """
    reported = threading.Event()
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)  # interruption.install() replaces it

    def then_stop(report: Callable[..., None], *arguments: object) -> None:
        report(*arguments)
        if not reported.is_set():
            reported.set()
            os.kill(os.getpid(), signal.SIGTERM)

    for owner, name in ((Carrier, "_report_up"), (Carrier, "_report_down"), (Wakeups, "wait")):
        report = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda *arguments, report=report: then_stop(report, *arguments))


@pytest.mark.parametrize("command", sorted(ARGUMENTS))
@pytest.mark.parametrize("user", [*USERS, SUPERUSER])
@pytest.mark.usefixtures("stopped")
def test_it_works_or_says_what_is_missing(
    filled: Filled, user: str, command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status = run(filled.arguments(user, command, tmp_path))
    out, said = capfd.readouterr()
    assert_right_end(user, command, status, out, said)


@pytest.mark.parametrize("user", ["nobody", "service", SUPERUSER])
def test_without_variables(filled: Filled, forked: Forks, user: str, tmp_path: Path) -> None:
    for number, command in enumerate(ARGUMENTS.keys() - interruption.UNTIL_STOPPED):
        folder = tmp_path / str(number)
        folder.mkdir()
        arguments = filled.arguments(user, command, folder)
        ran = forked.run(*arguments, cwd=folder, environment={})
        assert_right_end(user, command, ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize("wrong", ["--nonsense", "caf\udce9"])
@pytest.mark.parametrize("user", ["nobody", SUPERUSER])
def test_wrong_use_is_refused_whatever_the_rights(
    filled: Filled, forked: Forks, user: str, wrong: str, tmp_path: Path
) -> None:
    for command in ARGUMENTS.keys() - interruption.UNTIL_STOPPED - {"psql"}:
        ran = forked.run(*filled.arguments(user, command, tmp_path), wrong, cwd=tmp_path, environment={})
        assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (2, "", 1), ran
        assert ran.stderr.startswith("faxstore: ")


@pytest.fixture(scope="module")
def forked() -> Iterator[Forks]:
    """The process that forks commands."""
    with forks() as started:
        yield started


def assert_right_end(user: str, command: str, status: int, out: str, said: str) -> None:
    """The command works as this user, or one line names the missing right."""
    assert "Traceback" not in out + said
    assert status in {0, 1, 2, 3}, said
    if command == "doctor":
        check_doctor(out, can_append=command_works("import", user))
    elif command == "record":
        assert status == 3
    elif command == "ingest":
        assert status == (2 if user == "nobody" else 0)
        assert ("no right to" in said) != command_works(command, user), said
    elif command_works(command, user):
        assert status == (command == "partitions restore"), said  # the month is not dropped
    elif command == "psql":
        assert status == 1
        assert "permission denied" in said
    else:
        assert status == 2, said
        assert said.count("\n") == 1
        assert _MISSING.fullmatch(said.rstrip("\n")), said


def command_works(command: str, user: str) -> bool:
    return command in WORKS[user]


def check_doctor(out: str, *, can_append: bool) -> None:
    assert ("grant fax_ingest to" in out) != can_append, out


def run(arguments: list[str]) -> int:
    """The exit status of a command line in this process."""
    interruption.install()
    timer = threading.Timer(RUN_FOR, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    try:
        with pytest.raises(SystemExit) as left:
            cli.main(arguments)
    finally:
        timer.cancel()
        timer.join()
    return int(left.value.code or 0)
