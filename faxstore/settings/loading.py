"""The settings: faxstore.toml, the environment over it, flags over that.

Everything is checked before anything connects; what is wrong is one line (UsageError) that names the
file, the key and what is allowed.  docs/reference/settings.md is the page for users.
"""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from faxstore.errors import UsageError
from faxstore.logs import LogFormat
from faxstore.settings.toml_file import Table, expanded, read_toml, shown

DEFAULT_FILES = (Path("faxstore.toml"), Path("/etc/faxstore/faxstore.toml"))
"""Where a settings file is looked for when neither --config nor FAXSTORE_CONFIG names one."""

TOP_KEYS = ("data_dir", "log_format", "database", "server")
DATABASE_KEYS = ("dsn",)
SERVER_KEYS = (
    "name", "host", "port", "username", "secret_file", "secret", "tls", "poll_interval", "idle_interval",
)  # fmt: skip
TLS_KEYS = ("ca_file", "verify")
VARIABLES = ("FAXSTORE_CONFIG", "FAXSTORE_DSN", "FAXSTORE_DATA_DIR", "FAXSTORE_LOG_FORMAT", "FAXSTORE_SECRET_<NAME>")

MAX_NAME = 100
INTERVALS = (0.05, 3600.0)


class Secret:
    """A password that shows itself only when asked, or the reason why it cannot be had."""

    __slots__ = ("_problem", "_value")

    def __init__(self, value: str, problem: str | None = None) -> None:
        self._value = value
        self._problem = problem

    def reveal(self) -> str:
        """The password.  Raises UsageError where its file could not be read, or none was given."""
        if self._problem is not None:
            raise UsageError(self._problem)
        return self._value

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True)
class Tls:
    """TLS to a server; ca_file None: the certificate authorities of this machine."""

    ca_file: Path | None = None
    verify: bool = True


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """One Asterisk to watch; intervals in seconds."""

    name: str
    host: str
    port: int = 5038
    username: str
    secret: Secret
    tls: Tls | None = None
    poll_interval: float = 1.0
    idle_interval: float = 5.0


@dataclass(frozen=True)
class Settings:
    """Everything that was set; warnings are lines that the user should see."""

    dsn: str | None = field(repr=False)  # may hold a password
    data_dir: Path
    servers: tuple[ServerSettings, ...] = ()
    warnings: tuple[str, ...] = ()
    file: Path | None = None
    log_format: LogFormat = LogFormat.TEXT


def load(
    config: Path | None, environ: Mapping[str, str], *, dsn: str | None = None, data_dir: Path | None = None
) -> Settings:
    """The settings of this run; config, dsn and data_dir are the flags.  Raises UsageError."""
    file = _file(config, environ)
    warnings: list[str] = []
    top = Table(read_toml(file) if file else {}, str(file), "", TOP_KEYS)
    database = Table(top.get("database", (dict,), "a table: [database]", {}), str(file), "database.", DATABASE_KEYS)
    servers = _servers(top, environ, warnings)
    if file and (_holds_password(database) or any("secret" in table for table in top.raw.get("server", ()))):
        _warn_if_open(file, warnings)
    dsns = {
        "--dsn": dsn,
        "FAXSTORE_DSN": environ.get("FAXSTORE_DSN"),
        f"{file}: database.dsn": database.hidden_text("dsn"),
    }
    where, chosen_dsn = next(((where, value) for where, value in dsns.items() if value), ("", None))
    if chosen_dsn is not None:
        _check_dsn(chosen_dsn, where, warnings)
    folder = data_dir or environ.get("FAXSTORE_DATA_DIR") or top.path("data_dir") or default_data_dir(environ)
    return Settings(chosen_dsn, expanded(Path(folder)).absolute(), servers, tuple(warnings), file, _log_format(top))


def require_servers(settings: Settings) -> tuple[ServerSettings, ...]:
    """The servers, every secret at hand.  Raises UsageError when there is none, or a secret cannot be read."""
    if not settings.servers:
        where = str(settings.file) if settings.file else f"no settings file ({' or '.join(map(str, DEFAULT_FILES))})"
        raise UsageError(f"{where}: no [[server]] is set; add one with name, host, username and secret_file")
    for server in settings.servers:
        server.secret.reveal()
    return settings.servers


def secret_variable(name: str) -> str:
    """The environment variable that holds the secret of the server of that name."""
    return "FAXSTORE_SECRET_" + re.sub("[^A-Z0-9]", "_", name.upper())


def _servers(top: Table, environ: Mapping[str, str], warnings: list[str]) -> tuple[ServerSettings, ...]:
    servers: list[ServerSettings] = []
    for raw in top.get("server", (list,), "a list of tables: [[server]]", []):
        if not isinstance(raw, dict):
            raise top.wrong("server", "must be a list of tables: [[server]]")
        server = _server(raw, top.file, len(servers) + 1, environ, warnings)
        for other in servers:
            if other.name == server.name:
                raise top.wrong("server.name", f"{shown(server.name)} stands twice; each server has a name of its own")
            variable = secret_variable(server.name)
            if secret_variable(other.name) == variable and variable in environ:
                raise UsageError(f"{variable} fits both {other.name} and {server.name}; use secret_file for them")
        servers.append(server)
    return tuple(servers)


def _server(
    raw: dict[str, Any], file: str, ordinal: int, environ: Mapping[str, str], warnings: list[str]
) -> ServerSettings:
    named = raw.get("name")
    table = Table(raw, file, f"server {shown(named) if named else ordinal}: ", SERVER_KEYS)
    name = table.required("name", MAX_NAME)
    tls = _tls(table)
    if tls is not None and not tls.verify:
        warnings.append(
            f"{table.file}: {table.prefix}tls.verify is false: whoever stands between can pretend to be"
            " this server and read its secret and its faxes; set ca_file instead"
        )
    return ServerSettings(
        name=name,
        host=table.required("host", 253, blanks=False),
        port=int(table.number("port", 5038, 1, 65535, whole=True)),
        username=table.required("username", 200),
        secret=_secret(table, secret_variable(name), environ, warnings),
        tls=tls,
        poll_interval=float(table.number("poll_interval", 1.0, *INTERVALS)),
        idle_interval=float(table.number("idle_interval", 5.0, *INTERVALS)),
    )


def _tls(table: Table) -> Tls | None:
    value = table.get("tls", (bool, dict), 'true, false or { ca_file = "...", verify = true }', False)
    if not isinstance(value, dict):
        return Tls() if value else None
    inner = Table(value, table.file, f"{table.prefix}tls.", TLS_KEYS)
    ca_file = inner.path("ca_file")
    if ca_file is not None and not ca_file.is_file():
        raise inner.wrong("ca_file", f"must be a file of certificates; there is none at {ca_file}")
    return Tls(ca_file, inner.get("verify", (bool,), "true or false", True))


def _secret(table: Table, variable: str, environ: Mapping[str, str], warnings: list[str]) -> Secret:
    file, inline = table.path("secret_file"), table.hidden_text("secret")
    if file is not None and inline is not None:
        raise table.wrong("secret", "and secret_file are both set; keep one of them")
    if environ.get(variable):
        return _usable(environ[variable], variable)
    if file is not None:
        return _secret_of_file(file, f"{table.file}: {table.prefix}secret_file", warnings)
    if inline is not None:
        return _usable(inline, f"{table.file}: {table.prefix}secret")
    return Secret("", f"{table.file}: {table.prefix}secret_file is missing; set it, or the variable {variable}")


def _secret_of_file(file: Path, where: str, warnings: list[str]) -> Secret:
    """Whoever only reads reports need not be able to read the secrets: the problem is told when one is asked for."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        return Secret("", f"{where}: {file}: {error.strerror}")
    except UnicodeDecodeError:
        return Secret("", f"{where}: {file} is not UTF-8 text")
    _warn_if_open(file, warnings)
    return _usable(text.removesuffix("\n").removesuffix("\r"), f"{where}: {file}")


def _usable(value: str, where: str) -> Secret:
    if not value or not value.isprintable():
        return Secret("", f"{where}: the secret must be one line of printable text, not empty")
    return Secret(value)


def _warn_if_open(file: Path, warnings: list[str]) -> None:
    """A group may be meant to read it (root:faxstore, 640); everyone never is."""
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & stat.S_IRWXO:
        warnings.append(
            f"{file} holds a secret and is open to every user of this machine (mode {mode:03o}):"
            f" chmod o-rwx {shlex.quote(str(file))}"
        )


def _holds_password(database: Table) -> bool:
    try:
        return bool(conninfo_to_dict(database.hidden_text("dsn") or "").get("password"))
    except (ProgrammingError, UnicodeEncodeError):
        return True  # it will be refused, and may hold one all the same


def _log_format(top: Table) -> LogFormat:
    value = top.text("log_format", LogFormat.TEXT)
    if value not in list(LogFormat):
        raise top.wrong("log_format", f"must be {' or '.join(LogFormat)}, not {shown(value)}")
    return LogFormat(value)


def _file(config: Path | None, environ: Mapping[str, str]) -> Path | None:
    named = config or environ.get("FAXSTORE_CONFIG")
    if named:
        return expanded(Path(named))
    return next((file for file in DEFAULT_FILES if file.exists()), None)


def _check_dsn(dsn: str, where: str, warnings: list[str]) -> None:
    """The parser's own words are left out: they may quote a part of the password."""
    try:
        parts = conninfo_to_dict(dsn)
    except (ProgrammingError, UnicodeEncodeError) as error:
        allowed = "postgresql://user@host/database or host=... dbname=... user=..."
        raise UsageError(f"{where} is not a connection string of PostgreSQL; allowed: {allowed}") from error
    if where == "--dsn" and parts.get("password"):
        warnings.append("--dsn: every user of this machine can read a password there; use FAXSTORE_DSN or ~/.pgpass")


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Where the data are when nothing was set."""
    xdg = Path(environ.get("XDG_DATA_HOME", ""))
    if xdg.is_absolute():
        return xdg / "faxstore"
    return Path(environ.get("HOME") or Path.home()) / ".local" / "share" / "faxstore"
