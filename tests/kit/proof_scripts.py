"""Runs the scripts of docs/how-to/proofs.md as a reader would, without faxstore."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "proofs.md"


def written(path: Path, imports: str) -> Path:
    """Writes the script of that page with exactly these imports to a file; it has at most 40 lines."""
    scripts = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (source,) = [one for one in scripts if re.findall(r"import (.+)", one) == [imports]]
    assert len(source.splitlines()) <= 40
    path.write_text(source)
    return path


def run(script: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs the script with these files as its arguments, by name."""
    for name, text in files.items():
        (script.parent / name).write_text(text)
    command = [sys.executable, "-I", script.name, *files]
    return subprocess.run(command, cwd=script.parent, env={}, capture_output=True, text=True, timeout=60, check=False)
