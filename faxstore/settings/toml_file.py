"""The settings file as checked tables.  Each error is one line with the file, the key and what is allowed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faxstore.errors import UsageError
from faxstore.system.files import read_text


class Table:
    """A table of the settings file; its methods return checked values and raise UsageError.

    `prefix` precedes the keys in errors: `server "pbx1": ` or `database.`.
    """

    def __init__(self, raw: Mapping[str, Any], file: str, prefix: str, allowed: tuple[str, ...]) -> None:
        self.raw = raw
        self.file = file
        self.prefix = prefix
        for key in raw:
            if key not in allowed:
                raise self.error(key, f"is unknown; allowed: {', '.join(allowed)}")

    def error(self, key: str, problem: str) -> UsageError:
        return UsageError(f"{self.file}: {self.prefix}{key} {problem}")

    def get(self, key: str, types: tuple[type, ...], allowed: str, default: Any) -> Any:
        """The value, of one of the types; a bool is not accepted as a number."""
        if key not in self.raw:
            return default
        value = self.raw[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise self.error(key, f"must be {allowed}, not {quoted(value)}")
        return value

    def text(self, key: str, max_length: int = 1000, blanks: bool = True) -> str | None:
        """Printable text without blanks at its ends; `blanks=False` allows none inside either."""
        allowed = f"printable text of 1 to {max_length} characters" + ("" if blanks else " without blanks")
        value: str | None = self.get(key, (str,), allowed, None)
        if value is None:
            return None
        if not is_line(value, max_length) or (not blanks and any(map(str.isspace, value))):
            raise self.error(key, f"must be {allowed}, not {quoted(value)}")
        return value

    def hidden_text(self, key: str) -> str | None:
        """Text that may contain a password; errors do not quote it."""
        value = self.raw.get(key)
        if value is not None and not isinstance(value, str):
            raise self.error(key, "must be text in quotes")
        return value

    def required(self, key: str, max_length: int = 1000, blanks: bool = True) -> str:
        """Text that must be set."""
        value = self.text(key, max_length, blanks)
        if value is None:
            raise self.error(key, "is missing")
        return value

    def path(self, key: str) -> Path | None:
        """A path; a relative one is relative to the folder of the settings file."""
        value = self.text(key)
        return Path(self.file).parent / expand_user(Path(value)) if value is not None else None

    def number(self, key: str, default: float, minimum: float, maximum: float, whole: bool = False) -> Any:
        """A number within these limits."""
        allowed = f"a {'whole ' if whole else ''}number from {minimum:g} to {maximum:g}"
        value = self.get(key, (int,) if whole else (int, float), allowed, default)
        if not minimum <= value <= maximum:
            raise self.error(key, f"must be {allowed}, not {value}")
        return value


def read_toml(file: Path) -> dict[str, Any]:
    """Parse the file.  Raises UsageError if it cannot be read or is not TOML."""
    try:
        return tomllib.loads(read_text(file))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not a settings file: not UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: is not TOML: {str(error).splitlines()[0]}") from error


def is_line(text: str, max_length: int) -> bool:
    """Whether text is printable, neither empty nor too long (in characters), and without blanks at its ends."""
    return 0 < len(text) <= max_length and text.isprintable() and text == text.strip()


def expand_user(path: Path) -> Path:
    """The path with ~ expanded, or unchanged if there is no home folder."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def quoted(value: object) -> str:
    """The value for an error message: printable, at most 60 characters."""
    text = f'"{value}"' if isinstance(value, str) else f"{value!r}"
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 60 else text[:57] + "..."
