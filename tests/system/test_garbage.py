"""The program searches rarely for unused objects, and never through its modules."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, sys
from contextlib import suppress
from faxstore.__main__ import main
sys.argv = ["faxstore", "--version"]
with suppress(SystemExit):
    main()
print(gc.get_threshold(), gc.get_freeze_count() > 10_000)
"""


def test_the_program_searches_every_20000_objects_and_skips_its_modules() -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True).stdout
    assert said.splitlines()[1:] == ["(20000, 20, 100) True"]
