"""`faxstore` with a clock that can be set while it runs: a file holds by how many seconds it is wrong.

    python -m tests.kit.stepped_clock FILE --config faxstore.toml ingest

Everything else is the product's own process.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

from faxstore import cli
from faxstore.ami import lines
from faxstore.observations import MICROSECONDS


def main() -> None:
    """The command line: the file, then what faxstore takes."""
    file, right = Path(sys.argv.pop(1)), lines.now

    def wrong() -> int:
        return right() + int(file.read_text()) * MICROSECONDS

    with patch("faxstore.ami.lines.now", wrong), patch("faxstore.ami.guard.now", wrong):
        cli.main()


if __name__ == "__main__":
    main()
