"""The definitions of a Python module, by its syntax tree."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TypeAlias

from genops.retrieval.chunkers.definition import Definition
from genops.retrieval.chunkers.lines import line_starts

_MOST_CHARACTERS = 2_000_000  # a syntax tree takes more than a hundred times the memory of its text
_Node: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_COMMENT = re.compile(r"#[^\r\n]*")


def python_definitions(text: str) -> list[Definition] | None:
    """The definitions at the top of a module, in order; None when it cannot be parsed."""
    if len(text) > _MOST_CHARACTERS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return _definitions(text, line_starts(text), module.body)


def _definitions(text: str, lines: Sequence[int], body: Iterable[ast.stmt]) -> list[Definition]:
    found: list[Definition] = []
    for node in _nodes(body):
        above = found[-1].end if found else 0
        end = lines[node.end_lineno or node.lineno]
        parts = partial(_definitions, text, lines, node.body)
        found.append(Definition(_start(text, lines, node, above), end, _signature(text, lines, node), parts))
    return found


def _nodes(body: Iterable[ast.stmt]) -> Iterator[_Node]:
    """Definitions among statements, also those under a condition."""
    for statement in body:
        if isinstance(statement, _Node):
            yield statement
        elif isinstance(statement, (ast.If, ast.Try)):
            handlers = (handler.body for handler in getattr(statement, "handlers", ()))
            yield from _nodes(chain(statement.body, *handlers, statement.orelse, getattr(statement, "finalbody", ())))


def _start(text: str, lines: Sequence[int], node: _Node, above: int) -> int:
    """The first decorator, or the first comment right above it; not before the end of what is above."""
    first = _first_line(node) - 1
    while first > 0 and lines[first - 1] >= above and text[lines[first - 1] : lines[first]].lstrip().startswith("#"):
        first -= 1
    return lines[first]


def _signature(text: str, lines: Sequence[int], node: _Node) -> str:
    body = max(_first_line(node.body[0]) - 1, node.lineno)
    return " ".join(_COMMENT.sub("", text[lines[node.lineno - 1] : lines[body]]).split()).rstrip(":")


def _first_line(node: ast.stmt) -> int:
    decorators = node.decorator_list if isinstance(node, _Node) else ()
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
