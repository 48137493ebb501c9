"""Where definitions stand: ``evals/NAME.yaml``, whose first key says what it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, Literal, TypeAlias

from genops.chains import Parsing
from genops.errors import DefinitionError, ReferenceNotFound, nearest
from genops.settings import Settings
from genops.syntax import YamlFile, read_text, read_yaml

Kind: TypeAlias = Literal["suite", "campaign", "drift", "monitor"]
_SUFFIX = ".yaml"
_KIND = re.compile(r"kind:\s*['\"]?(\w+)")
_COMMANDS: dict[str, str] = {
    "suite": "genops eval run",
    "campaign": "genops fuzz run",
    "drift": "genops drift check",
    "monitor": "genops monitor run",
}
_NAMES: dict[str, str] = {"drift": "drift check"}


def read_definition(name: str, kind: Kind, settings: Settings) -> tuple[Path, YamlFile]:
    """Reads a definition by its name, or a file by its path.

    Raises:
        ReferenceNotFound: There is none; the message lists the nearest names.
        DefinitionError: It is no YAML; with the line.
    """
    path = _path(name, kind, settings)
    shown = path.relative_to(settings.root) if path.is_relative_to(settings.root) else path
    return path, read_yaml(read_text(path, kind), shown)


def checked(data: Any, name: str, kind: Kind, parsing: Parsing) -> dict[str, Any]:
    """What a definition holds, where it is of the kind that is wanted.

    Raises:
        DefinitionError: It is not; the hint names the command for what it is.
    """
    if isinstance(data, dict) and data.get("kind", kind) == kind:
        return data
    told = data.get("kind") if isinstance(data, dict) else None
    hint = f"it is a {told}: {_COMMANDS[told]} {name}" if isinstance(told, str) and told in _COMMANDS else None
    raise DefinitionError(f"a {_NAMES.get(kind, kind)} is a mapping with `kind: {kind}`", at=parsing.at(), hint=hint)


def check_keys(
    data: Any, name: str, kind: Kind, parsing: Parsing, known: Collection[str], needed: Iterable[str]
) -> None:
    """Checks a definition's kind, as :func:`checked` does, and its keys.

    Raises:
        DefinitionError: It is of another kind, has a key that is not known, or lacks one that is needed.
    """
    noun = _NAMES.get(kind, kind)
    for key in checked(data, name, kind, parsing):
        if key not in known:
            raise DefinitionError(f"unknown key {key!r} in a {noun}", at=parsing.at(key), hint=nearest(str(key), known))
    for key in needed:
        if key not in data:
            raise DefinitionError(f"a {noun} needs `{key}:`", at=parsing.at())


def _path(name: str, kind: Kind, settings: Settings) -> Path:
    folder = settings.root / settings.paths.evals
    for path in (folder / f"{name}{_SUFFIX}", Path(name)):
        if path.suffix == _SUFFIX and path.is_file():
            return path
    known = sorted(path.stem for path in folder.glob(f"*{_SUFFIX}") if _kind_of(path) == kind)
    missing = settings.paths.evals / f"{name}{_SUFFIX}"
    raise ReferenceNotFound(
        f"no {_NAMES.get(kind, kind)} is called {name!r}: there is no {missing}", hint=nearest(name, known)
    )


def _kind_of(path: Path) -> str:
    """What the first key of a file says it is."""
    first = next((line for line in path.read_text("utf-8", "replace").splitlines() if line and line[0] not in "#-"), "")
    found = _KIND.match(first)
    return found[1] if found else ""
