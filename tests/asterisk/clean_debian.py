"""A fresh Debian 12 below a folder, and a root shell in it: for guides whose commands change a whole machine.

debootstrap makes the tree once, from its Debian package, in the folder of packages.py.  Each run changes a copy in
memory (overlayfs on tmpfs).  Its processes see no others, and all of them end with the shell.  They share this
machine's network, apt sources and name servers.  Needs root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from tests.kit.debian import cache_folder, laid_out, mirror, private_apt, run

SUITE = "bookworm"

MOUNTS = """
set -e
mount -t tmpfs tmpfs "$WORK"
mkdir -p "$WORK/upper" "$WORK/work" "$WORK/root"
mount -t overlay overlay -o "lowerdir=$TREE,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root"
cd "$WORK/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t tmpfs tmpfs run
mkdir -p run/lock
cp -rL /etc/apt /etc/resolv.conf /etc/hosts etc/
"""
"""The last line is how this machine reaches packages: copies, because packages change files in /etc/apt."""

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

DONE = "@@done"
"""Precedes the exit status of a script in the output of the shell."""


class ScriptError(Exception):
    """A script ended with another status than 0; the text has its output."""


class Shell:
    """A root shell in the tree that runs one script after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, script: str) -> str:
        """Run a script, which ends at its first command that fails; return what it printed.  Raises ScriptError."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"( set -eo pipefail\n{script}\n) </dev/null 2>&1\nprintf '\\n{DONE} %s\\n' $?\n")
        self._process.stdin.flush()
        printed = list[str]()
        for line in self._process.stdout:
            if line.startswith(DONE):
                if line.split()[1] != "0":
                    raise ScriptError(f"status {line.split()[1]} of:\n{script}\nwhich printed:\n{''.join(printed)}")
                return "".join(printed)
            printed.append(line)
        raise ScriptError(f"the shell ended in:\n{script}\nwhich printed:\n{''.join(printed)}")


@contextmanager
def clean_debian(files: dict[str, str], shared: dict[str, Path], variables: dict[str, str]) -> Iterator[Shell]:
    """Yield a shell in a fresh copy of the tree.

    `files` are written into it, executable, by their path.  `shared` are folders or files of this machine that appear
    in it, by their path there.  `variables` are set in its environment.
    """
    work = Path(mkdtemp(prefix="faxstore-debian-"))
    lines = [MOUNTS]
    for place, source in shared.items():
        kind = "mkdir -p" if source.is_dir() else "touch"
        lines += [f"mkdir -p $(dirname .{place}); {kind} .{place}; mount --rbind {source} .{place}"]
    lines.append("exec chroot . /bin/bash --norc")
    command = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--propagation", "private", "bash", "-c"]
    environment = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    environment |= {"TREE": str(_tree()), "WORK": str(work), "HOME": "/root", "LC_ALL": "C.UTF-8"}
    environment |= {"PATH": PATH, "DEBIAN_FRONTEND": "noninteractive", **variables}
    with subprocess.Popen(
        [*command, "\n".join(lines)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            shell = Shell(process)
            for path, text in files.items():
                shell.run(f"cat > {path} <<'@@end'\n{text}\n@@end\nchmod 755 {path}")
            yield shell
        finally:
            process.kill()
    work.rmdir()


def _tree() -> Path:
    """The tree as debootstrap made it; about 200 MB."""
    home = cache_folder("FAXSTORE_ASTERISK_DIR", "faxstore-asterisk")
    tree = home / "debian"
    if not tree.exists():
        program = laid_out(home / "debootstrap", lambda work: _download(["debootstrap"], work))
        part = home / "debian.part"
        shutil.rmtree(part, ignore_errors=True)
        environment = os.environ | {"DEBOOTSTRAP_DIR": str(program / "usr/share/debootstrap")}
        # It mounts /proc in the tree: in a namespace of its own, that ends with it.
        apart = ["unshare", "--mount", "--propagation", "private"]
        command = [*apart, str(program / "usr/sbin/debootstrap"), "--variant=minbase", SUITE, str(part), mirror()]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        part.rename(tree)
    return tree


def _download(packages: Sequence[str], work: Path) -> list[Path]:
    options = private_apt(SUITE, work)
    run("apt-get", *options, "update")
    archives = work / "cache/archives"
    run("apt-get", *options, "download", *packages, folder=archives)
    return sorted(archives.glob("*.deb"))
