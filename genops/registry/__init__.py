"""The registry: published versions of prompts and chains, labels that move, and who did it, when and why."""

from genops.registry.author import current_author
from genops.registry.difference import ComponentDiff, diff
from genops.registry.labels import history, label, rollback
from genops.registry.resolution import resolve
from genops.registry.version import Kind, Version, log, publish

__all__ = [
    "ComponentDiff",
    "Kind",
    "Version",
    "current_author",
    "diff",
    "history",
    "label",
    "log",
    "publish",
    "resolve",
    "rollback",
]
