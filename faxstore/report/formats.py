"""How rows come out."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

Row = Mapping[Any, Any]
"""One row by the names of its columns."""


class Format(StrEnum):
    """How rows come out."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
