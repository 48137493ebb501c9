"""YAML 1.2 (core schema), safe, with the line of every key and a bound on alias expansion."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location

MAX_NODES = 100_000
MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 100
_TEXT_PER_NODE = 256

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"(?P<sign>[-+]?)\.(?P<what>inf|Inf|INF)|\.(?:nan|NaN|NAN)")


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


def read_text(path: Path, what: str = "file", most: int = MAX_BYTES) -> str:
    """A definition file's text.

    Args:
        path: Of the file.
        what: It is, for messages.
        most: Bytes that it may have.

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
    if len(data) > most:
        raise DefinitionError(f"the {what} is larger than {most // 1024 // 1024} MiB", at=at)
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
    from ruamel.yaml.reader import ReaderError

    builder = _Builder(path, first_line)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = Location(path, mark.line + first_line, mark.column + 1) if mark else Location(path)
        problem = str(error.problem or error.context or "not YAML").strip().splitlines()[0]
        hint = "look at the indentation, quotes and brackets here and just above"
        raise DefinitionError(f"not valid YAML: {problem}", at=at, hint=hint) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + first_line
        raise DefinitionError(
            f"not valid YAML: control character {error.character!r}", at=Location(path, line)
        ) from None
    except (YAMLError, RecursionError, ValueError) as error:
        raise DefinitionError(f"not valid YAML: {str(error).splitlines()[0]}", at=Location(path)) from None
    return YamlFile(builder.data, path, builder.lines)


@dataclass(slots=True)
class _Open:
    """A collection that is being read."""

    value: dict[str, Any] | list[Any]
    keys: tuple[str | int, ...]
    anchor: str | None
    size_before: int
    key: str | None = None
    height: int = 1
    merged: list[dict[str, Any]] = field(default_factory=list)


class _Builder:
    """Makes plain values of parser events. Aliased values are shared, and counted as if they were written out."""

    def __init__(self, path: Path | str, first_line: int) -> None:
        self.data: Any = None
        self.lines: dict[tuple[str | int, ...], int] = {}
        self._path = path
        self._first = first_line
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int, int]] = {}
        self._size = 0
        self._documents = 0

    def take(self, event: Any) -> None:
        """Takes the next event of the parser."""
        line = event.start_mark.line + self._first
        match type(event).__name__:
            case "ScalarEvent":
                self._scalar(event, line)
            case "AliasEvent":
                self._alias(event.anchor, line)
            case "MappingStartEvent":
                self._begin({}, event, line)
            case "SequenceStartEvent":
                self._begin([], event, line)
            case "MappingEndEvent" | "SequenceEndEvent":
                self._end(line)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise self._error("there is a second YAML document", line)

    def _scalar(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        above = self._open[-1] if self._open else None
        if above is not None and isinstance(above.value, dict) and above.key is None:
            self._key(above, self._text(event.value, line), line)
            return
        text = self._text(event.value, line)
        value = self._plain(text, line) if event.style is None else text
        before = self._size
        self._count(1 + len(event.value) // _TEXT_PER_NODE)
        self._done(value, event.anchor, before, 0, line)

    def _text(self, text: str, line: int) -> str:
        """The text with escaped surrogates joined to the characters that they are pairs of, as in JSON."""
        if text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text):
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise self._error("the text holds a lone surrogate, which is no character", line) from None

    def _key(self, above: _Open, key: str, line: int) -> None:
        if key in above.value:
            raise self._error(f"the key {key!r} is given twice", line)
        above.key = key
        if key != "<<":
            self.lines[(*above.keys, key)] = line

    def _plain(self, text: str, line: int) -> Any:
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        if _INT.fullmatch(text):
            if len(text) > 4000:
                raise self._error("the number is too long", line)
            return int(text)
        if _BASED.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            number = float(text)
            if math.isinf(number):
                raise self._error(f"{text} is beyond what a number can hold", line)
            return number
        special = _SPECIAL.fullmatch(text)
        if special is not None:
            return (-math.inf if special["sign"] == "-" else math.inf) if special["what"] else math.nan
        return text

    def _alias(self, anchor: str, line: int) -> None:
        if anchor not in self._anchors:
            raise self._error(f"the alias *{anchor} stands for nothing, or for what it is a part of", line)
        value, size, height = self._anchors[anchor]
        self._count(size)
        self._place(value, height, line)

    def _begin(self, value: dict[str, Any] | list[Any], event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        if len(self._open) >= MAX_DEPTH:
            raise self._error("the YAML nests too deep", line)
        before = self._size
        self._count(1)
        self._open.append(_Open(value, self._next_keys(line), event.anchor, before))

    def _end(self, line: int) -> None:
        done = self._open.pop()
        if isinstance(done.value, dict):
            for merged in done.merged:
                for key, value in merged.items():
                    done.value.setdefault(key, value)
        self._done(done.value, done.anchor, done.size_before, done.height, line)

    def _next_keys(self, line: int) -> tuple[str | int, ...]:
        """Key path of the value that comes next."""
        if not self._open:
            return ()
        above = self._open[-1]
        if isinstance(above.value, list):
            keys = (*above.keys, len(above.value))
            self.lines.setdefault(keys, line)
            return keys
        if above.key is None:
            raise self._error("a key is text, not a list or a mapping", line)
        return (*above.keys, above.key)

    def _done(self, value: Any, anchor: str | None, size_before: int, height: int, line: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, self._size - size_before, height)
        self._place(value, height, line)

    def _place(self, value: Any, height: int, line: int) -> None:
        if not self._open:
            self.data = value
            return
        above = self._open[-1]
        above.height = max(above.height, height + 1)
        if above.height > MAX_DEPTH:
            raise self._error("the YAML nests too deep", line)
        self._next_keys(line)
        if isinstance(above.value, list):
            above.value.append(value)
            return
        key, above.key = above.key, None
        if key != "<<":
            above.value[str(key)] = value
            return
        merged = value if isinstance(value, list) else [value]
        if not all(isinstance(item, dict) for item in merged):
            raise self._error("`<<` merges mappings", line)
        above.merged.extend(merged)

    def _count(self, nodes: int) -> None:
        self._size += nodes
        if self._size > MAX_NODES:
            raise DefinitionError(
                f"the YAML expands to more than {MAX_NODES:,} nodes",
                at=Location(self._path),
                hint="check its aliases (*name)",
            )

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag is not None:
            raise self._error("YAML tags are not allowed", line)

    def _error(self, message: str, line: int) -> DefinitionError:
        return DefinitionError(message, at=Location(self._path, line))
