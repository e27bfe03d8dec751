"""The scripts of docs/how-to/proofs.md, run as anyone would, with nothing of ours around them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "proofs.md"


def written(path: Path, imports: str) -> Path:
    """The script of that page that imports just these modules, as a file; of 40 lines at most."""
    scripts = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (source,) = [one for one in scripts if re.findall(r"import (.+)", one) == [imports]]
    assert len(source.splitlines()) <= 40
    path.write_text(source)
    return path


def run(script: Path, files: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """That script, given these files by their names."""
    for name, text in files.items():
        (script.parent / name).write_text(text)
    command = [sys.executable, "-I", script.name, *files]
    return subprocess.run(command, cwd=script.parent, env={}, capture_output=True, text=True, timeout=60, check=False)
