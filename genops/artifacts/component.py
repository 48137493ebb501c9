"""A component: anything that shapes an answer, under the digest of its canonical form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from genops.artifacts.canonical import digest_of

ComponentKind = Literal[
    "chain", "prompt", "partial", "examples", "model", "adapter", "index", "tool", "plugin", "runtime"
]


@dataclass(frozen=True, slots=True)
class Component:
    """A content-addressed part of a chain's closure.

    Attributes:
        kind: What it is.
        name: The name that it was referred to by. Not part of the digest: a renamed copy is the same component.
        body: Its content as JSON, with no timestamp or path in it. What runs is built from this.
        digest: SHA-256 of ``{"kind": kind, "body": body}`` in canonical form.
        source: The reference that it was resolved from (``answer``, ``answer@3``, ``answer@git:main``).
    """

    kind: ComponentKind
    name: str
    body: Any
    source: str = ""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", digest_of({"kind": self.kind, "body": self.body}))
        if not self.source:
            object.__setattr__(self, "source", self.name)
