"""A settings file as checked tables: whatever is wrong is one line that names file, key and what is allowed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faxstore.errors import UsageError


class Table:
    """One table of the file; every complaint names the file and the key."""

    def __init__(self, raw: Mapping[str, Any], file: str, prefix: str, allowed: tuple[str, ...]) -> None:
        self.raw = raw
        self.file = file
        self.prefix = prefix
        for key in raw:
            if key not in allowed:
                raise self.wrong(key, f"is unknown; allowed: {', '.join(allowed)}")

    def wrong(self, key: str, what: str) -> UsageError:
        return UsageError(f"{self.file}: {self.prefix}{key} {what}")

    def get(self, key: str, kinds: tuple[type, ...], allowed: str, default: Any) -> Any:
        """The value, of one of the kinds; a bool is no number here."""
        if key not in self.raw:
            return default
        value = self.raw[key]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise self.wrong(key, f"must be {allowed}, not {shown(value)}")
        return value

    def text(self, key: str, default: str | None, most: int = 1000, blanks: bool = True) -> str | None:
        allowed = f"printable text of 1 to {most} characters" + ("" if blanks else " without blanks")
        value: str | None = self.get(key, (str,), allowed, default)
        if value is None or key not in self.raw:
            return value
        blank = value != value.strip() or (not blanks and any(map(str.isspace, value)))
        if not value or len(value) > most or not value.isprintable() or blank:
            raise self.wrong(key, f"must be {allowed}, not {shown(value)}")
        return value

    def hidden_text(self, key: str) -> str | None:
        """Text that may hold a password: a complaint does not show it."""
        value = self.raw.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "must be text in quotes")
        return value

    def required(self, key: str, most: int = 1000, blanks: bool = True) -> str:
        value = self.text(key, None, most, blanks)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def path(self, key: str) -> Path | None:
        """A path; a relative one starts from the folder of the settings file."""
        value = self.text(key, None)
        return Path(self.file).parent / expanded(Path(value)) if value is not None else None

    def number(self, key: str, default: float, least: float, most: float, whole: bool = False) -> Any:
        allowed = f"a {'whole ' if whole else ''}number from {least:g} to {most:g}"
        value = self.get(key, (int,) if whole else (int, float), allowed, default)
        if not least <= value <= most:
            raise self.wrong(key, f"must be {allowed}, not {value}")
        return value


def read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: is not a settings file: not UTF-8 text") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: is not TOML: {str(error).splitlines()[0]}") from error


def expanded(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:  # no home is known: the tilde stays
        return path


def shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else f"{value!r}"
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= 60 else text[:57] + "..."
