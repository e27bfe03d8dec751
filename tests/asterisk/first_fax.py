"""Follows docs/how-to/install-debian.md on a fresh Debian until a fax is in the report, the bill and Prometheus.

    make first-fax

Runs every command of the guide, in its order and as it is written there, as root of a fresh Debian 12
(clean_debian.py).  A real Asterisk 22 (real_asterisk.py) listens on the port of the guide and sends itself a fax.  What
differs from an operator's machine: unit_starter.py stands in for systemd, Python packages come from a folder, and
Asterisk is not installed in the tree.  Needs root, and the ports of the guide.  Prints the time of each step.
"""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote
from urllib.request import urlopen

from tests.asterisk import pages
from tests.asterisk.calls import Fax, play, wait_until, wait_until_over
from tests.asterisk.clean_debian import Shell, clean_debian
from tests.asterisk.packages import lay_out
from tests.asterisk.real_asterisk import Server, SipPorts

TOP = Path(__file__).parents[2]
GUIDE = TOP / "docs/how-to/install-debian.md"
AMI, METRICS, PROMETHEUS = 5038, 9464, 9090
SOURCE, WHEELS = "/usr/local/src/faxstore", "/wheels"
PYTHON = "3.11"
"""The Python of Debian 12."""

MANAGER = """
[general]
enabled = yes
bindaddr = 127.0.0.1
port = {port}

[tests]
secret = {secret}
read = call
write = originate,call,reporting,system,command
"""
"""manager.conf before the guide: Asterisk listens, and the user `tests` starts the fax."""


def steps() -> list[tuple[str, str]]:
    """The shell blocks of the guide, each with its heading."""
    found, heading, text = list[tuple[str, str]](), "", GUIDE.read_text(encoding="utf-8")
    for match in re.finditer(r"^## ([^\n]*)$|^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        heading = match[1] or heading
        if match[2]:
            found.append((heading, match[2]))
    return found


def main() -> int:
    """Run the program from the command line."""
    if problem := obstacle():
        print(f"first-fax: {problem}", file=sys.stderr)
        return 2
    with TemporaryDirectory(prefix="faxstore-first-fax-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with asterisk(folder) as server:
            shared = {SOURCE: source(folder / "source"), WHEELS: wheels(folder / "wheels"), name: folder}
            shared |= {"/etc/asterisk": server.home / "etc", str(lay_out("22").root): lay_out("22").root}
            files = {
                "/usr/local/bin/systemctl": (Path(__file__).parent / "unit_starter.py").read_text(encoding="utf-8"),
                "/usr/sbin/asterisk": f'#!/bin/sh\nexec {" ".join(server.command)} "$@"',
            }
            variables = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": WHEELS}
            with clean_debian(files, shared, variables) as shell:
                follow(shell, server, folder)
    return 0


def obstacle() -> str | None:
    """What this machine lacks; None if nothing."""
    if os.geteuid() != 0:
        return "only root can mount a fresh Debian: run it as root"
    for port in (AMI, METRICS, PROMETHEUS):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return f"something listens on port {port} of 127.0.0.1, which the guide uses: stop it first"
    return None


def asterisk(folder: Path) -> Server:
    """An Asterisk that listens on the port of the guide and knows nothing of faxstore."""
    server = Server(lay_out("22"), folder / "asterisk", SipPorts(25060, 25062, 25064))
    server.port = AMI
    (server.home / "etc/manager.conf").write_text(MANAGER.format(port=AMI, secret=server.secret))
    (server.home / "etc/res_fax.conf").write_text("[general]\nmaxrate = 14400\n")
    return server


def source(folder: Path) -> Path:
    """The files that a clone of this repository has."""
    folder.mkdir()
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=TOP, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "--extract", "--directory", folder], input=packed, check=True)
    return folder


def wheels(folder: Path) -> Path:
    """The packages that the guide installs, for the Python of the tree."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    (extras,) = re.findall(r"'\.\[(.*?)\]'", GUIDE.read_text(encoding="utf-8"))
    for extra in extras.split(","):
        wanted += project["project"]["optional-dependencies"][extra]
    options = ["-qq", "--python-version", PYTHON, "--only-binary=:all:", "--dest", folder]
    command = [sys.executable, "-m", "pip", "download", *options, "-c", TOP / "constraints.txt", *wanted]
    subprocess.run(command, check=True)
    return folder


def follow(shell: Shell, server: Server, folder: Path) -> None:
    """Run the steps of the guide, with a fax before the last one, and check what the last one shows."""
    *first, (heading, last) = steps()
    began = time.monotonic()
    for title, script in first:
        timed(title, lambda script=script: shell.run(f"cd {SOURCE}\n{script}"))  # type: ignore[misc]
        if "apt-get install" in script:
            shell.run("service postgresql start")  # where systemd runs, the package does it
    timed("the fax", lambda: fax(server, folder, shell))
    printed = timed(heading, lambda: shell.run(f"cd {SOURCE}\n{last}"))
    print(printed)
    check(shell, printed)
    print(f"{time.monotonic() - began:.0f} s, all of the guide")


def timed(title: str, step: Callable[[], str]) -> str:
    """Run a step and print how long it took."""
    began = time.monotonic()
    printed = step()
    print(f"{time.monotonic() - began:6.1f} s  {title}", flush=True)
    return printed


def fax(server: Server, folder: Path, shell: Shell) -> str:
    """Send a fax of two pages from this Asterisk to itself, and wait until the guide's commands would show it."""
    play(server, [Fax("first", pages.write_pages(folder / "two.tif", pages=2, lines=60), account="sales")])
    wait_until_over(server, 2, 120)
    wait_until("the fax is in the list", lambda: len(ended(shell)) == 2, 60)
    wait_until("Prometheus has its pages", lambda: sum(scraped()) == 4, 180)
    return ""


def ended(shell: Shell) -> list[dict[str, str]]:
    """The faxes that have ended, as `faxstore sessions` lists them."""
    found = csv.DictReader(StringIO(shell.run("faxstore sessions --from 24h --format csv")))
    return [row for row in found if row["result"] == "success"]


def scraped() -> list[float]:
    """The pages of each direction, as Prometheus has them."""
    query = quote("faxstore_pages_total > 0")
    with urlopen(f"http://127.0.0.1:{PROMETHEUS}/api/v1/query?query={query}", timeout=10) as answer:
        return [float(one["value"][1]) for one in json.load(answer)["data"]["result"]]


def check(shell: Shell, printed: str) -> None:
    """Raises AssertionError unless the report, the bill and the metrics have the fax."""
    assert re.search(r"^[\d-]+ +2 +1 +1 +4 ", printed, re.MULTILINE), "the report: 2 faxes, 1 sent, 1 received, 4 pages"
    served = re.findall(r'^faxstore_pages_total\{direction="(\w+)",server="pbx1"\} 2\.0$', printed, re.MULTILINE)
    assert sorted(served) == ["received", "sent"], "the metrics"
    assert "pbx1" in shell.run(f"cat {SOURCE}/faxes.html"), "the page"
    billed = shell.run("cat /var/lib/faxstore-billing/*.csv")
    lines = sorted((line["direction"], line["pages"]) for line in csv.DictReader(StringIO(billed)))
    assert lines == [("received", "2"), ("sent", "2")], "the bill"


if __name__ == "__main__":
    sys.exit(main())
