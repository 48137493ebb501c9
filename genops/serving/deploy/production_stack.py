"""A values file for the Helm chart of vLLM's production-stack, which brings a router and shared monitoring.

What a value means is said in the chart's README and ``values.schema.json`` (vllm-project/production-stack, ``helm/``).
"""

from __future__ import annotations

from typing import Any

from genops.serving.deploy.deployment import Deployment
from genops.serving.deploy.inside import CONFIG, MODELS, PORT
from genops.serving.deploy.kubernetes import USER, node_affinity_terms, probes
from genops.serving.deploy.yaml_text import yaml_text

_VOLUME = "/data"
_GRACE = 30  # seconds that Kubernetes gives where a chart sets nothing
_OWN = (
    "--host",
    "--port",
    "--dtype",
    "--max-model-len",
    "--max-num-seqs",
    "--tensor-parallel-size",
    "--gpu-memory-utilization",
    "--enable-prefix-caching",
    "--no-enable-prefix-caching",
)
"""Flags that the chart sets itself."""


def production_stack(wanted: Deployment) -> dict[str, str]:
    """The values, by file name; secrets are those of :func:`~genops.serving.deploy.kubernetes.kubernetes`."""
    comments: dict[tuple[str | int, ...], str] = {
        ("servingEngineSpec", "modelSpec", 0, key): text for key, text in _comments(wanted).items()
    }
    comments["servingEngineSpec", "startupProbe"] = "A real completion; null takes the chart's own /health out."
    return {"values.yaml": yaml_text([_values(wanted)], [comments])}


def _values(wanted: Deployment) -> dict[str, Any]:
    return {
        "servingEngineSpec": {
            "vllmApiKey": {"secretName": wanted.name, "secretKey": "api-key"},
            "containerPort": PORT,
            "servicePort": PORT,
            "securityContext": {
                "runAsUser": USER,
                "fsGroup": USER,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containerSecurityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False},
            **{name: _probe(each) for name, each in probes(wanted).items()},
            "modelSpec": [_model(wanted)],
        },
        "extraObjects": [_config(wanted)],
    }


def _probe(own: dict[str, Any]) -> dict[str, Any]:
    return own if "httpGet" in own else {"httpGet": None, **own}


def _model(wanted: Deployment) -> dict[str, Any]:
    repository, _, tag = wanted.place.image.rpartition(":")
    memory = f"{wanted.memory}Gi"
    model: dict[str, Any] = {
        "name": wanted.name,
        "repository": repository,
        "tag": tag,
        "modelURL": wanted.model.replace(MODELS, _VOLUME, 1) if wanted.local else wanted.model,
        "replicaCount": wanted.replicas,
        "requestCPU": 2 + 2 * wanted.gpus,
        "requestMemory": memory,
        "limitMemory": memory,
        "requestGPU": wanted.gpus,
        "pvcStorage": f"{wanted.storage}Gi",
        "pvcAccessMode": ["ReadWriteMany" if wanted.most > 1 else "ReadWriteOnce"],
        "vllmConfig": _vllm(wanted),
    }
    if wanted.shared_memory:
        model["shmSize"] = f"{wanted.shared_memory}Gi"
    if wanted.local is None:
        model["hf_token"] = {"secretName": wanted.name, "secretKey": "hf-token"}
    if wanted.environment:
        model["env"] = [{"name": name, "value": value} for name, value in wanted.environment.items()]
    if terms := node_affinity_terms(wanted):
        model["nodeSelectorTerms"] = terms
    if wanted.scales:
        model["keda"] = {"enabled": True, "minReplicaCount": wanted.replicas, "maxReplicaCount": wanted.most}
    model["extraVolumes"] = [{"name": "config", "configMap": {"name": _config_name(wanted)}}]
    model["extraVolumeMounts"] = [{"name": "config", "mountPath": CONFIG, "readOnly": True}]
    return model


def _vllm(wanted: Deployment) -> dict[str, Any]:
    block = wanted.block
    own: dict[str, Any] = {
        "dtype": None if block.dtype == "auto" else block.dtype,
        "maxModelLen": block.max_model_len,
        "maxNumSeqs": block.max_num_seqs,
        "tensorParallelSize": block.tensor_parallel if wanted.gpus > 1 else None,
        "gpuMemoryUtilization": block.gpu_memory_utilization,
        "enablePrefixCaching": block.prefix_caching is not False,
    }
    return {name: value for name, value in own.items() if value is not None} | {"extraArgs": _rest(wanted)}


def _rest(wanted: Deployment) -> list[str]:
    """The arguments that have no value of their own, with the volume where the chart has it."""
    words = [
        word.replace(f"{MODELS}/", f"{_VOLUME}/") for word in wanted.arguments[1:] if word.partition("=")[0] not in _OWN
    ]
    return [_shutdown(word) for word in words]


def _shutdown(word: str) -> str:
    """The chart has no preStop hook: the engine itself drains, within the grace that Kubernetes gives."""
    name, _, seconds = word.partition("=")
    return f"{name}={min(int(seconds), _GRACE - 5)}" if name == "--shutdown-timeout" else word


def _config_name(wanted: Deployment) -> str:
    return f"{wanted.name}-config"


def _config(wanted: Deployment) -> dict[str, Any]:
    """The chart takes its extra objects for Helm templates, which the texts are not."""
    texts = {name: text.replace("{{", "{{`{{`}}") for name, text in wanted.texts.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": _config_name(wanted)}, "data": texts}


def _comments(wanted: Deployment) -> dict[str, str]:
    comments = {}
    if wanted.local is not None or wanted.adapters:
        comments["pvcStorage"] = f"Mounted at {_VOLUME}, where the files must be copied to."
    if wanted.scales:
        comments["keda"] = "The chart's own trigger looks at vllm:num_requests_waiting."
    return comments
