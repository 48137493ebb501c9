"""What clusters call the GPUs that people name."""

from __future__ import annotations

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
    "v100": Accelerator(("Tesla-V100-SXM2-16GB", "Tesla-V100-SXM2-32GB", "Tesla-V100-PCIE-16GB"), "V100"),
    "a10g": Accelerator(("NVIDIA-A10G",), "A10G"),
    "l4": Accelerator(("NVIDIA-L4",), "L4"),
    "l40s": Accelerator(("NVIDIA-L40S",), "L40S"),
    "a100-40g": Accelerator(("NVIDIA-A100-SXM4-40GB", "NVIDIA-A100-PCIE-40GB"), "A100-40G"),
    "a100": Accelerator(("NVIDIA-A100-SXM4-80GB", "NVIDIA-A100-80GB-PCIe"), "A100-80G"),
    "h100": Accelerator(("NVIDIA-H100-80GB-HBM3", "NVIDIA-H100-PCIe", "NVIDIA-H100-NVL"), "H100"),
    "h200": Accelerator(("NVIDIA-H200", "NVIDIA-H200-NVL"), "H200"),
    "b200": Accelerator(("NVIDIA-B200",), "B200"),
}
_SAME = {"a100-80g": "a100", "a100-80gb": "a100", "a100-40gb": "a100-40g", "h100-80gb": "h100"}


def accelerator(name: str) -> Accelerator:
    """The GPU of a name.

    Raises:
        UsageError: It is none that genops knows; the message lists the nearest.
    """
    key = name.lower().removeprefix("nvidia-")
    found = _KNOWN.get(_SAME.get(key, key))
    if found is None:
        raise UsageError(f"--gpu: clusters have no name for {name!r} that genops knows", hint=nearest(key, _KNOWN))
    return found
