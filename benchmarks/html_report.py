"""How long `faxstore report html` takes on a long history, how large the page is, and how soon a browser shows it.

    python -m benchmarks.fill --rows 10000000 --folder /var/tmp/hundred-thousand   # 100,000 sessions over a year
    python -m benchmarks.html_report --folder /var/tmp/hundred-thousand

The report is about the whole year, the audit report about a month.  Of each page it prints the seconds that the command
takes as a process, its size, the seconds from opening it in a real Chromium (tests/peers) to the frame after its load
event, and the memory of the command: each time the best of three, because other programs only make it longer.  It fails
if the browser requests anything or its console has a message.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.import_rate import hardware, timed
from faxstore.store import embedded
from tests.peers import chromium

RUNS = 3
PAGES = {
    "report html": ("html", "--from", "2025-01-01", "--to", "2026-01-01"),
    "report audit --format html": ("audit", "--from", "2025-03-01", "--to", "2025-04-01", "--format", "html"),
}
SHOWN = "new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))"


def seconds_to_show(browser: Any, page: Path) -> float:
    """The seconds until a browser shows a page.  Raises AssertionError for a request or a message of its console."""
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    happened: list[str] = []
    tab.on("console", lambda message: happened.append(message.text))
    tab.on("request", lambda request: happened.append(request.url))
    began = time.perf_counter()
    tab.goto(page.as_uri())
    tab.evaluate(SHOWN)
    took = time.perf_counter() - began
    tab.close()
    assert happened == [page.as_uri()], happened
    return took


def main() -> int:
    """Run the program from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="a database of benchmarks.fill")
    folder = parser.parse_args().folder
    print(f"{hardware()}, {time.strftime('%Y-%m-%d')}")
    with embedded.running(folder) as dsn, tempfile.TemporaryDirectory() as name, chromium.browser() as browser:
        for title, command in PAGES.items():
            page = Path(name) / "page.html"
            ran = [timed(dsn, "report", *command, "--output", str(page), "--force") for _ in range(RUNS)]
            seconds = min(took for took, _ in ran)
            memory = max(megabytes for _, megabytes in ran)
            shown = min(seconds_to_show(browser, page) for _ in range(RUNS))
            size = page.stat().st_size / 1e6
            print(f"| {title} | {seconds:.1f} s | {size:.2f} MB | {shown:.2f} s | {memory:.0f} MB |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
