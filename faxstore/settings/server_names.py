"""Which names a server may have, in the settings and on the command line, and the folder of a server.

A Parquet export has a folder per server (`server=pbx1`).  The name of a folder has at most 255 bytes, so a name must
fit there as well: every format can represent every name.
"""

from __future__ import annotations

from urllib.parse import quote

from faxstore.counted import counted
from faxstore.settings.toml_file import is_line, quoted

MAX_NAME = 100
"""The longest name of a server, in characters."""

NULL = "__HIVE_DEFAULT_PARTITION__"
"""NULL in a path, to Hive, Spark, Trino and DuckDB."""

MAX_FOLDER = 255
"""The longest name of a folder, in bytes (Linux: NAME_MAX)."""


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a server, to follow "name" or "--server"; None if it can be used."""
    if not is_line(name, MAX_NAME):
        return f"must be printable text of 1 to {MAX_NAME} characters, not {quoted(name)}"
    size = len(folder_name(name).encode())
    if size > MAX_FOLDER:
        needs = f"its Parquet folder needs {counted(size, 'bytes')}, {MAX_FOLDER} at most"
        return f"{quoted(name)} is too long: {needs}: shorten it"
    return None


def folder_name(name: str) -> str:
    """The Parquet folder of a server: its name with ASCII characters other than letters, digits and _.-~ as %XX.

    Other characters are unchanged: Hive, Spark and Trino decode each %XX to one character (Hive:
    FileUtils.unescapePathName), so they would not find ü in %C3%BC.  Their name for NULL is escaped as well.
    """
    if name == NULL:
        return f"server=%5F{name[1:]}"
    return "server=" + "".join(quote(letter, safe="") if letter.isascii() else letter for letter in name)
