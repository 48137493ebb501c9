"""Deployments for tests: a served model with everything, and what is written for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from genops.serving.deploy import Deployment, Place, deployment, manifests
from genops.serving.deploy.inside import unchecked_flags
from genops.settings import ModelAlias, Settings
from tests.serving.folders import make_adapter, make_model

EVERYTHING: dict[str, Any] = {
    "path": "models/llama",
    "dtype": "bfloat16",
    "max_model_len": 8192,
    "max_num_seqs": 64,
    "tensor_parallel": 2,
    "gpu_memory_utilization": 0.85,
    "tool_call_parser": "llama3_json",
    "chat_template": "templates/chat.jinja",
    "generation_config": "models/llama",
    "structured_outputs": "xgrammar",
    "speculative": {"method": "ngram", "num_speculative_tokens": 4},
    "environment": {"VLLM_LOGGING_LEVEL": "WARNING", "ODD": "on", "PRICE": "$5", "CUDA_VISIBLE_DEVICES": "3"},
    "adapters": {"support": {"path": "adapters/support"}},
    "drain_timeout": 45,
}
TEMPLATE = "{% for m in messages %}costs ${{ m.content }}\n{% endfor %}"


def served(root: Path, **block: Any) -> Settings:
    """A project with ``llama`` of a local folder, ``hub`` of the hub and ``hosted``, which nobody serves."""
    if not (root / "models").exists():
        make_model(root / "models" / "llama")
        make_adapter(root / "adapters" / "support", rank=16)
        (root / "templates").mkdir()
        (root / "templates" / "chat.jinja").write_text(TEMPLATE)
    hub = {"environment": {"HF_HOME": str(root / "hub")}}
    return Settings(
        root=root,
        models={
            "llama": ModelAlias(model="vllm/llama", vllm=block or {"path": "models/llama"}),
            "hub": ModelAlias(model="vllm/meta-llama/Llama-3.1-8B", revision="0123456", vllm=hub),
            "hosted": ModelAlias(model="openai/gpt-4o-mini"),
        },
    )


def place(root: Path, **wishes: Any) -> Place:
    return Place(**{"image": "vllm/vllm-openai:v0.32.0", "folder": root / "out", **wishes})


def wanted(root: Path, alias: str = "llama", block: dict[str, Any] | None = None, **wishes: Any) -> Deployment:
    return deployment(served(root, **(block or {})), alias, place(root, **wishes), unchecked_flags("0.32.0"))


def written(root: Path, target: str, alias: str = "llama", block: dict[str, Any] | None = None, **wishes: Any):
    """What is written for a platform, read by a reader of YAML 1.1, as Kubernetes has one: by file name."""
    texts = manifests(wanted(root, alias, block, **wishes), target)
    return {name: yaml.safe_load(text) for name, text in texts.items()}
