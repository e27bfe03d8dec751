"""A real PgBouncer in transaction mode, from its Debian package without installing it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.kit.cluster import free_port, wait_until
from tests.kit.debian import cache_folder, laid_out, private_apt, run
from tests.kit.places import server_place
from tests.peers.hylafax import SUITE

PACKAGES = ("pgbouncer", "libc-ares2", "libevent-2.1-7")
"""PgBouncer, and the libraries that it needs beside those of every Debian."""

SETTINGS = """
[databases]
* = {server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
{options}
"""


@contextmanager
def pooled(dsn: str, user: str, options: str = "") -> Iterator[str]:
    """Yield a DSN of the database through PgBouncer.

    As root it runs as `user`, that of the server, who may open its socket.  `options` are further lines of settings.
    """
    parameters = conninfo_to_dict(dsn)
    server = {name: parameters[name] for name in ("host", "port", "user", "password") if name in parameters}
    with TemporaryDirectory(prefix="faxstore-pool-", dir=server_place()) as name:
        folder, listen = Path(name), free_port()
        # PgBouncer refuses root, and another user may not enter root's folders.
        tree = shutil.copytree(lay_out(), folder / "tree", symlinks=True)
        folder.chmod(0o777)
        database = " ".join(f"{name}={value}" for name, value in server.items())
        (folder / "pgbouncer.ini").write_text(SETTINGS.format(server=database, port=listen, options=options))
        libraries = os.pathsep.join(str(path) for path in (tree / "usr/lib").glob("*-linux-gnu"))
        with (
            (folder / "log").open("w") as log,
            subprocess.Popen(
                [tree / "usr/sbin/pgbouncer", folder / "pgbouncer.ini"],
                user=user if os.geteuid() == 0 else None,
                env={"LD_LIBRARY_PATH": libraries},
                stderr=log,
            ) as process,
        ):
            through = make_conninfo(
                host="127.0.0.1", port=listen, user=parameters["user"], dbname=parameters["dbname"], sslmode="disable"
            )
            try:
                wait_until(lambda: process.poll() is not None or _accepts(through))
                assert process.poll() is None, (folder / "log").read_text()
                yield through
            finally:
                process.kill()


def lay_out() -> Path:
    """The unpacked packages; downloaded if they are not there yet."""
    return laid_out(cache_folder("FAXSTORE_PEERS_DIR", "faxstore-peers") / "pgbouncer", _download)


def _download(work: Path) -> list[Path]:
    options = private_apt(SUITE, work)
    run("apt-get", *options, "update")
    archives = work / "cache/archives"
    run("apt-get", *options, "download", *PACKAGES, folder=archives)
    return sorted(archives.glob("*.deb"))


def _accepts(dsn: str) -> bool:
    with suppress(psycopg.OperationalError), psycopg.connect(dsn, connect_timeout=5):
        return True
    return False
