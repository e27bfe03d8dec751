"""A small AMI server that plays a recording to whoever connects, over real TCP on 127.0.0.1.

It takes the user and secret it is given, answers the actions that faxstore sends with what the recording
shows for the moment, sends the recording's events, and is away where the recorded server was.  After the
last step it stays up with the last state.  Run it by hand with

    python -m faxstore.demo.replay FILE --port 5038 --speed 20
"""

from __future__ import annotations

import argparse
import asyncio
import sys

from faxstore.demo.drive import ByClock, Drive, LockStep
from faxstore.demo.recording import Recording, load
from faxstore.demo.server import HOST, ReplayServer
from faxstore.errors import FaxstoreError

__all__ = ["ByClock", "LockStep", "Recording", "ReplayServer", "load", "main"]


async def _serve(recording: Recording, drive: Drive, arguments: argparse.Namespace) -> None:
    async with ReplayServer(
        recording, drive, username=arguments.username, secret=arguments.secret, port=arguments.port
    ) as server:
        print(f"Playing {arguments.file} on {HOST}:{server.port}. Stop with Ctrl-C.", file=sys.stderr)
        await server.finished.wait()
        print("The recording is through; the server stays up with its last state.", file=sys.stderr)
        await asyncio.Event().wait()


def main() -> int:
    """The command line of the replay server."""
    parser = argparse.ArgumentParser(prog="python -m faxstore.demo.replay", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", help="a recording, as `faxstore record` writes it; may be gzipped")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: any that is free)")
    parser.add_argument("--speed", type=float, default=20.0, help="times as quick as recorded (default: 20)")
    parser.add_argument("--lock-step", action="store_true", help="wait for the client's polls, so it misses nothing")
    parser.add_argument("--username", default="faxstore", help="who may log in (default: faxstore)")
    parser.add_argument("--secret", default="replay", help="with which secret (default: replay)")
    arguments = parser.parse_args()
    if not arguments.speed > 0:
        parser.error(f"--speed must be above 0, not {arguments.speed}")
    try:
        recording = load(arguments.file)
        drive = LockStep(arguments.speed) if arguments.lock_step else ByClock(arguments.speed)
        asyncio.run(_serve(recording, drive, arguments))
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
