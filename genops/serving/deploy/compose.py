"""Docker Compose: one machine with GPUs, one service a replica."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from genops.serving.deploy.deployment import Deployment
from genops.serving.deploy.inside import CONFIG, MODELS, PORT, PROBE
from genops.serving.deploy.yaml_text import yaml_text

_SECONDS = 20
_HUB = "hub"


def compose(wanted: Deployment) -> dict[str, str]:
    """The Compose file, by file name; the key comes from ``VLLM_API_KEY`` of the environment that starts it."""
    names = [wanted.name] if wanted.replicas == 1 else [f"{wanted.name}-{at}" for at in range(wanted.replicas)]
    document: dict[str, Any] = {
        "name": wanted.name,
        "services": {name: _service(wanted, at) for at, name in enumerate(names)},
        "configs": {name: {"content": text.replace("$", "$$")} for name, text in wanted.texts.items()},
    }
    if wanted.local is None:
        document["volumes"] = {_HUB: {}}
    comments: dict[tuple[str | int, ...], str] = {
        ("services", names[0], "healthcheck"): "A real token: /health answers before, and after, that works.",
        ("services", names[0], "pre_stop"): "Waits until no request is under way (Compose 2.30 or newer).",
    }
    return {"compose.yaml": yaml_text([document], [comments])}


def _service(wanted: Deployment, replica: int) -> dict[str, Any]:
    first = replica * wanted.gpus
    devices = [str(each) for each in range(first, first + wanted.gpus)]
    run = ["python3", f"{CONFIG}/{PROBE}"]
    service: dict[str, Any] = {
        "image": wanted.place.image,
        "entrypoint": ["vllm", "serve"],
        "command": [word.replace("$", "$$") for word in wanted.arguments],
        "environment": {**_environment(wanted)},
        "ports": [f"{wanted.block.host}:{(wanted.block.port or PORT) + replica}:{PORT}"],
        "volumes": _volumes(wanted),
        "configs": [{"source": name, "target": f"{CONFIG}/{name}"} for name in wanted.texts],
        "deploy": {
            "resources": {
                "reservations": {"devices": [{"driver": "nvidia", "device_ids": devices, "capabilities": ["gpu"]}]}
            }
        },
        "healthcheck": {
            "test": ["CMD", *run, "ready", str(_SECONDS), *wanted.models],
            "interval": "30s",
            "timeout": f"{_SECONDS * (len(wanted.models) + 1)}s",
            "retries": 3,
            "start_period": f"{wanted.start}s",
            "start_interval": "10s",
        },
        "pre_stop": [{"command": [*run, "drain", str(wanted.drain)]}],
        "stop_grace_period": f"{wanted.grace}s",
        "restart": "unless-stopped",
    }
    if wanted.shared_memory:
        service["shm_size"] = f"{wanted.shared_memory}gb"
    return service


def _environment(wanted: Deployment) -> dict[str, str]:
    own = {name: value.replace("$", "$$") for name, value in wanted.environment.items()}
    own["VLLM_API_KEY"] = "${VLLM_API_KEY:?set the key that requests must show}"
    if wanted.local is None:
        own |= {"HF_HOME": f"{MODELS}/{_HUB}", "HF_TOKEN": "${HF_TOKEN:-}"}
    return own


def _volumes(wanted: Deployment) -> list[Any]:
    mounts: list[Any] = []
    if wanted.local is None:
        mounts.append({"type": "volume", "source": _HUB, "target": f"{MODELS}/{_HUB}"})
    else:
        mounts.append(_bind(wanted, wanted.local, wanted.model))
    return mounts + [_bind(wanted, path, f"{MODELS}/adapters/{name}") for name, path in wanted.adapters.items()]


def _bind(wanted: Deployment, path: Path, target: str) -> dict[str, Any]:
    """A folder of this machine, relative to the Compose file, that the container may read."""
    source = os.path.relpath(path.resolve(), wanted.place.folder.resolve())
    return {
        "type": "bind",
        "source": source if source.startswith(".") else f"./{source}",
        "target": target,
        "read_only": True,
    }
