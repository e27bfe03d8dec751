"""`faxstore` that may poll more often than its settings allow.

    python -m tests.kit.fast_polls --config faxstore.toml ingest

A played server answers each poll with the next recorded list, so fast polls end a recording sooner and change nothing
else.
"""

from __future__ import annotations

from unittest.mock import patch

from faxstore import cli

INTERVAL = 0.01
"""Seconds between two polls; 0.05 is the least that faxstore accepts."""

allowed = patch("faxstore.settings.loading.INTERVALS", (INTERVAL, 3600.0))


if __name__ == "__main__":
    with allowed:
        cli.main()
