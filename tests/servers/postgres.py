"""A throw-away PostgreSQL cluster on a Unix socket."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "genops"
CONNECTIONS = 20
"""So few that a test which gives none back is found soon."""


@contextmanager
def running(binaries: Path) -> Iterator[Path]:
    """A cluster made by the programs in a folder; the folder of its socket.

    Every connection on the socket is trusted. PostgreSQL refuses to run as root, so another user runs it.
    """
    folder = Path(tempfile.mkdtemp(prefix="genops-pg-"))
    unprivileged = _unprivileged(folder)
    data = folder / "data"
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections={CONNECTIONS}"
    start = (binaries / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
    try:
        _call(unprivileged, binaries / "initdb", "-D", data, "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync")
        _call(unprivileged, *start)
        try:
            yield folder
        finally:
            _call(unprivileged, binaries / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:  # the files of many databases take longer to remove than a test may take, so nobody waits for it
        subprocess.Popen(["rm", "-rf", folder], start_new_session=True)


def new_database(folder: Path, name: str) -> str:
    """Makes an empty database of a cluster; its URL."""
    import psycopg

    with psycopg.connect(f"host={folder} user={USER} dbname=postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"postgresql://{USER}@/{name}?host={folder}"


def _unprivileged(folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in known else "nobody"
    shutil.chown(folder, user)
    return ["runuser", "-u", user, "--"]


def _call(prefix: list[str], *command: object) -> None:
    subprocess.run([*prefix, *map(str, command)], check=True, stdout=subprocess.DEVNULL, timeout=60, cwd="/")
