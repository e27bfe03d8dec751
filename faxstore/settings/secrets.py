"""The secrets of servers, and warnings about files with secrets that every user of the machine can read."""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path

from faxstore.settings.toml_file import Table
from faxstore.settings.values import Secret
from faxstore.system.files import read_text


def secret_variable(name: str) -> str:
    """The environment variable with the secret of the server of that name."""
    return "FAXSTORE_SECRET_" + re.sub("[^A-Z0-9]", "_", name.upper())


def secret_of(server: Table, variable: str, environ: Mapping[str, str], warnings: list[str]) -> Secret:
    """The secret of a server from its variable, else from its `secret_file`, else from `secret`.

    systemd's copy of the secret file, if there is one, is read instead of the file.
    A secret that cannot be read is not an error yet: commands that connect to no server do not need it.
    """
    file, inline = server.path("secret_file"), server.hidden_text("secret")
    if file is not None and inline is not None:
        raise server.error("secret", "and secret_file are both set; keep one of them")
    if environ.get(variable):
        return _checked(environ[variable], variable)
    if file is not None:
        return _read(_loaded(file, environ), f"{server.file}: {server.prefix}secret_file", warnings)
    if inline is not None:
        return _checked(inline, f"{server.file}: {server.prefix}secret")
    return Secret("", f"{server.file}: {server.prefix}secret_file is missing; set it, or the variable {variable}")


def warn_if_open(file: Path, warnings: list[str]) -> None:
    """Add a warning if every user of the machine can read or change the file.

    Access for the group is no reason to warn: root:faxstore with mode 640 is a usual setup.
    """
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & stat.S_IRWXO:
        warnings.append(
            f"{file} contains a secret and is accessible to every user of this machine (mode {mode:03o}):"
            f" chmod o-rwx {shlex.quote(str(file))}"
        )


def _loaded(file: Path, environ: Mapping[str, str]) -> Path:
    """The copy of the file that systemd loaded for this service; the file itself without one.

    `LoadCredential=secrets:/etc/faxstore/secrets` loads each file of that folder as `secrets_FILE` (systemd.exec(5)).
    """
    folder = environ.get("CREDENTIALS_DIRECTORY")
    copy = Path(folder, f"{file.absolute().parent.name}_{file.name}") if folder else file
    return copy if copy.is_file() else file


def _read(file: Path, where: str, warnings: list[str]) -> Secret:
    try:
        text = read_text(file)
    except OSError as error:
        return Secret("", f"{where}: {file}: {error.strerror}")
    except UnicodeDecodeError:
        return Secret("", f"{where}: {file} is not UTF-8 text")
    warn_if_open(file, warnings)
    return _checked(text.removesuffix("\n").removesuffix("\r"), f"{where}: {file}")


def _checked(value: str, where: str) -> Secret:
    if not value or not value.isprintable():
        return Secret("", f"{where}: the secret must be one line of printable text, not empty")
    return Secret(value)
