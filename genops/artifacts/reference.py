"""References: one notation for a component in the working tree, a version, a label, a git revision or a digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from genops.errors import DefinitionError

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_SHAPE = re.compile(
    rf"(?P<name>{NAME.pattern})"
    r"(?:@git:(?P<git>[^\s@#]+)|@(?P<version>[0-9]+)|@(?P<label>[A-Za-z_][A-Za-z0-9_.-]*)|#(?P<digest>[0-9a-f]{4,64}))?"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed reference.

    Attributes:
        name: The component's name.
        form: Where it is looked up.
        selector: The version number, label, git revision or digest prefix as text; empty for the working tree.
    """

    name: str
    form: Literal["tree", "version", "label", "git", "digest"] = "tree"
    selector: str = ""

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, text: str) -> Reference:
        """Reads ``answer``, ``answer@3``, ``answer@production``, ``answer@git:main`` or ``answer#1f2e3d``.

        Raises:
            DefinitionError: The text has none of these shapes.
        """
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise DefinitionError(
                f"{text!r} is not a reference",
                hint="write NAME, NAME@3, NAME@label, NAME@git:REVISION or NAME#digest (4 digits or more)",
            )
        name = match["name"]
        if match["git"]:
            return cls(name, "git", match["git"])
        if match["version"]:
            return cls(name, "version", match["version"])
        if match["label"]:
            return cls(name, "label", match["label"])
        if match["digest"]:
            return cls(name, "digest", match["digest"])
        return cls(name)

    def __str__(self) -> str:
        marks = {"tree": "", "version": "@", "label": "@", "git": "@git:", "digest": "#"}
        return f"{self.name}{marks[self.form]}{self.selector}"
