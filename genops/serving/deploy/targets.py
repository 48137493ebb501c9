"""The platforms that manifests can be written for."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from genops.errors import UsageError, nearest
from genops.serving.deploy.compose import compose
from genops.serving.deploy.deployment import Deployment
from genops.serving.deploy.files import signed
from genops.serving.deploy.kubernetes import kubernetes
from genops.serving.deploy.production_stack import production_stack
from genops.serving.deploy.ray_serve import ray_serve

TARGETS: dict[str, Callable[[Deployment], dict[str, str]]] = {
    "k8s": kubernetes,
    "production-stack": production_stack,
    "ray": ray_serve,
    "compose": compose,
}


def manifests(wanted: Deployment, target: str) -> dict[str, str]:
    """What is to be written for a platform, by file name; the same for the same settings.

    Raises:
        UsageError: There is no such platform, or it cannot do what the deployment asks for.
    """
    if target not in TARGETS:
        raise UsageError(f"--target: there is no {target!r}", hint=nearest(target, TARGETS))
    command = f"{shlex.quote(wanted.alias)} --target {target}"
    return {name: signed(text, command) for name, text in TARGETS[target](wanted).items()}
