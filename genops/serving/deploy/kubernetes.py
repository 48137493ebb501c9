"""Kubernetes: a Deployment with what it needs around it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from genops.serving.deploy.deployment import Deployment
from genops.serving.deploy.inside import CONFIG, MODELS, PORT, PROBE
from genops.serving.deploy.yaml_text import yaml_text

WAITING = "vllm:num_requests_waiting"
USER = 2000  # `vllm` of the image; a user that it does not know cannot start torch
_PROBE_SECONDS = 20


def kubernetes(wanted: Deployment) -> dict[str, str]:
    """The manifests, by file name.

    The key that requests must show, and the hub's token where one is needed, come from the Secret of the deployment's
    name (keys ``api-key`` and ``hf-token``), which is not written.
    """
    files = {
        "config.yaml": yaml_text([_config(wanted)]),
        "storage.yaml": yaml_text([_storage(wanted)], [_storage_comments(wanted)]),
        "deployment.yaml": yaml_text([_deployment(wanted)], [_deployment_comments(wanted)]),
        "service.yaml": yaml_text([_service(wanted)]),
    }
    if wanted.scales:
        scaler = _keda if wanted.place.scaler == "keda" else _hpa
        files["scaling.yaml"] = yaml_text([scaler(wanted)], [_scaling_comments(wanted)])
    return files


def secret_variables(wanted: Deployment) -> list[dict[str, Any]]:
    """Environment variables that name a Secret and one of its keys, never a value."""
    key = {"name": wanted.name, "key": "api-key"}
    token = {"name": wanted.name, "key": "hf-token", "optional": True}
    variables: list[dict[str, Any]] = [{"name": "VLLM_API_KEY", "valueFrom": {"secretKeyRef": key}}]
    if wanted.local is None:
        variables.append({"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": token}})
    return variables


def node_affinity_terms(wanted: Deployment) -> list[dict[str, Any]]:
    """Which nodes have the GPU; none when any will do."""
    if wanted.gpu is None:
        return []
    products = list(wanted.gpu.products)
    return [{"matchExpressions": [{"key": "nvidia.com/gpu.product", "operator": "In", "values": products}]}]


def probe(*words: str | int) -> dict[str, Any]:
    """A call of the probe within the container."""
    return {"exec": {"command": ["python3", f"{CONFIG}/{PROBE}", *(str(word) for word in words)]}}


def probes(wanted: Deployment) -> dict[str, Any]:
    """Started when everything gives a token, ready while the model does, alive while the engine is."""
    return {
        "startupProbe": {
            **probe("ready", _PROBE_SECONDS, *wanted.models),
            "periodSeconds": 10,
            "timeoutSeconds": _PROBE_SECONDS * (len(wanted.models) + 1),
            "failureThreshold": -(-wanted.start // 10),
        },
        "readinessProbe": {
            **probe("ready", _PROBE_SECONDS, wanted.served),
            "periodSeconds": 30,
            "timeoutSeconds": _PROBE_SECONDS + 10,
            "failureThreshold": 2,
        },
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": PORT},
            "periodSeconds": 10,
            "timeoutSeconds": 5,
            "failureThreshold": 3,
        },
    }


def _metadata(wanted: Deployment) -> dict[str, Any]:
    return {"name": wanted.name, "namespace": wanted.place.namespace, "labels": _labels(wanted)}


def _labels(wanted: Deployment) -> dict[str, str]:
    return {"app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": wanted.name}


def _config(wanted: Deployment) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": _metadata(wanted), "data": dict(wanted.texts)}


def _storage(wanted: Deployment) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(wanted),
        "spec": {
            "accessModes": ["ReadWriteMany" if wanted.most > 1 else "ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{wanted.storage}Gi"}},
        },
    }


def _storage_comments(wanted: Deployment) -> dict[tuple[str | int, ...], str]:
    if wanted.most == 1:
        return {}
    return {("spec", "accessModes"): "All replicas read the same files: the storage class must offer this mode."}


def _service(wanted: Deployment) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(wanted),
        "spec": {"selector": _labels(wanted), "ports": [{"name": "http", "port": PORT, "targetPort": "http"}]},
    }


def _deployment(wanted: Deployment) -> dict[str, Any]:
    spec: dict[str, Any] = {} if wanted.scales else {"replicas": wanted.replicas}
    # A new pod needs GPUs of its own before the old one goes; with none to spare the rollout would wait for ever.
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}}
    annotations = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(PORT),
        "prometheus.io/path": "/metrics",
        "genops/config": _digest(wanted.texts),
    }
    spec |= {
        "strategy": strategy,
        "progressDeadlineSeconds": wanted.start + 60,
        "selector": {"matchLabels": _labels(wanted)},
        "template": {"metadata": {"labels": _labels(wanted), "annotations": annotations}, "spec": _pod(wanted)},
    }
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": _metadata(wanted), "spec": spec}


def _deployment_comments(wanted: Deployment) -> dict[tuple[str | int, ...], str]:
    pod: tuple[str | int, ...] = ("spec", "template", "spec")
    container = (*pod, "containers", 0)
    comments = {
        ("spec", "strategy"): "GPUs are scarce: an old pod goes before a new one comes.",
        (*pod, "enableServiceLinks"): "A Service called vllm would set VLLM_PORT to its address, which vLLM refuses.",
        (*pod, "terminationGracePeriodSeconds"): f"{wanted.drain} s to drain, and time for the engine to end.",
        (
            *container,
            "startupProbe",
        ): "A token of the model and of each adapter: /health answers before, and after, that works.",
        (*container, "lifecycle"): "Waits until no request is under way.",
    }
    if wanted.scales:
        comments["spec", "strategy"] = (
            "The number of replicas is the scaler's (scaling.yaml).\n" + comments["spec", "strategy"]
        )
    return comments


def _pod(wanted: Deployment) -> dict[str, Any]:
    terms = node_affinity_terms(wanted)
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": wanted.grace,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **({"affinity": {"nodeAffinity": required}} if terms else {}),
        "tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}],
        "containers": [_container(wanted)],
        "volumes": _volumes(wanted),
    }


def _container(wanted: Deployment) -> dict[str, Any]:
    environment = [{"name": name, "value": value} for name, value in wanted.environment.items()]
    if wanted.local is None:
        environment.insert(0, {"name": "HF_HOME", "value": f"{MODELS}/hub"})
    gpus = {"nvidia.com/gpu": wanted.gpus}
    memory = f"{wanted.memory}Gi"
    return {
        "name": "vllm",
        "image": wanted.place.image,
        "command": ["vllm", "serve"],
        "args": list(wanted.arguments),
        "env": environment + secret_variables(wanted),
        "ports": [{"name": "http", "containerPort": PORT}],
        "resources": {
            "requests": {"cpu": str(2 + 2 * wanted.gpus), "memory": memory, **gpus},
            "limits": {"memory": memory, **gpus},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        **probes(wanted),
        "lifecycle": {"preStop": probe("drain", wanted.drain)},
        "volumeMounts": _mounts(wanted),
    }


def _mounts(wanted: Deployment) -> list[dict[str, Any]]:
    models: dict[str, Any] = {"name": "models", "mountPath": MODELS}
    if wanted.local is not None:
        models["readOnly"] = True
    mounts = [models, {"name": "config", "mountPath": CONFIG, "readOnly": True}]
    if wanted.shared_memory:
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})
    return mounts


def _volumes(wanted: Deployment) -> list[dict[str, Any]]:
    volumes: list[dict[str, Any]] = [
        {"name": "models", "persistentVolumeClaim": {"claimName": wanted.name}},
        {"name": "config", "configMap": {"name": wanted.name}},
    ]
    if wanted.shared_memory:
        memory = {"medium": "Memory", "sizeLimit": f"{wanted.shared_memory}Gi"}
        volumes.append({"name": "shm", "emptyDir": memory})
    return volumes


def _keda(wanted: Deployment) -> dict[str, Any]:
    query = f'sum({WAITING}{{namespace="{wanted.place.namespace}", model_name="{wanted.served}"}})'
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": _metadata(wanted),
        "spec": {
            "scaleTargetRef": {"name": wanted.name},
            "minReplicaCount": wanted.replicas,
            "maxReplicaCount": wanted.most,
            "advanced": {"horizontalPodAutoscalerConfig": {"behavior": _behavior()}},
            "triggers": [
                {
                    "type": "prometheus",
                    "metadata": {
                        "serverAddress": wanted.place.prometheus,
                        "query": query,
                        "threshold": str(wanted.place.waiting),
                    },
                }
            ],
        },
    }


def _hpa(wanted: Deployment) -> dict[str, Any]:
    target = {"type": "AverageValue", "averageValue": str(wanted.place.waiting)}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": _metadata(wanted),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": wanted.name},
            "minReplicas": wanted.replicas,
            "maxReplicas": wanted.most,
            "behavior": _behavior(),
            "metrics": [{"type": "Pods", "pods": {"metric": {"name": _hpa_metric()}, "target": target}}],
        },
    }


def _hpa_metric() -> str:
    """Kubernetes' metric names have no colon; the adapter for Prometheus is told to give it so."""
    return WAITING.replace(":", "_")


def _behavior() -> dict[str, Any]:
    """A replica that takes minutes to start should not go at the first quiet minute."""
    return {
        "scaleDown": {
            "stabilizationWindowSeconds": 600,
            "policies": [{"type": "Pods", "value": 1, "periodSeconds": 300}],
        }
    }


def _scaling_comments(wanted: Deployment) -> dict[tuple[str | int, ...], str]:
    if wanted.place.scaler == "keda":
        return {("spec", "triggers"): f"Another replica for every {wanted.place.waiting} requests that wait."}
    rule = f'{WAITING} of each pod; the adapter for Prometheus must give it as "{_hpa_metric()}".'
    return {("spec", "metrics"): rule}


def _digest(texts: Mapping[str, str]) -> str:
    """Changes with the texts, so that pods are replaced when they do."""
    return hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in texts.items()).encode()).hexdigest()[:12]
