"""What clusters call the GPUs that people name, by the names that a preflight takes too."""

from __future__ import annotations

import re
from dataclasses import dataclass

from genops.errors import UsageError, nearest


@dataclass(frozen=True)
class Accelerator:
    """A GPU as Kubernetes and Ray know it.

    Attributes:
        products: Values of the node label ``nvidia.com/gpu.product``, which NVIDIA's feature discovery sets.
        ray: Ray's accelerator type.
    """

    products: tuple[str, ...]
    ray: str


_KNOWN = {
    "t4": Accelerator(("Tesla-T4",), "T4"),
    "v100": Accelerator(("Tesla-V100-SXM2-16GB", "Tesla-V100-PCIE-16GB"), "V100"),
    "v100-32": Accelerator(("Tesla-V100-SXM2-32GB", "Tesla-V100-PCIE-32GB"), "V100"),
    "a10g": Accelerator(("NVIDIA-A10G",), "A10G"),
    "l4": Accelerator(("NVIDIA-L4",), "L4"),
    "l40s": Accelerator(("NVIDIA-L40S",), "L40S"),
    "a100-40": Accelerator(("NVIDIA-A100-SXM4-40GB", "NVIDIA-A100-PCIE-40GB"), "A100-40G"),
    "a100": Accelerator(("NVIDIA-A100-SXM4-80GB", "NVIDIA-A100-80GB-PCIe"), "A100-80G"),
    "h100": Accelerator(("NVIDIA-H100-80GB-HBM3", "NVIDIA-H100-PCIe"), "H100"),
    "h100-nvl": Accelerator(("NVIDIA-H100-NVL",), "H100"),
    "h200": Accelerator(("NVIDIA-H200", "NVIDIA-H200-NVL"), "H200"),
    "b200": Accelerator(("NVIDIA-B200",), "B200"),
}


_COUNTED = re.compile(r"(.+?)(?:x([1-9]\d*))?")


def accelerator(text: str) -> tuple[Accelerator, int | None]:
    """The GPU that a text names (``h200``, ``h200x2``), and how many where it says so.

    Raises:
        UsageError: It is none that genops knows; the message lists the nearest.
    """
    found = _COUNTED.fullmatch(text.strip().lower().replace("_", "-"))
    name, count = (found[1], found[2]) if found else (text, None)
    if name not in _KNOWN:
        raise UsageError(f"--gpu: genops does not know what clusters call {text!r}", hint=nearest(name, _KNOWN))
    return _KNOWN[name], int(count) if count else None
