"""The definitions of source code in any language, by its layout: indentation, or else braces, and blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from genops.retrieval.chunkers.definition import Definition
from genops.retrieval.chunkers.lines import line_starts

_TAB = 4
_DEPTH = 6
_COMMENT = re.compile(r"(?://|#|/\*|\*|--|;|%|<!--)")
_CONTINUES = re.compile(
    r"[{}\])]|(?:end|fi|done|esac|else|elif|elsif|elseif|catch|except|finally|rescue|ensure|then|do|begin)\b"
)
_CONTROL = re.compile(
    r"(?:if|unless|for|foreach|while|until|loop|switch|select|case|match|when|with|do|try|begin|else|return|defer|go)\b"
)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank: where it begins, what it says, how deep it is, and whether a blank line is above."""

    number: int
    content: str
    level: int
    after_blank: bool


def layout_definitions(text: str) -> list[Definition]:
    """The definitions at the top: lines at the outermost level with deeper ones under them, up to the next of these.

    What a definition begins with reaches up to the blank line or definition above it; it ends with what closes it
    (``}``, ``end``). A statement such as ``if`` defines nothing.
    """
    starts = line_starts(text)
    return _definitions(starts, _lines(text, starts), len(starts) - 1, _DEPTH)


def _lines(text: str, starts: Sequence[int]) -> list[_Line]:
    found, depth, blank = [], 0, False
    contents = [text[start:end].rstrip() for start, end in pairwise(starts)]
    indented = any(content[:1].isspace() for content in contents)
    for number, content in enumerate(contents):
        bare = content.lstrip()
        if bare:
            indentation = len(content[: len(content) - len(bare)].expandtabs(_TAB))
            found.append(_Line(number, bare, indentation if indented else depth - (bare[0] in "})]"), blank))
            depth += bare.count("{") - bare.count("}")
        blank = not bare
    return found


def _definitions(starts: Sequence[int], lines: Sequence[_Line], end: int, depth: int) -> list[Definition]:
    """Definitions among lines, which go up to line number ``end``."""
    found = []
    for first, body, last in _groups(lines):
        header = [line.content for line in lines[first:body] if not _COMMENT.match(line.content)]
        if not header or _CONTROL.match(header[0]):
            continue
        below = lines[last].number if last < len(lines) else end
        deeper = [line for line in lines[body:last] if line.level > lines[first].level]
        parts = partial(_definitions, starts, deeper, below, depth - 1) if depth else tuple
        found.append(Definition(starts[lines[first].number], starts[below], _signature(header), parts))
    return found


def _groups(lines: Sequence[_Line]) -> Iterator[tuple[int, int, int]]:
    """What may define something, as places in ``lines``: its first, the first deeper one, and one past its last."""
    outermost = min((line.level for line in lines), default=0)
    first, body = 0, None
    for place, line in enumerate(lines):
        if line.level > outermost:
            body = place if body is None else body
        elif body is not None and not _CONTINUES.match(line.content):
            yield first, body, place
            first, body = place, None
        elif body is None and line.after_blank and not _CONTINUES.match(line.content):
            first = place
    if body is not None:
        yield first, body, len(lines)


def _signature(header: Sequence[str]) -> str:
    return " ".join(" ".join(header).split()).rstrip("{:= ")
