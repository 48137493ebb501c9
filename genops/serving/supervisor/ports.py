"""Ports that are free, and who has one that is not."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from pathlib import Path

_LISTENS = "0A"


def free_port(host: str) -> int:
    """A port on which nobody listens."""
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there.

    Raises:
        OSError: The host is none of this machine's.
    """
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def who_has(port: int) -> str:
    """The process that listens on a port, as people name it; "" where that cannot be known."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening(Path("/proc/net", table), port)}
    if not inodes:
        return ""
    wanted = {f"socket:[{inode}]" for inode in inodes}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _holds(folder, wanted):
            with suppress(OSError):
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
                return f"process {folder.name} ({words[:100]})"
    return "a process of somebody else"


def _listening(table: Path, port: int) -> list[str]:
    """Inodes of the sockets that listen (``proc_net_tcp``)."""
    try:
        rows = [line.split() for line in table.read_text().splitlines()[1:]]
    except OSError:
        return []
    return [row[9] for row in rows if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port]


def _holds(process: Path, wanted: set[str]) -> bool:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return False
    for one in descriptors:
        with suppress(OSError):  # it may be closed meanwhile
            if str(one.readlink()) in wanted:
                return True
    return False


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
