"""Runs the played server by hand: an AMI server on 127.0.0.1 that plays one recording.

It accepts the given user and secret, answers the actions that faxstore sends from the current position of the
recording, sends the recorded events, and is down while the recorded server was down.  At the end of the recording it
stays up with its last state.  Run it with

    python -m faxstore.demo.replay FILE --port 5038 --speed 20
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from faxstore.demo.pacing import ByClock, LockStep, Pacing
from faxstore.demo.recording import Recording, load
from faxstore.demo.server import HOST, ReplayServer
from faxstore.errors import FaxstoreError

__all__ = ["ByClock", "LockStep", "Recording", "ReplayServer", "load", "main"]


async def _serve(recording: Recording, pacing: Pacing, arguments: argparse.Namespace) -> None:
    async with ReplayServer(
        recording, pacing, username=arguments.username, secret=arguments.secret, port=arguments.port
    ) as server:
        print(f"Playing {arguments.file} on {HOST}:{server.port}. Stop with Ctrl-C.", file=sys.stderr)
        await server.finished.wait()
        print("The recording has ended; the server stays up with its last state.", file=sys.stderr)
        await asyncio.Event().wait()


def main() -> int:
    """Run the played server, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m faxstore.demo.replay", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", help="a recording, as `faxstore record` writes it; may be gzipped")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any free port)")
    parser.add_argument("--speed", type=float, default=20.0, help="how many times faster than recorded (default: 20)")
    parser.add_argument(
        "--lock-step", action="store_true", help="advance with the client's polls, so it misses nothing"
    )
    parser.add_argument("--username", default="faxstore", help="user who may log in (default: faxstore)")
    parser.add_argument("--secret", default="replay", help="secret of that user (default: replay)")
    arguments = parser.parse_args()
    if not arguments.speed > 0:
        parser.error(f"--speed must be above 0, not {arguments.speed}")
    try:
        recording = load(arguments.file)
        pacing = LockStep(arguments.speed) if arguments.lock_step else ByClock(arguments.speed)
        asyncio.run(_serve(recording, pacing, arguments))
    except FaxstoreError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except OSError as error:
        print(f"port {arguments.port}: {error.strerror}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
