"""Plays the recordings of the demo as AMI servers, for an ingestor in another place: deploy/compose.yaml runs it.

    python -m faxstore.demo --host 0.0.0.0      # pbx1 on port 5038, pbx2 on 5039, pbx3 on 5040

Each server waits for an ingestor that polls it, plays its recording once, and then stays up until this program is
stopped. User and secret are those of faxstore.demo.answers; the faxes of the recordings were made for tests.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack

from faxstore.demo.run import SERVERS, recording_of
from faxstore.demo.server import HOST, ReplayServer

PORTS = (5038, 5039, 5040)


async def play(host: str, ports: Sequence[int], speed: float) -> None:
    """Play all recordings at these ports of the address until SIGTERM or SIGINT.  Raises OSError if a port is taken."""
    stopped, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with AsyncExitStack() as stack:
        for (name, what), port in zip(SERVERS.items(), ports, strict=True):
            await stack.enter_async_context(ReplayServer(recording_of(name), speed=speed, host=host, port=port))
            print(f"{name} on {host}:{port} {what}", flush=True)
        await stopped.wait()


def main() -> int:
    """Run the program from the command line."""
    parser = argparse.ArgumentParser(prog="python -m faxstore.demo", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--host", default=HOST, help=f"address to listen on (default: {HOST})")
    parser.add_argument("--ports", type=int, nargs=len(SERVERS), default=PORTS, metavar="PORT", help="one per server")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times faster than recorded (default: 1)")
    arguments = parser.parse_args()
    try:
        asyncio.run(play(arguments.host, arguments.ports, arguments.speed))
    except OSError as error:
        print(f"faxstore: cannot listen: {error.strerror or error}; choose other --host or --ports", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
