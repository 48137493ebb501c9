"""Expressions: a lone ``{{ … }}`` gives the value itself, mixed with text it gives text; nothing is parsed back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from jinja2 import TemplateSyntaxError, Undefined, UndefinedError, meta, nodes
from jinja2.exceptions import SecurityError

from genops.errors import DefinitionError, GenopsError, InputError, Location
from genops.syntax.sandbox import Sandbox, sandbox

_MAKES = (nodes.List, nodes.Tuple, nodes.Dict, nodes.Filter)
_UNSETTLED = (Undefined, Iterator, range)


@dataclass(frozen=True, slots=True)
class Reads:
    """One reference of an expression: ``steps.answer`` has root and name; the name is None for ``steps`` alone."""

    root: str
    name: str | None


class Expression:
    """A compiled piece of a definition.

    Args:
        source: Text with ``{{ … }}`` in it, or none, which is a constant.
        at: Where it stands, for messages.

    Attributes:
        reads: What it refers to.

    Raises:
        DefinitionError: It does not compile, or names a step by something that is not a constant.
    """

    __slots__ = ("_evaluate", "_made", "at", "constant", "reads", "source")

    def __init__(self, source: str, at: Location | None = None) -> None:
        self.source = source
        self.at = at
        self.constant = "{{" not in source and "{%" not in source and "{#" not in source
        self.reads: frozenset[Reads] = frozenset()
        self._made = False
        self._evaluate: Callable[[Mapping[str, Any]], Any] = self._constant
        if not self.constant:
            self._compile()

    def _constant(self, variables: Mapping[str, Any]) -> Any:
        return self.source

    def _compile(self) -> None:
        environment = sandbox()
        try:
            tree = environment.parse(self.source)
            self.reads = frozenset(_reads(tree, self.source, self.at))
            body = lone_body(self.source)
            if body is not None:
                names = _path(tree)
                self._evaluate = (
                    environment.compile_expression(body, undefined_to_none=False)
                    if names is None
                    else partial(_follow, environment, names)
                )
                self._made = next(tree.find_all(_MAKES), None) is not None
            else:
                self._evaluate = environment.from_string(self.source).render
        except TemplateSyntaxError as error:
            raise DefinitionError(f"{self.source!r}: {error.message}", at=self.at) from None
        except RecursionError:
            raise DefinitionError(f"{self.source[:60]!r}…: it nests too deep", at=self.at) from None

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """The value under the given variables.

        Raises:
            InputError: Something that it reads is undefined, or it fails while it runs.
        """
        try:
            value = self._evaluate(variables)
            return _settled(value) if self._made or isinstance(value, _UNSETTLED) else value
        except UndefinedError as error:
            raise InputError(
                f"{self.source!r}: {error.message}", at=self.at, hint="use default(…) where a value may be absent"
            ) from None
        except SecurityError as error:
            raise InputError(f"{self.source!r} is not allowed: {error}", at=self.at) from None
        except GenopsError:
            raise
        except Exception as error:
            raise InputError(f"{self.source!r} failed: {type(error).__name__}: {error}", at=self.at) from error

    def __repr__(self) -> str:
        return f"Expression({self.source!r})"


def compile_value(value: Any, at: Location | None = None) -> Any:
    """A definition's value with every text in it compiled: mappings and lists keep their shape."""
    if isinstance(value, str):
        return Expression(value, at)
    if isinstance(value, dict):
        return {key: compile_value(item, at) for key, item in value.items()}
    if isinstance(value, list):
        return [compile_value(item, at) for item in value]
    return value


def _settled(value: Any) -> Any:
    """The value with lazy sequences read to their end.

    Raises:
        UndefinedError: It is undefined, or holds something that is.
    """
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    if isinstance(value, (list, tuple, Iterator, range)):
        return [_settled(item) for item in value]
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    return value


def lone_body(source: str) -> str | None:
    """The inside of ``{{ … }}`` when that is all there is, marks of whitespace control left out."""
    tokens = [(kind, text) for _, kind, text in sandbox().lex(source.strip())]
    kinds = [kind for kind, _ in tokens]
    if kinds[:1] != ["variable_begin"] or kinds.index("variable_end") != len(kinds) - 1:
        return None
    return "".join(text for _, text in tokens[1:-1])


def _path(tree: nodes.Template) -> tuple[str, ...] | None:
    """The names of ``a.b.c`` when that is all there is: most expressions are, and need no rendering context."""
    output = tree.body[0] if len(tree.body) == 1 else None
    node = output.nodes[0] if isinstance(output, nodes.Output) and len(output.nodes) == 1 else None
    names: list[str] = []
    while isinstance(node, nodes.Getattr):
        names.append(node.attr)
        node = node.node
    return (node.name, *reversed(names)) if isinstance(node, nodes.Name) else None


def _follow(environment: Sandbox, names: tuple[str, ...], variables: Mapping[str, Any]) -> Any:
    value = variables[names[0]] if names[0] in variables else environment.undefined(name=names[0])
    for name in names[1:]:
        value = environment.getattr(value, name)
    return value


def _reads(tree: nodes.Template, source: str, at: Location | None) -> Iterator[Reads]:
    free = meta.find_undeclared_variables(tree)
    named: set[int] = set()
    for node in tree.find_all(nodes.Expr):
        if not isinstance(node, (nodes.Getattr, nodes.Getitem)):
            continue
        root = node.node
        if not isinstance(root, nodes.Name) or root.name not in free:
            continue
        named.add(id(root))
        if isinstance(node, nodes.Getattr):
            yield Reads(root.name, node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            yield Reads(root.name, node.arg.value)
        elif root.name == "steps":
            raise DefinitionError(f"{source!r}: a step is named by a constant, as in steps.name", at=at)
        else:
            yield Reads(root.name, None)
    for name in tree.find_all(nodes.Name):
        if name.name in free and id(name) not in named and name.ctx == "load":
            yield Reads(name.name, None)
