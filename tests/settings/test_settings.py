"""Settings from a file, the environment and options; every mistake is one clear line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faxstore.errors import UsageError
from faxstore.settings import loading as settings
from faxstore.settings.values import Tls

PBX = '[[server]]\nname = "pbx1"\nhost = "10.0.0.5"\nusername = "faxstore"\n'

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str) -> Path:
        file = tmp_path / "faxstore.toml"
        file.write_text(text, encoding="utf-8")
        file.chmod(0o600)
        return file

    return write


def error_of(config: Path, environ: dict[str, str] | None = None) -> str:
    """The one line of the error for this settings file."""
    with pytest.raises(UsageError) as raised:
        settings.require_servers(settings.load(config, environ or {}))
    assert raised.value.exit_status == 2
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_complete_file(write: Write, tmp_path: Path) -> None:
    (tmp_path / "pbx1.secret").write_text("s3cret\n")
    (tmp_path / "pbx1.secret").chmod(0o600)
    (tmp_path / "ca.pem").write_text("a certificate")
    file = write(
        'data_dir = "data"\n[database]\ndsn = "postgresql://fax_ingest@db/fax"\n'
        + PBX
        + 'port = 5039\nsecret_file = "pbx1.secret"\npoll_interval = 2\nidle_interval = 7.5\n'
        + 'tls = { ca_file = "ca.pem", verify = true }\n'
    )
    loaded = settings.load(file, {})
    (server,) = settings.require_servers(loaded)
    assert (loaded.dsn, loaded.data_dir) == ("postgresql://fax_ingest@db/fax", tmp_path / "data")
    assert (server.name, server.host, server.port, server.username) == ("pbx1", "10.0.0.5", 5039, "faxstore")
    assert (server.poll_interval, server.idle_interval) == (2.0, 7.5)
    assert server.tls == Tls(tmp_path / "ca.pem", verify=True)
    assert server.secret.reveal() == "s3cret"
    assert loaded.warnings == ()


def test_defaults(write: Write) -> None:
    (server,) = settings.load(write(PBX), {}).servers
    assert (server.port, server.tls, server.poll_interval, server.idle_interval) == (5038, None, 1.0, 5.0)


@pytest.mark.parametrize(("value", "tls"), [("true", Tls(None, verify=True)), ("false", None), ("{}", Tls())])
def test_tls_is_true_false_or_a_table(write: Write, value: str, tls: Tls | None) -> None:
    (server,) = settings.load(write(f"{PBX}tls = {value}\n"), {}).servers
    assert server.tls == tls


def test_without_a_file_there_are_defaults_and_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(settings, "DEFAULT_FILES", (Path("faxstore.toml"),))
    loaded = settings.load(None, {"HOME": "/home/fax"})
    assert (loaded.dsn, loaded.servers, loaded.data_dir) == (None, (), Path("/home/fax/.local/share/faxstore"))
    with pytest.raises(UsageError, match=r"no settings file .*faxstore\.toml.*: no \[\[server\]\] is set"):
        settings.require_servers(loaded)


def test_the_file_in_the_working_folder_is_found(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(PBX)
    monkeypatch.chdir(tmp_path)
    assert [server.name for server in settings.load(None, {}).servers] == ["pbx1"]


def test_faxstore_config_names_the_file(write: Write) -> None:
    assert settings.load(None, {"FAXSTORE_CONFIG": str(write(PBX))}).servers[0].name == "pbx1"


def test_the_data_folder_is_in_xdg_data_home(write: Write) -> None:
    assert settings.load(write(""), {"XDG_DATA_HOME": "/xdg"}).data_dir == Path("/xdg/faxstore")


def test_options_override_variables_and_these_override_the_file(write: Write) -> None:
    file = write('data_dir = "/file"\n[database]\ndsn = "dbname=file"\n')
    environ = {"FAXSTORE_DSN": "dbname=environment", "FAXSTORE_DATA_DIR": "/environment"}
    by_environment = settings.load(file, environ)
    by_flag = settings.load(file, environ, dsn="dbname=flag", data_dir=Path("/flag"))
    assert (by_environment.dsn, by_environment.data_dir) == ("dbname=environment", Path("/environment"))
    assert (by_flag.dsn, by_flag.data_dir) == ("dbname=flag", Path("/flag"))


def test_an_empty_variable_counts_as_not_set(write: Write) -> None:
    file = write('[database]\ndsn = "dbname=file"\n')
    assert settings.load(file, {"FAXSTORE_DSN": "", "FAXSTORE_CONFIG": ""}).dsn == "dbname=file"


def test_a_secret_in_a_variable_overrides_the_file(write: Write) -> None:
    file = write(PBX.replace("pbx1", "pbx-1 süd") + 'secret = "from the file"\n')
    (server,) = settings.load(file, {"FAXSTORE_SECRET_PBX_1_S_D": "from the environment"}).servers
    assert server.secret.reveal() == "from the environment"


def test_a_repr_hides_passwords(write: Write) -> None:
    loaded = settings.load(write(PBX + 'secret = "hidden1"\n'), {"FAXSTORE_DSN": "postgresql://u:hidden2@db/fax"})
    assert "hidden" not in repr(loaded)
    assert "***" in repr(loaded)


def test_the_copy_of_a_secret_file_that_systemd_loaded_is_read_instead(write: Write, tmp_path: Path) -> None:
    """LoadCredential=secrets:/etc/faxstore/secrets copies the file pbx1 of that folder to secrets_pbx1."""
    (tmp_path / "secrets_pbx1").write_text("the copy\n")
    (tmp_path / "secrets_pbx1").chmod(0o400)
    loaded_by_systemd = {"CREDENTIALS_DIRECTORY": str(tmp_path)}

    def secret(file: str, environ: dict[str, str]) -> str:
        return settings.load(write(PBX + f'secret_file = "{file}"\n'), environ).servers[0].secret.reveal()

    assert secret("/etc/faxstore/secrets/pbx1", loaded_by_systemd) == "the copy"
    (tmp_path / "pbx1").write_text("the file\n")
    assert secret("pbx1", loaded_by_systemd) == "the file"  # it is in another folder: not a copy of it
    assert secret("pbx1", {**loaded_by_systemd, "FAXSTORE_SECRET_PBX1": "the variable"}) == "the variable"
    with pytest.raises(UsageError, match="secret_file: /etc/faxstore/secrets/pbx1: "):
        secret("/etc/faxstore/secrets/pbx1", {})


def test_warning_for_a_secret_that_every_user_can_read(write: Write, tmp_path: Path) -> None:
    secret = tmp_path / "pbx1.secret"
    secret.write_text("s3cret")
    secret.chmod(0o644)
    in_own_file = settings.load(write(PBX + 'secret_file = "pbx1.secret"\n'), {})
    open_file = write(PBX + 'secret = "s3cret"\n')
    open_file.chmod(0o644)
    assert in_own_file.warnings == (
        f"{secret} contains a secret and is accessible to every user of this machine (mode 644): chmod o-rwx {secret}",
    )
    assert [f"{open_file} contains a secret" in line for line in settings.load(open_file, {}).warnings] == [True]


@pytest.mark.parametrize(
    ("dsn", "mode", "warned"),
    [
        ("postgresql://fax:hidden@db/fax", 0o644, True),
        ("host=db password=hidden", 0o604, True),
        ("postgresql://fax:hidden@db/fax", 0o640, False),
        ("postgresql://fax@db/fax", 0o644, False),
    ],
)
def test_warning_for_a_password_that_every_user_can_read(write: Write, dsn: str, mode: int, warned: bool) -> None:
    file = write(f'[database]\ndsn = "{dsn}"\n')
    file.chmod(mode)
    warnings = settings.load(file, {}).warnings
    assert [(f"chmod o-rwx {file}" in line, "hidden" in line) for line in warnings] == [(True, False)] * warned


def test_the_suggested_command_quotes_the_name_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "my settings.toml"
    file.write_text(PBX + 'secret = "s"\n')
    file.chmod(0o666)
    assert settings.load(file, {}).warnings[0].endswith(f"(mode 666): chmod o-rwx '{file}'")


def test_warning_for_a_certificate_that_is_not_verified(write: Write) -> None:
    (line,) = settings.load(write(f"{PBX}tls = {{ verify = false }}\n"), {}).warnings
    assert 'server "pbx1": tls.verify is false: anyone on the network path can impersonate this server' in line


def test_the_format_of_the_log(write: Write) -> None:
    assert settings.load(write(""), {}).log_format == "text"
    file = write('log_format = "json"\n')
    assert settings.load(file, {}).log_format == "json"
    assert settings.load(file, {"FAXSTORE_LOG_FORMAT": "text"}).log_format == "text"
    assert error_of(file, {"FAXSTORE_LOG_FORMAT": "xml"}) == 'FAXSTORE_LOG_FORMAT must be text or json, not "xml"'


def test_the_days_until_rows_are_packed(write: Write) -> None:
    assert settings.load(write(""), {}).pack_after == 2
    file = write("pack_after = 7\n")
    assert settings.load(file, {}).pack_after == 7
    assert settings.load(file, {"FAXSTORE_PACK_AFTER": "2.5"}).pack_after == 2.5
    with pytest.raises(UsageError, match='FAXSTORE_PACK_AFTER must be a number from 2 to 365, not "366"'):
        settings.load(file, {"FAXSTORE_PACK_AFTER": "366"})
    assert error_of(write("pack_after = 1\n")).endswith("pack_after must be a number from 2 to 365, not 1")


def test_the_seconds_until_a_total(write: Write) -> None:
    assert settings.load(write(""), {}).total_after == 300
    file = write("total_after = 60\n")
    assert settings.load(file, {}).total_after == 60
    assert settings.load(file, {"FAXSTORE_TOTAL_AFTER": "90.5"}).total_after == 90.5
    assert error_of(write("total_after = 0\n")).endswith("total_after must be a number from 1 to 86400, not 0")
    for value in ("soon", "0", "nan", "86401"):
        with pytest.raises(UsageError, match=f'FAXSTORE_TOTAL_AFTER must be a number from 1 to 86400, not "{value}"'):
            settings.load(write("total_after = 60\n"), {"FAXSTORE_TOTAL_AFTER": value})


def test_the_number_of_workers(write: Write) -> None:
    assert settings.load(write(""), {}).workers is None
    file = write("workers = 4\n")
    assert settings.load(file, {}).workers == 4
    assert settings.load(file, {"FAXSTORE_WORKERS": "2"}).workers == 2
    assert error_of(file, {"FAXSTORE_WORKERS": "0"}) == 'FAXSTORE_WORKERS must be a whole number from 1 to 64, not "0"'
    assert error_of(write("workers = 65\n")).endswith("workers must be a whole number from 1 to 64, not 65")


def test_warning_for_a_password_in_the_option_dsn(write: Write) -> None:
    warnings = settings.load(write(""), {}, dsn="postgresql://fax:hidden@db/fax").warnings
    assert [("--dsn" in line, "hidden" in line) for line in warnings] == [(True, False)]


def test_a_missing_secret_is_an_error_only_for_commands_that_need_servers(write: Write) -> None:
    loaded = settings.load(write(PBX + 'secret_file = "/none/such"\n'), {})
    assert loaded.servers[0].name == "pbx1"
    with pytest.raises(UsageError, match='server "pbx1": secret_file: /none/such: No such file'):
        settings.require_servers(loaded)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "no [[server]] is set; add one with name, host, username and secret_file"),
        (
            "servers = 1",
            "servers is unknown; allowed: data_dir, log_format, workers, total_after, pack_after, database, retention,"
            " metrics, server",
        ),
        ('log_format = "xml"', 'log_format must be text or json, not "xml"'),
        ("data_dir = 5", "data_dir must be printable text of 1 to 1000 characters, not 5"),
        ("database = 5", "database must be a table: [database], not 5"),
        ("[database]\nurl = 1", "database.url is unknown; allowed: dsn"),
        ("[database]\ndsn = 5", "database.dsn must be text in quotes"),
        ('[database]\ndsn = "hidden"', "database.dsn is not a connection string of PostgreSQL; allowed: postgresql://"),
        ("server = 5", "server must be a list of tables: [[server]], not 5"),
        ('[server]\nname = "a"', "server must be a list of tables: [[server]], not "),
        ("server = [5]", "server must be a list of tables: [[server]]"),
        ('[[server]]\nhost = "h"', "server 1: name is missing"),
        ('[[server]]\nname = ""', "server 1: name must be printable text of 1 to 100 characters"),
        ('[[server]]\nname = "a\\tb"', 'name must be printable text of 1 to 100 characters, not "a?b"'),
        ('[[server]]\nname = " a"', "name must be printable text"),
        (f'[[server]]\nname = "{"x" * 101}"', "name must be printable text of 1 to 100 characters"),
        (
            f'[[server]]\nname = "{"日" * 83}"',
            "is too long: its Parquet folder needs 256 bytes, 255 at most: shorten it",
        ),
        ('[[server]]\nname = "a"', 'server "a": host is missing'),
        ('[[server]]\nname = "a"\nhost = "b c"', "host must be printable text of 1 to 253 characters without blanks"),
        ('[[server]]\nname = "a"\nhost = "b"', 'server "a": username is missing'),
        (PBX, 'server "pbx1": secret_file is missing; set it, or the variable FAXSTORE_SECRET_PBX1'),
        (PBX + 'secret = ""', 'server "pbx1": secret: the secret must be one line of printable text'),
        (PBX + 'secret = "a\\r\\nb"', "secret: the secret must be one line of printable text"),
        (PBX + "secret = 12345", 'server "pbx1": secret must be text in quotes'),
        (PBX + 'secret = "a"\nsecret_file = "b"', "secret and secret_file are both set"),
        (PBX + 'secret_file = "."', 'server "pbx1": secret_file: '),
        (PBX + "port = 0", 'server "pbx1": port must be a whole number from 1 to 65535, not 0'),
        (PBX + "port = 65536", "port must be a whole number from 1 to 65535, not 65536"),
        (PBX + 'port = "5038"', 'port must be a whole number from 1 to 65535, not "5038"'),
        (PBX + "port = true", "port must be a whole number from 1 to 65535, not True"),
        (PBX + "port = 5038.0", "port must be a whole number from 1 to 65535, not 5038.0"),
        (PBX + "prot = 5038", 'server "pbx1": prot is unknown; allowed: name, host, port, username, secret_file'),
        (PBX + "poll_interval = 0", "poll_interval must be a number from 0.05 to 3600, not 0"),
        (PBX + "poll_interval = nan", "poll_interval must be a number from 0.05 to 3600, not nan"),
        (PBX + 'idle_interval = "5s"', 'idle_interval must be a number from 0.05 to 3600, not "5s"'),
        (PBX + 'tls = "yes"', 'tls must be true, false or { ca_file = "...", verify = true }, not "yes"'),
        (PBX + "tls = { cafile = 1 }", 'server "pbx1": tls.cafile is unknown; allowed: ca_file, verify'),
        (PBX + "tls = { verify = 1 }", "tls.verify must be true or false, not 1"),
        (PBX + 'tls = { ca_file = "none.pem" }', "tls.ca_file must be a file of certificates; "),
        (PBX + PBX, 'server.name "pbx1" is used twice; give each server its own name'),
        (PBX + "port = ", "is not TOML: "),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(write: Write, text: str, line: str) -> None:
    file = write(text)
    error = error_of(file)
    assert error.startswith(f"{file}: ")
    assert line in error
    assert "hidden" not in error
    assert "12345" not in error


def test_a_variable_that_matches_two_servers(write: Write) -> None:
    file = write(PBX + PBX.replace("pbx1", "PBX1"))
    assert error_of(file, {"FAXSTORE_SECRET_PBX1": "s"}) == (
        "FAXSTORE_SECRET_PBX1 matches both pbx1 and PBX1; use secret_file for them"
    )


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    assert error_of(tmp_path / "none.toml") == f"{tmp_path}/none.toml: No such file or directory"
    assert error_of(tmp_path) == f"{tmp_path}: Is a directory"
    assert error_of(binary) == f"{binary}: is not a settings file: not UTF-8 text"


def test_a_secret_file_that_is_not_text(write: Write, tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"\xff")
    assert error_of(write(PBX + 'secret_file = "s"')).endswith("/s is not UTF-8 text")


def test_the_error_for_a_bad_dsn_hides_its_password(write: Write) -> None:
    line = error_of(write(""), {"FAXSTORE_DSN": "postgresql://u:hidden@h:port/db x=1"})
    assert line.startswith("FAXSTORE_DSN is not a connection string of PostgreSQL")
    assert "hidden" not in line


@pytest.mark.parametrize(
    ("table", "environ", "where"),
    [
        ("", {}, None),
        ("[metrics]\n", {}, "127.0.0.1:9464"),
        ('[metrics]\nlisten = "[::1]:9500"\n', {}, "[::1]:9500"),
        ('[metrics]\nlisten = "[::1]:9500"\n', {"FAXSTORE_METRICS_LISTEN": "0.0.0.0:80"}, "0.0.0.0:80"),
        ("", {"FAXSTORE_METRICS_LISTEN": "10.0.0.7:9464"}, "10.0.0.7:9464"),
        ("", {"FAXSTORE_METRICS_LISTEN": ""}, None),
    ],
)
def test_metrics_are_served_if_the_table_or_the_variable_is_set(
    write: Write, table: str, environ: dict[str, str], where: str | None
) -> None:
    served = settings.load(write(PBX + table), environ).metrics
    assert (None if served is None else str(served)) == where


@pytest.mark.parametrize(
    "listen",
    ["9464", ":9464", "pbx:9464", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:9464", "1.2.3:9", "[x]:1"],
)
def test_where_metrics_are_served_is_an_ip_address_and_a_port(write: Write, listen: str) -> None:
    must = f'must be an IP address and a port from 1 to 65535, as in "127.0.0.1:9464" or "[::1]:9464", not "{listen}"'
    file = write(f'{PBX}[metrics]\nlisten = "{listen}"\n')
    assert error_of(file) == f"{file}: metrics.listen {must}"
    assert error_of(write(PBX), {"FAXSTORE_METRICS_LISTEN": listen}) == f"FAXSTORE_METRICS_LISTEN {must}"
