"""Commands of faxstore that run beside the ingestor, and that are killed with -9 at random moments."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from contextlib import suppress

ALLOWED = (0, 1, 2, 3, -9)
"""Exit statuses while the database breaks: it may refuse, be read-only or unreachable."""


class Commands:
    """Runs `faxstore --dsn DSN ...` with low priority, and counts how the runs ended."""

    def __init__(self, dsn: str, rng: random.Random) -> None:
        self._dsn, self._rng = dsn, rng
        self.ends: Counter[str] = Counter()
        """How often each command ended by itself, failed, or was killed."""
        self.unclean: list[str] = []
        """Tracebacks and unexpected exit statuses."""

    async def run(self, name: str, *arguments: str, kills: float = 0.0) -> int:
        """Run a command; kill it with that probability within three seconds.  Return its exit status."""
        within = self._rng.uniform(0.3, 3.0) if self._rng.random() < kills else None
        process = await self._start(name, *arguments)
        try:
            reading = asyncio.create_task(process.communicate())
            if within is not None:
                await asyncio.wait([reading], timeout=within)
                with suppress(ProcessLookupError):
                    process.kill()
            _, error = await reading
        except asyncio.CancelledError:
            with suppress(ProcessLookupError):
                process.kill()
            raise
        self._count(name, process.returncode or 0, error.decode(errors="replace"))
        return process.returncode or 0

    async def _start(self, name: str, *arguments: str) -> asyncio.subprocess.Process:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FAXSTORE_")}
        separator = "&" if "?" in self._dsn else "?"
        dsn = f"{self._dsn}{separator}application_name=faxstore-{name}"
        return await asyncio.create_subprocess_exec(
            *("nice", "-n", "15", sys.executable, "-m", "faxstore", "--dsn", dsn, name, *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=environment,
        )

    def _count(self, name: str, status: int, error: str) -> None:
        self.ends[f"{name}: {'killed' if status == -9 else 'done' if status == 0 else 'failed'}"] += 1
        if status not in ALLOWED or "Traceback" in error:
            self.unclean.append(f"faxstore {name} ended with status {status}: {error[-600:]}")
