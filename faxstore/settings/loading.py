"""Loads the settings: options override environment variables, and these override the settings file."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from faxstore.errors import UsageError
from faxstore.logs import LogFormat
from faxstore.settings import metrics, retention
from faxstore.settings.secrets import secret_of, secret_variable, warn_if_open
from faxstore.settings.server_names import MAX_NAME, name_problem
from faxstore.settings.toml_file import Table, expand_user, quoted, read_toml
from faxstore.settings.values import ServerSettings, Settings, Tls

DEFAULT_FILES = (Path("faxstore.toml"), Path("/etc/faxstore/faxstore.toml"))
"""The settings files, first existing one first, if neither --config nor FAXSTORE_CONFIG names one."""

TOP_KEYS = (
    "data_dir", "log_format", "workers", "total_after", "pack_after", "database", "retention", "metrics", "server",
)  # fmt: skip
DATABASE_KEYS = ("dsn",)
SERVER_KEYS = ("name", "host", "port", "username", "secret_file", "secret", "tls", "poll_interval", "idle_interval")
TLS_KEYS = ("ca_file", "verify")
VARIABLES = (
    "FAXSTORE_CONFIG", "FAXSTORE_DSN", "FAXSTORE_DATA_DIR", "FAXSTORE_LOG_FORMAT", "FAXSTORE_WORKERS",
    "FAXSTORE_TOTAL_AFTER", "FAXSTORE_PACK_AFTER", metrics.VARIABLE, "FAXSTORE_PAGER", "FAXSTORE_SECRET_<NAME>",
)  # fmt: skip

MOST_WORKERS = 64
"""The most processes of `faxstore ingest`."""

TOTAL_AFTER = (1.0, 86_400.0)
"""The limits of total_after, in seconds."""

PACK_AFTER = (2.0, 365.0)
"""The limits of pack_after, in days.  An append looks for packs only if a row is over a day old."""

INTERVALS = (0.05, 3600.0)
"""The limits of poll_interval and idle_interval, in seconds."""


def load(
    config: Path | None, environ: Mapping[str, str], *, dsn: str | None = None, data_dir: Path | None = None
) -> Settings:
    """Load the settings of this run; config, dsn and data_dir are options.  Raises UsageError."""
    chosen = config or environ.get("FAXSTORE_CONFIG")
    file = expand_user(Path(chosen)) if chosen else next((file for file in DEFAULT_FILES if file.exists()), None)
    warnings: list[str] = []
    top = Table(read_toml(file) if file else {}, str(file), "", TOP_KEYS)
    database = _table(top, "database", DATABASE_KEYS)
    servers = _servers(top, environ, warnings)
    if file and (_has_password(database) or any("secret" in table for table in top.raw.get("server", ()))):
        warn_if_open(file, warnings)
    dsns = {
        "--dsn": dsn,
        "FAXSTORE_DSN": environ.get("FAXSTORE_DSN"),
        f"{file}: database.dsn": database.hidden_text("dsn"),
    }
    source, chosen_dsn = next(((source, value) for source, value in dsns.items() if value), ("", None))
    if chosen_dsn is not None and check_dsn(chosen_dsn, source).get("password") and source == "--dsn":
        warnings.append("--dsn: every user of this machine can see its password; use FAXSTORE_DSN or ~/.pgpass")
    folder = data_dir or environ.get("FAXSTORE_DATA_DIR") or top.path("data_dir") or default_data_dir(environ)
    data_dir = _absolute(expand_user(Path(folder)))
    others = _log_format(top, environ), _workers(top, environ)
    total_after = _number(top, environ, "total_after", 300.0, TOTAL_AFTER)
    pack_after = _number(top, environ, "pack_after", 2.0, PACK_AFTER)
    kept = retention.read(_table(top, "retention", retention.KEYS))
    served = metrics.read(_table(top, "metrics", metrics.KEYS) if "metrics" in top.raw else None, environ)
    return Settings(
        chosen_dsn, data_dir, servers, tuple(warnings), file, *others, total_after, pack_after, kept, served
    )


def _table(top: Table, name: str, keys: tuple[str, ...]) -> Table:
    return Table(top.get(name, (dict,), f"a table: [{name}]", {}), top.file, f"{name}.", keys)


def _absolute(folder: Path) -> Path:
    try:
        return folder.absolute()
    except OSError as error:
        raise UsageError(
            f"the data folder {folder} is relative to the current folder, which does not exist any more;"
            " use an absolute path for --data-dir"
        ) from error


def require_servers(settings: Settings) -> tuple[ServerSettings, ...]:
    """The servers.  Raises UsageError if none is configured or the secret of one cannot be read."""
    if not settings.servers:
        raise UsageError(no_server(settings))
    for server in settings.servers:
        server.secret.reveal()
    return settings.servers


def no_server(settings: Settings) -> str:
    """Return one line: no server is configured, where one could be, and what to add there."""
    where = str(settings.file) if settings.file else f"no settings file ({' or '.join(map(str, DEFAULT_FILES))})"
    return f"{where}: no [[server]] is set; add one with name, host, username and secret_file"


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """The data folder if none is set: $XDG_DATA_HOME/faxstore, else ~/.local/share/faxstore."""
    xdg = Path(environ.get("XDG_DATA_HOME", ""))
    if xdg.is_absolute():
        return xdg / "faxstore"
    return Path(environ.get("HOME") or Path.home()) / ".local" / "share" / "faxstore"


def _servers(top: Table, environ: Mapping[str, str], warnings: list[str]) -> tuple[ServerSettings, ...]:
    servers: list[ServerSettings] = []
    for raw in top.get("server", (list,), "a list of tables: [[server]]", []):
        if not isinstance(raw, dict):
            raise top.error("server", "must be a list of tables: [[server]]")
        server = _server(raw, top.file, len(servers) + 1, environ, warnings)
        for other in servers:
            if other.name == server.name:
                raise top.error("server.name", f"{quoted(server.name)} is used twice; give each server its own name")
            variable = secret_variable(server.name)
            if secret_variable(other.name) == variable and variable in environ:
                raise UsageError(f"{variable} matches both {other.name} and {server.name}; use secret_file for them")
        servers.append(server)
    return tuple(servers)


def _server(
    raw: dict[str, Any], file: str, ordinal: int, environ: Mapping[str, str], warnings: list[str]
) -> ServerSettings:
    label = quoted(raw["name"]) if raw.get("name") else ordinal
    table = Table(raw, file, f"server {label}: ", SERVER_KEYS)
    name = table.required("name", MAX_NAME)
    if problem := name_problem(name):
        raise table.error("name", problem)
    tls = _tls(table)
    if tls is not None and not tls.verify:
        warnings.append(
            f"{table.file}: {table.prefix}tls.verify is false: anyone on the network path can impersonate this server"
            " and read its secret and its faxes; set ca_file instead"
        )
    return ServerSettings(
        name=name,
        host=table.required("host", 253, blanks=False),
        port=int(table.number("port", 5038, 1, 65535, whole=True)),
        username=table.required("username", 200),
        secret=secret_of(table, secret_variable(name), environ, warnings),
        tls=tls,
        poll_interval=float(table.number("poll_interval", 1.0, *INTERVALS)),
        idle_interval=float(table.number("idle_interval", 5.0, *INTERVALS)),
    )


def _tls(server: Table) -> Tls | None:
    value = server.get("tls", (bool, dict), 'true, false or { ca_file = "...", verify = true }', False)
    if not isinstance(value, dict):
        return Tls() if value else None
    table = Table(value, server.file, f"{server.prefix}tls.", TLS_KEYS)
    ca_file = table.path("ca_file")
    if ca_file is not None and not ca_file.is_file():
        raise table.error("ca_file", f"must be a file of certificates; {ca_file} is not a file")
    return Tls(ca_file, table.get("verify", (bool,), "true or false", True))


def _has_password(database: Table) -> bool:
    try:
        return bool(conninfo_to_dict(database.hidden_text("dsn") or "").get("password"))
    except (ProgrammingError, UnicodeEncodeError):
        return True  # check_dsn rejects it; it may contain a password nevertheless


def _log_format(top: Table, environ: Mapping[str, str]) -> LogFormat:
    in_file, variable = top.text("log_format"), environ.get("FAXSTORE_LOG_FORMAT")
    for source, value in ((f"{top.file}: log_format", in_file), ("FAXSTORE_LOG_FORMAT", variable)):
        if value and value not in list(LogFormat):
            raise UsageError(f"{source} must be {' or '.join(LogFormat)}, not {quoted(value)}")
    return LogFormat(variable or in_file or LogFormat.TEXT)


def _workers(top: Table, environ: Mapping[str, str]) -> int | None:
    in_file: int | None = top.number("workers", 0, 1, MOST_WORKERS, whole=True) if "workers" in top.raw else None
    variable = environ.get("FAXSTORE_WORKERS")
    if not variable:
        return in_file
    if not variable.isdecimal() or not 1 <= int(variable) <= MOST_WORKERS:
        raise UsageError(f"FAXSTORE_WORKERS must be a whole number from 1 to {MOST_WORKERS}, not {quoted(variable)}")
    return int(variable)


def _number(top: Table, environ: Mapping[str, str], key: str, default: float, limits: tuple[float, float]) -> float:
    in_file = float(top.number(key, default, *limits))
    name = f"FAXSTORE_{key.upper()}"
    variable = environ.get(name)
    if not variable:
        return in_file
    least, most = limits
    with suppress(ValueError):
        if least <= float(variable) <= most:
            return float(variable)
    raise UsageError(f"{name} must be a number from {least:g} to {most:g}, not {quoted(variable)}")


def check_dsn(dsn: str, source: str) -> Mapping[str, Any]:
    """Return the parameters of a DSN.

    Raises UsageError for an invalid one, without libpq's message: it may quote a part of the password.
    """
    try:
        return conninfo_to_dict(dsn)
    except (ProgrammingError, UnicodeEncodeError) as error:
        allowed = "postgresql://user@host/database or host=... dbname=... user=..."
        raise UsageError(f"{source} is not a connection string of PostgreSQL; allowed: {allowed}") from error
