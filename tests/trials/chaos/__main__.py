"""`python -m tests.trials.chaos`: one run, a line per fault, and the judgement; exits with 1 if anything differs."""

from __future__ import annotations

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.trials.chaos.chaos_run import run
from tests.trials.chaos.judge import judge, report


def chaos(seed: int, seconds: float, sessions: int, every: float, keep: bool = False) -> tuple[bool, str]:
    """Runs and judges once; returns whether everything is right, and the report."""
    folder = Path(tempfile.mkdtemp(prefix="faxstore-chaos-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        return asyncio.run(_run_and_judge(folder, seed, seconds, sessions, every))
    finally:
        if keep:
            print(f"kept: {folder}", flush=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


async def _run_and_judge(folder: Path, seed: int, seconds: float, sessions: int, every: float) -> tuple[bool, str]:
    outcome, postgres = await run(folder, seed, seconds, sessions, every, _say)
    try:
        differences = await asyncio.to_thread(judge, outcome)
    finally:
        await postgres.kill()
    text = report(outcome, differences)
    if differences.found:
        text += (
            f"\n\nseed {seed}: not as it must be; the same faults again:\n  {command(seed, seconds, sessions, every)}"
        )
        text += f"\n\nthe ingestor's last words:\n{_last_words(folder)}"
    return not differences.found, text


def command(seed: int, seconds: float, sessions: int, every: float) -> str:
    """The command that repeats a run."""
    options = f"--seed {seed} --minutes {seconds / 60:g} --sessions {sessions} --every {every:g}"
    return f"python -m tests.trials.chaos {options}"


def _last_words(folder: Path) -> str:
    return (folder / "ingest.log").read_text(errors="replace")[-3000:]


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.trials.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="default: drawn")
    parser.add_argument("--minutes", type=float, default=11.5, help="of faults; settling and judging come on top")
    parser.add_argument("--sessions", type=int, default=300)
    parser.add_argument("--every", type=float, default=2.75, help="seconds between two faults, on average")
    parser.add_argument("--keep", action="store_true", help="keep the database, the spool and the logs")
    given = parser.parse_args()
    print(f"seed {given.seed}: {command(given.seed, given.minutes * 60, given.sessions, given.every)}", flush=True)
    well, text = chaos(given.seed, given.minutes * 60, given.sessions, given.every, given.keep)
    print(text)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
