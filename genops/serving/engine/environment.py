"""The variables of a server's environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

_OF_ANOTHER_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
SERVED = "GENOPS_SERVED"
"""Variable that holds the id of the server that a process belongs to."""


def clean_environment(without: Iterable[str] = ()) -> dict[str, str]:
    """The environment of this process for a Python of another environment.

    Args:
        without: Further variables to leave out.
    """
    out = {*_OF_ANOTHER_PYTHON, *without}
    return {name: value for name, value in os.environ.items() if name not in out}


def server_environment(
    own: Mapping[str, str], folder: Path, key: str, served: str, secrets: Iterable[str], adapters: bool
) -> dict[str, str]:
    """The environment of a server.

    Args:
        own: What the alias's block sets; it wins over this process's variables.
        folder: Where the environment's commands are: compilers that it brings are found there.
        key: That requests must show; it is never on a command line, which everybody on a machine can read.
        served: Id of the server.
        secrets: Names of variables that hold the keys of other models, which are none of its business.
        adapters: Whether adapters may be loaded and unloaded while it runs.
    """
    environment = clean_environment(secrets)
    environment["PATH"] = os.pathsep.join([str(folder), environment.get("PATH", os.defpath)])
    environment |= {"PYTHONUNBUFFERED": "1", **own, "VLLM_API_KEY": key, SERVED: served}
    if adapters:
        environment["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = "1"
    return environment


def captured(command: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
    """What a command of the engine's environment wrote, whatever its exit code.

    Raises:
        OSError: It cannot be run.
        subprocess.TimeoutExpired: It took longer than ``seconds``.
    """
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
