"""The GPUs that a model is sized for: those of this machine, or named ones."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from genops.errors import UsageError, nearest

MIB = 1024**2
GIB = 1024**3

_CATALOGUE: dict[str, tuple[int, tuple[int, int]]] = {
    "t4": (15360, (7, 5)),
    "v100": (16384, (7, 0)),
    "v100-32": (32768, (7, 0)),
    "a10": (23028, (8, 6)),
    "a10g": (23028, (8, 6)),
    "a30": (24576, (8, 0)),
    "a40": (46068, (8, 6)),
    "a100": (81920, (8, 0)),
    "a100-40": (40960, (8, 0)),
    "a6000": (49140, (8, 6)),
    "l4": (23034, (8, 9)),
    "l40": (46068, (8, 9)),
    "l40s": (46068, (8, 9)),
    "rtx6000ada": (49140, (8, 9)),
    "rtxpro6000": (97887, (12, 0)),
    "rtx3090": (24576, (8, 6)),
    "rtx4060ti": (16380, (8, 9)),
    "rtx4080": (16376, (8, 9)),
    "rtx4090": (24564, (8, 9)),
    "rtx5080": (16303, (12, 0)),
    "rtx5090": (32607, (12, 0)),
    "gh200": (97871, (9, 0)),
    "h20": (97871, (9, 0)),
    "h100": (81559, (9, 0)),
    "h100-nvl": (95830, (9, 0)),
    "h200": (143771, (9, 0)),
    "b200": (183359, (10, 0)),
    "b300": (275040, (10, 3)),
    "mi250": (65536, (9, 0)),
    "mi300x": (196592, (9, 4)),
    "mi325x": (262128, (9, 4)),
    "mi355x": (294896, (9, 5)),
}
"""Memory in MiB as the driver reports it, and CUDA's compute capability (or AMD's gfx number)."""

_NAMED = re.compile(r"(?P<name>[a-z0-9.-]+?)(?:x(?P<count>\d+))?")
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)(gib|gb)")


@dataclass(frozen=True, slots=True)
class Gpus:
    """GPUs of one kind; or the CPU and its memory, for vLLM's CPU backend.

    Attributes:
        name: As people say it (``h200``, ``NVIDIA L4``), or ``cpu``.
        count: How many.
        memory: Bytes of each.
        free: Bytes of each that nobody uses now; for named ones all.
        capability: CUDA's compute capability; None when it is not known.
        present: Whether they are of this machine.
    """

    name: str
    count: int
    memory: int
    free: int
    capability: tuple[int, int] | None = None
    present: bool = False

    @property
    def cpu(self) -> bool:
        """Whether this is no GPU at all."""
        return self.name == "cpu"

    def __str__(self) -> str:
        if self.cpu:
            return f"CPU with {self.memory / GIB:.1f} GiB of memory"
        return f"{self.count} x {self.name} with {self.memory / GIB:.1f} GiB"


def named_gpus(text: str) -> Gpus:
    """The GPUs that a text names: ``h200``, ``h200x2``, ``24GiBx4``; ``cpu`` is this machine's.

    Raises:
        UsageError: There is no such GPU in the catalogue.
    """
    wanted = text.strip().lower().replace("_", "-").replace(" ", "")
    if wanted == "cpu":
        return this_cpu()
    found = _NAMED.fullmatch(wanted)
    name, count = (found["name"], int(found["count"] or 1)) if found else (wanted, 1)
    if count < 1:
        raise UsageError(f"--gpu {text}: there must be at least one", hint="write NAMExN, as in h200x2")
    if memory := _MEMORY.fullmatch(name):
        size = int(float(memory[1]) * (GIB if memory[2] == "gib" else 10**9))
        return Gpus(f"GPU of {memory[1]} {'GiB' if memory[2] == 'gib' else 'GB'}", count, size, size)
    if name not in _CATALOGUE:
        raise UsageError(
            f"--gpu {text}: no GPU is called {name!r}",
            hint=nearest(name, _CATALOGUE) + "; or give its memory, as in 24GiBx2",
        )
    mib, capability = _CATALOGUE[name]
    nvidia = not name.startswith("mi")
    return Gpus(name, count, mib * MIB, mib * MIB, capability if nvidia else None)


def present_gpus(visible: str | None = None) -> Gpus | None:
    """The GPUs of this machine, asked through NVML; None when there are none.

    Of several kinds the smallest memory counts, for an engine shares a model out evenly.

    Args:
        visible: What ``CUDA_VISIBLE_DEVICES`` leaves; default: the variable of this process.
    """
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return None
    try:
        numbers = _visible(pynvml.nvmlDeviceGetCount(), visible)
        handles = [pynvml.nvmlDeviceGetHandleByIndex(number) for number in numbers]
        if not handles:
            return None
        memory = [pynvml.nvmlDeviceGetMemoryInfo(handle) for handle in handles]
        smallest = min(range(len(handles)), key=lambda number: int(memory[number].total))
        capability = pynvml.nvmlDeviceGetCudaComputeCapability(handles[smallest])
        return Gpus(
            str(pynvml.nvmlDeviceGetName(handles[smallest])),
            len(handles),
            int(memory[smallest].total),
            min(int(one.free) for one in memory),
            (int(capability[0]), int(capability[1])),
            present=True,
        )
    except pynvml.NVMLError:
        return None
    finally:
        pynvml.nvmlShutdown()


def _visible(count: int, visible: str | None) -> list[int]:
    """The numbers of the GPUs that an engine would see; identifiers other than numbers leave all."""
    limit = os.environ.get("CUDA_VISIBLE_DEVICES") if visible is None else visible
    if limit is None:
        return list(range(count))
    named = [part.strip() for part in limit.split(",") if part.strip()]
    if all(part.lstrip("-").isdigit() for part in named):
        return [int(part) for part in named if 0 <= int(part) < count]
    return list(range(min(count, len(named))))


def this_cpu() -> Gpus:
    """This machine's memory, for vLLM's CPU backend."""
    page = os.sysconf("SC_PAGE_SIZE")
    total = os.sysconf("SC_PHYS_PAGES") * page
    return Gpus("cpu", 1, total, _available() or os.sysconf("SC_AVPHYS_PAGES") * page, present=True)


def _available() -> int | None:
    """Linux's estimate of the memory that a new process can have: what is free and what caches would give back."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:  # noqa: PTH123 -- a file of the kernel
            found = next(line for line in lines if line.startswith("MemAvailable:"))
            return int(found.split()[1]) * 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return None
