"""python -m tests.trials.fuzz [--messages N] [--seed N]: feeds mutated messages; the printed seed repeats it."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys
import time

from tests.trials.fuzz.feed import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").split(": ")[1])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    begun = time.monotonic()
    try:
        feed = asyncio.run(run(arguments.messages, arguments.seed))
    except AssertionError as failure:
        print(f"failed with seed {arguments.seed}: {str(failure)[:2000]}", file=sys.stderr)
        return 1
    print(
        f"{arguments.messages:,} messages, framed as {feed.messages:,}, in {time.monotonic() - begun:.0f} s: "
        f"{feed.records:,} records, {feed.rejected:,} messages on record as rejected, {feed.idle:,} passed over "
        f"({feed.not_skipped:,} of them late); "
        f"{feed.connections:,} connections; the slowest read took {feed.slowest * 1000:.0f} ms of CPU"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
