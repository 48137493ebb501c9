"""A component with a secret in it is refused: it would be kept whole, and cannot be redacted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genops.artifacts import Component
from genops.errors import DefinitionError
from genops.tracing.redaction.secrets import find_secrets


def refuse_secrets(component: Component) -> None:
    """Makes sure that a component holds no secret.

    Raises:
        DefinitionError: It does; the message names its type and does not repeat it.
    """
    for text in _texts(component.body):
        found = find_secrets(text)
        if found:
            raise DefinitionError(
                f"{component.kind} {component.name} holds a secret ({', '.join(found)})",
                hint="take it out and name the environment variable that holds it; change the secret if it was shared",
            )


def _texts(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for key, value in body.items():
            yield key
            yield from _texts(value)
    elif isinstance(body, list):
        for item in body:
            yield from _texts(item)
