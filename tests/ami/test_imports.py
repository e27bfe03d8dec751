"""The imports of the live wire: panoramisk only behind its guard, and no database."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import faxstore

PRODUCT = Path(faxstore.__file__).parent
LOADED = "import sys, faxstore.ami.collector; print(*sorted({'psycopg', 'sqlalchemy', 'sqlite3'} & set(sys.modules)))"


def test_only_the_guard_imports_panoramisk() -> None:
    importing = [
        str(file.relative_to(PRODUCT))
        for file in PRODUCT.rglob("*.py")
        if re.search(r"^\s*(?:from|import) panoramisk", file.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert importing == ["ami/guard.py"]


def test_the_collector_loads_no_database_library() -> None:
    loaded = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert loaded.stdout == "\n"
