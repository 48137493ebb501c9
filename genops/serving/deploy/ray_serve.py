"""Ray Serve LLM: an application for ``serve deploy``, which also spans several machines.

Fields: ``LLMConfig`` of Ray's configuration reference, and Ray Serve's own configuration file.
"""

from __future__ import annotations

import json
from typing import Any

from genops.errors import UsageError
from genops.serving.deploy.deployment import Deployment
from genops.serving.deploy.inside import GENERATION, TEMPLATE
from genops.serving.deploy.yaml_text import yaml_text

_OWN = (
    "host",
    "port",
    "served_model_name",
    "lora_modules",
    "shutdown_timeout",
    "disable_access_log_for_endpoints",
)
"""What Ray sets itself, or has no use for."""
_TEXTS = ("revision", "tokenizer_revision")
_BATCH = 256


def ray_serve(wanted: Deployment) -> dict[str, str]:
    """The application, by file name.

    Raises:
        UsageError: It has adapters, and nothing says where Ray finds them.
    """
    at = ("applications", 0, "args", "llm_configs", 0)
    comments: dict[tuple[str | int, ...], str] = {}
    if wanted.scales:
        comments[*at, "deployment_config"] = "Another replica when more requests are under way than one batch holds."
    if wanted.local is not None:
        comments[*at, "model_loading_config"] = "A path that every node must have."
    return {"serve.yaml": yaml_text([_application(wanted)], [comments])}


def _application(wanted: Deployment) -> dict[str, Any]:
    return {
        "applications": [
            {
                "name": wanted.name,
                "route_prefix": "/",
                "import_path": "ray.serve.llm:build_openai_app",
                "args": {"llm_configs": [_model(wanted)]},
            }
        ]
    }


def _model(wanted: Deployment) -> dict[str, Any]:
    config: dict[str, Any] = {
        "model_loading_config": {"model_id": wanted.served, "model_source": wanted.model},
        "engine_kwargs": engine_arguments(wanted),
        "deployment_config": _scale(wanted),
    }
    if wanted.gpu is not None:
        config["accelerator_type"] = wanted.gpu.ray
    if wanted.adapters:
        config["lora_config"] = _adapters(wanted)
    if wanted.environment:
        config["runtime_env"] = {"env_vars": dict(wanted.environment)}
    return config


def engine_arguments(wanted: Deployment) -> dict[str, Any]:
    """vLLM's flags as the keyword arguments that Ray passes on."""
    found: dict[str, Any] = {}
    for word in wanted.arguments[1:]:
        if not word.startswith("--"):
            continue  # a value of the flag before, of those that Ray sets itself
        flag, given, text = word[2:].partition("=")
        off = not given and flag.startswith("no-")
        name, _, inner = (flag[3:] if off else flag).partition(".")
        name = name.replace("-", "_")
        value = (not off) if not given else _value(name, text)
        if name in _OWN:
            continue
        found[name] = {**found.get(name, {}), inner: value} if inner else value
    if "chat_template" in found:
        found["chat_template"] = wanted.texts[TEMPLATE]
    if GENERATION in wanted.texts:
        found |= {"generation_config": "vllm", "override_generation_config": json.loads(wanted.texts[GENERATION])}
    return found


def _value(name: str, text: str) -> Any:
    """A number or JSON as what it is; everything else is a text."""
    if name in _TEXTS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _scale(wanted: Deployment) -> dict[str, Any]:
    ending = {"graceful_shutdown_timeout_s": wanted.drain}
    if not wanted.scales:
        return {"num_replicas": wanted.replicas, **ending}
    between = {"min_replicas": wanted.replicas, "max_replicas": wanted.most}
    return {"autoscaling_config": {**between, "target_ongoing_requests": wanted.block.max_num_seqs or _BATCH}, **ending}


def _adapters(wanted: Deployment) -> dict[str, Any]:
    if wanted.place.adapters_at is None:
        raise UsageError(
            f"Ray Serve reads adapters ({', '.join(wanted.adapters)}) from cloud storage alone",
            hint="give the folder that holds one folder for each: --adapters-at s3://BUCKET/FOLDER",
        )
    return {
        "dynamic_lora_loading_path": wanted.place.adapters_at,
        "max_num_adapters_per_replica": len(wanted.adapters),
    }
