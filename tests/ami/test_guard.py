"""The guard is the only module that imports panoramisk."""

from __future__ import annotations

import re
from pathlib import Path

import faxstore

PRODUCT = Path(faxstore.__file__).parent


def test_only_the_guard_imports_panoramisk() -> None:
    importing = [
        str(file.relative_to(PRODUCT))
        for file in PRODUCT.rglob("*.py")
        if re.search(r"^\s*(?:from|import) panoramisk", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert importing == ["ami/guard.py"]
