"""The start of the program: `faxstore`, and `python -m faxstore`.

It handles signals before it imports the command line, which takes a third of a second.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from faxstore.system import garbage, interruption, streams


def main() -> NoReturn:
    """Run the command line and exit with its status; a signal ends it in one line."""
    try:
        interruption.install()
        streams.prepare()
        try:
            from faxstore import cli

            garbage.search_rarely()
            cli.main()
        finally:
            interruption.ignore()
    except interruption.Interrupted:  # outside of the command: while it was imported, or while it printed its last line
        number = interruption.received() or 0
        interruption.ignore()
        status, line = interruption.outcome(number)
        sys.stderr.write(f"faxstore: {line}\n")
        raise SystemExit(status) from None


if __name__ == "__main__":
    main()
