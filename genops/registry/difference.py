"""What changed between two closures, in words that a reader of the files understands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from genops.artifacts import Component

_SHOWN = 80


@dataclass(frozen=True, slots=True)
class ComponentDiff:
    """One component of the closure that was added, removed or changed.

    Attributes:
        kind: The component's kind.
        name: Its name.
        change: What happened to it.
        before: Its digest before; None when it was added.
        after: Its digest after; None when it was removed.
        lines: What changed inside: a unified diff of a text, one line for a parameter
            (``parameters.temperature: 0 -> 1``) and for a row of examples (``rows[2] added: …``).
    """

    kind: str
    name: str
    change: Literal["added", "removed", "changed"]
    before: str | None
    after: str | None
    lines: tuple[str, ...] = ()


def diff(before: Iterable[Component], after: Iterable[Component]) -> list[ComponentDiff]:
    """The differences of two closures, by kind and name; empty when they are the same.

    A name that stands for several components of a kind (it was referred to in several ways) is compared by digest.
    """
    olds, news = _by_name(before), _by_name(after)
    found = []
    for kind, name in sorted(olds.keys() | news.keys()):
        old, new = olds.get((kind, name), {}), news.get((kind, name), {})
        gone = [component for digest, component in sorted(old.items()) if digest not in new]
        come = [component for digest, component in sorted(new.items()) if digest not in old]
        for a, b in zip(gone, come, strict=False):
            lines = tuple(_differences("", a.body, b.body))
            found.append(ComponentDiff(kind, name, "changed", a.digest, b.digest, lines))
        found += [ComponentDiff(kind, name, "removed", c.digest, None) for c in gone[len(come) :]]
        found += [ComponentDiff(kind, name, "added", None, c.digest) for c in come[len(gone) :]]
    return found


def _by_name(components: Iterable[Component]) -> dict[tuple[str, str], dict[str, Component]]:
    names: dict[tuple[str, str], dict[str, Component]] = {}
    for component in components:
        names.setdefault((component.kind, component.name), {})[component.digest] = component
    return names


def _differences(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*old, *(key for key in new if key not in old)]:
            path = f"{where}.{key}" if where else key
            if key not in new:
                yield f"{path}: removed (was {_text(old[key])})"
            elif key not in old:
                yield f"{path}: added: {_text(new[key])}"
            else:
                yield from _differences(path, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list):
        yield from _row_differences(where, old, new)
    elif old == new and isinstance(old, bool) == isinstance(new, bool):
        return
    elif isinstance(old, str) and isinstance(new, str) and "\n" in old + new:
        yield from difflib.unified_diff(old.splitlines(), new.splitlines(), f"a/{where}", f"b/{where}", lineterm="")
    else:
        yield f"{where}: {_text(old)} -> {_text(new)}"


def _row_differences(where: str, old: list[Any], new: list[Any]) -> Iterator[str]:
    rows_before, rows_after = ([orjson.dumps(row) for row in rows] for rows in (old, new))
    matcher = difflib.SequenceMatcher(None, rows_before, rows_after, autojunk=False)
    for action, a, a_end, b, b_end in matcher.get_opcodes():
        if action == "equal":
            continue
        both = min(a_end - a, b_end - b)
        for offset in range(both):
            yield from _differences(f"{where}[{b + offset}]", old[a + offset], new[b + offset])
        for row in range(a + both, a_end):
            yield f"{where}[{row}] removed: {_text(old[row])}"
        for row in range(b + both, b_end):
            yield f"{where}[{row}] added: {_text(new[row])}"


def _text(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
