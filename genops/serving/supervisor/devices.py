"""Which GPUs each of several servers on one machine has."""

from __future__ import annotations

import os
import subprocess

from genops.errors import UsageError
from genops.vllm_settings import VllmSettings

_VARIABLE = "CUDA_VISIBLE_DEVICES"


def devices_of(block: VllmSettings, replica: int) -> dict[str, str]:
    """The variable that gives a replica its own GPUs; none where it is alone or there are no GPUs.

    Raises:
        UsageError: There are fewer than all replicas need.
    """
    if block.replicas == 1:
        return {}
    each = block.tensor_parallel * block.pipeline_parallel * block.data_parallel
    there = _devices(block)
    if not there:
        return {}
    if len(there) < each * block.replicas:
        raise UsageError(
            f"{block.replicas} replicas with {each} GPU{'s' if each > 1 else ''} each need "
            f"{each * block.replicas}, and there are {len(there)}",
            hint="lower replicas or tensor_parallel",
        )
    return {_VARIABLE: ",".join(there[replica * each : (replica + 1) * each])}


def _devices(block: VllmSettings) -> list[str]:
    """The GPUs that may be used, as CUDA names them: what the environment allows, else all."""
    allowed = block.environment.get(_VARIABLE, os.environ.get(_VARIABLE))
    if allowed is not None:
        return [one.strip() for one in allowed.split(",") if one.strip()]
    try:
        done = subprocess.run(
            ["nvidia-smi", "--query-gpu=index", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.split() if done.returncode == 0 else []
