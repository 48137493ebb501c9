"""Serving past this machine: manifests for other platforms, from the same ``vllm`` block."""

from genops.serving.deploy.deployment import Deployment, Place, deployment
from genops.serving.deploy.files import Change, changes, signed, write
from genops.serving.deploy.targets import TARGETS, manifests

__all__ = ["TARGETS", "Change", "Deployment", "Place", "changes", "deployment", "manifests", "signed", "write"]
