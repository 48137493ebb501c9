"""Tools of the sample chains."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

import genops

_MARK = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True)
class Passage:
    """What a search gives, as far as a citation needs it."""

    text: str
    uri: str
    start: int
    end: int


@dataclass(frozen=True)
class Citation:
    """Where a statement comes from: a file and a span of its characters."""

    number: int
    uri: str
    start: int
    end: int


@dataclass(frozen=True)
class CitedAnswer:
    """An answer whose every citation leads to a passage that was retrieved."""

    answer: str
    citations: list[Citation]


@genops.tool(effect="pure")
def check_citations(answer: str, passages: list[Passage]) -> CitedAnswer:
    """Resolves the citations [n] of an answer; one that leads to no retrieved passage is an error."""
    numbers = sorted({int(number) for number in _MARK.findall(answer)})
    unknown = [number for number in numbers if not 1 <= number <= len(passages)]
    if unknown:
        marks = ", ".join(f"[{number}]" for number in unknown)
        raise ValueError(f"the answer cites {marks}, but {len(passages)} passages were retrieved")
    cited = [(number, passages[number - 1]) for number in numbers]
    return CitedAnswer(answer, [Citation(number, p.uri, p.start, p.end) for number, p in cited])


_OPERATORS: dict[type[ast.operator | ast.unaryop], Callable[..., float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.USub: operator.neg,
}


@genops.tool(effect="pure")
def calculate(expression: str) -> float:
    """Evaluates an arithmetic expression of numbers, + - * / and parentheses."""
    return _value(ast.parse(expression, mode="eval").body)


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.operand))
    raise ValueError("only numbers, + - * / and parentheses are understood")


@genops.tool(effect="pure")
def count_words(text: str) -> int:
    """Counts the words of a text."""
    return len(text.split())
