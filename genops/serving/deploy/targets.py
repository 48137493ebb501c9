"""The platforms that manifests can be written for."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from dataclasses import fields

from genops.errors import UsageError, nearest
from genops.serving.deploy.compose import compose
from genops.serving.deploy.deployment import Deployment, Place
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
    command = shlex.join([wanted.alias, "--target", target, *_options(wanted.place)])
    return {name: signed(text, command) for name, text in TARGETS[target](wanted).items()}


_OPTIONS = {"most": "max-replicas"}
_LEFT_OUT = ("image", "folder")


def _options(place: Place) -> Iterator[str]:
    """What of the place was said on the command line, so that a file tells how it is written again."""
    for each in fields(place):
        value = getattr(place, each.name)
        if each.name not in _LEFT_OUT and value != each.default:
            yield f"--{_OPTIONS.get(each.name, each.name).replace('_', '-')}={value}"
