"""YAML 1.2, safe, with the line of every key and a bound on alias expansion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location

MAX_NODES = 100_000
MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A YAML document as plain Python values, with positions.

    Attributes:
        data: Mappings, lists and scalars.
        path: The file as the user knows it.
        lines: Line (from 1) of each key path that has one.
    """

    data: Any
    path: Path | str
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def at(self, *keys: str | int) -> Location:
        """The location of a key path; of its nearest ancestor that has one when it has none itself."""
        for length in range(len(keys), 0, -1):
            line = self.lines.get(tuple(keys[:length]))
            if line is not None:
                return Location(self.path, line)
        return Location(self.path)


def read_text(path: Path, what: str = "file") -> str:
    """A definition file's text.

    Raises:
        DefinitionError: It is missing, is not UTF-8 text, or is larger than any definition should be.
    """
    at = Location(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise DefinitionError(f"there is no such {what}", at=at) from None
    except OSError as error:
        raise DefinitionError(f"cannot read the {what}: {error.strerror or error}", at=at) from None
    if len(data) > MAX_BYTES:
        raise DefinitionError(f"the {what} is larger than {MAX_BYTES // 1024 // 1024} MiB", at=at)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DefinitionError(f"the {what} is not UTF-8 text", at=Location(path, line)) from None
    if "\x00" in text:
        raise DefinitionError(f"the {what} is binary", at=Location(path, text.count("\n", 0, text.index("\x00")) + 1))
    return text


def read_yaml(text: str, path: Path | str, *, first_line: int = 1) -> YamlFile:
    """Parses one YAML document.

    Args:
        text: The document.
        path: For messages.
        first_line: Line of the file that ``text`` begins on (front matter does not begin on line 1).

    Raises:
        DefinitionError: It is not YAML, uses tags or repeated keys, or expands beyond 100,000 nodes.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    parser = YAML(typ="rt", pure=True)
    parser.allow_duplicate_keys = False
    try:
        tree = parser.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Location(path, mark.line + first_line, mark.column + 1) if mark else Location(path)
        problem = str(error.problem or error.context or "not YAML").strip().splitlines()[0]
        raise DefinitionError(f"not valid YAML: {problem}", at=at) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise DefinitionError(f"not valid YAML: {str(error).splitlines()[0]}", at=Location(path)) from None
    lines: dict[tuple[str | int, ...], int] = {}
    budget = [MAX_NODES]
    try:
        data = _plain(tree, (), lines, budget, path, first_line)
    except RecursionError:
        raise DefinitionError("the YAML nests too deep", at=Location(path)) from None
    return YamlFile(data, path, lines)


def _plain(
    node: Any,
    keys: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    budget: list[int],
    path: Path | str,
    first: int,
) -> Any:
    from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar

    budget[0] -= 1
    if budget[0] < 0:
        raise DefinitionError(
            f"the YAML expands to more than {MAX_NODES:,} nodes", at=Location(path), hint="check its aliases (*name)"
        )
    tag = getattr(node, "tag", None)
    if isinstance(node, TaggedScalar) or (tag is not None and getattr(tag, "value", None)):
        raise DefinitionError("YAML tags are not allowed", at=Location(path, lines.get(keys)))
    if isinstance(node, CommentedMap):
        out: dict[str, Any] = {}
        for key, value in node.items():
            name = key if isinstance(key, str) else str(key)
            below = (*keys, name)
            lines[below] = _line(node, key, first)
            out[name] = _plain(value, below, lines, budget, path, first)
        return out
    if isinstance(node, CommentedSeq):
        items = []
        for index, value in enumerate(node):
            below = (*keys, index)
            lines[below] = _line(node, index, first)
            items.append(_plain(value, below, lines, budget, path, first))
        return items
    return _scalar(node)


def _line(node: Any, key: Any, first: int) -> int:
    data: dict[Any, Sequence[int]] = node.lc.data or {}
    entry = data.get(key)
    return int((entry[0] if entry else node.lc.line) + first)


def _scalar(node: Any) -> Any:
    for plain in (bool, int, float, str):
        if isinstance(node, plain):
            return plain(node)
    if type(node).__name__ == "ScalarBoolean":
        return bool(node)
    return node if node is None else str(node)
