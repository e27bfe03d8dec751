"""`faxstore` with a clock that can be set while it runs: a file contains by how many seconds it is wrong.

    python -m tests.kit.stepped_clock FILE --config faxstore.toml ingest

It also polls as often as tests.kit.fast_polls. Everything else runs as in production.
"""

from __future__ import annotations

import sys
from pathlib import Path
from unittest.mock import patch

from faxstore import cli
from faxstore.ami import lines
from faxstore.observations import MICROSECONDS
from tests.kit.fast_polls import allowed


def main() -> None:
    """Run the command line: the file, then the arguments of faxstore."""
    file, correct = Path(sys.argv.pop(1)), lines.now

    def wrong() -> int:
        return correct() + int(file.read_text()) * MICROSECONDS

    with allowed, patch("faxstore.ami.lines.now", wrong), patch("faxstore.ami.guard.now", wrong):
        cli.main()


if __name__ == "__main__":
    main()
