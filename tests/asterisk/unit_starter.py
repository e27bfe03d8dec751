#!/usr/bin/python3
"""Stands in for systemctl where no systemd runs: starts a unit's program with its user, environment and credentials.

clean_debian.py installs it as /usr/local/bin/systemctl.  It knows what docs/how-to/install-debian.md uses: units of
Type=notify in /etc/systemd/system, and for all other services their scripts in /etc/init.d.  It does not confine the
program as systemd would; tests/ingest/test_service_manager.py has systemd check that part of the units.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

UNITS = Path("/etc/systemd/system")
RUN = Path("/run/units")


def settings(name: str) -> dict[str, list[str]]:
    """The settings of a unit: each with all of its values."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / f"{name}.service").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def start(name: str) -> int:
    """Start the program of a unit and return once it has notified that it is up."""
    unit, user, folder = settings(name), pwd.getpwnam(settings(name)["User"][0]), RUN / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for directory in unit.get("StateDirectory", []):
        state = Path("/var/lib") / directory
        state.mkdir(exist_ok=True)
        os.chown(state, user.pw_uid, user.pw_gid)
        state.chmod(int(unit["StateDirectoryMode"][0], 8))
    environment = dict(one.split("=", 1) for one in unit.get("Environment", []))
    environment |= {"PATH": os.environ["PATH"], "HOME": user.pw_dir, "USER": user.pw_name}
    environment |= {
        "CREDENTIALS_DIRECTORY": str(credentials(unit, user, folder)),
        "NOTIFY_SOCKET": str(folder / "notify"),
    }
    if os.fork():
        return until_up(folder)
    os.setsid()
    supervise(unit, user, folder, environment)
    return 0


def credentials(unit: dict[str, list[str]], user: pwd.struct_passwd, folder: Path) -> Path:
    """Copies of the files that LoadCredential= names, which only the user of the unit can read."""
    copies = folder / "credentials"
    copies.mkdir()
    for one in unit.get("LoadCredential", []):
        name, _, source = one.partition(":")
        files = sorted(Path(source).iterdir()) if Path(source).is_dir() else [Path(source)]
        for file in files:
            copy = copies / (f"{name}_{file.name}" if Path(source).is_dir() else name)
            shutil.copyfile(file, copy)
            copy.chmod(0o400)
            os.chown(copy, user.pw_uid, user.pw_gid)
    os.chown(copies, user.pw_uid, user.pw_gid)
    return copies


def supervise(unit: dict[str, list[str]], user: pwd.struct_passwd, folder: Path, environment: dict[str, str]) -> None:
    """Run the program and write what it notifies, line by line, to the file `state`."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified, (folder / "log").open("w") as log:
        notified.bind(str(folder / "notify"))
        os.chown(folder / "notify", user.pw_uid, user.pw_gid)
        program = subprocess.Popen(
            unit["ExecStart"][0].split(), user=user.pw_uid, group=user.pw_gid, extra_groups=[], env=environment,
            cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, umask=int(unit["UMask"][0], 8),
        )  # fmt: skip
        notified.settimeout(0.2)
        while program.poll() is None:
            try:
                lines = notified.recv(4096).decode()
            except TimeoutError:
                continue
            with (folder / "state").open("a") as state:
                state.write(f"{lines}\n")
    (folder / "ended").write_text(f"{program.returncode}\n")


def until_up(folder: Path) -> int:
    """Wait until the program has notified READY=1; 1 if it ends before."""
    while not (folder / "state").exists() or "READY=1" not in (folder / "state").read_text():
        if (folder / "ended").exists():
            print((folder / "log").read_text(), file=sys.stderr)
            return 1
        time.sleep(0.1)
    return 0


def status(name: str) -> int:
    """Print the newest status of a unit, and its log."""
    text = (RUN / name / "state").read_text()
    lines = [line for line in text.splitlines() if line.startswith("STATUS=")]
    print(f"{name}.service", f"     Status: {lines[-1].removeprefix('STATUS=')}" if lines else "", sep="\n")
    print((RUN / name / "log").read_text())
    return 0


def main() -> int:
    """Run one command of systemctl."""
    command, *names = [word for word in sys.argv[1:] if not word.startswith("--")]
    if command == "daemon-reload":
        return 0
    (name,) = names
    if not (UNITS / f"{name}.service").exists():
        # The restart of an init script need not work without a start.
        words = ["stop", "start"] if command == "restart" else [command]
        return max(subprocess.run(["service", name, word], check=False).returncode for word in words)
    if command == "enable" and "--now" in sys.argv:
        return start(name)
    if command == "status":
        return status(name)
    print(f"{Path(__file__).name} does not know: {' '.join(sys.argv[1:])}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
