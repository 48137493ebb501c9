"""A template's text and its partials, checked before anything is rendered, and compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, TemplateSyntaxError, meta, nodes
from jinja2.loaders import DictLoader

from genops.errors import DefinitionError, GenopsError, InputError, Location, nearest
from genops.models.types import Message
from genops.prompts.messages import MarkGenerator, MessageExtension, build_messages, is_message, mark_of
from genops.syntax import Sandbox

PARTIALS = "partials/"
_REFUSED = {
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.Import: "import",
    nodes.FromImport: "from … import",
}
_CAPTURING = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)
_CAPTURED = "a macro, a recursive loop, or a call, filter or set block"
_GLOBALS = frozenset({"range", "dict", "cycler", "joiner", "namespace"})


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a template or a partial and where it stands.

    Attributes:
        text: Jinja2.
        path: The file as the user knows it.
        first_line: Line of the file that the text begins on.
    """

    text: str
    path: Path | str
    first_line: int = 1

    def at(self, line: int | None) -> Location:
        """The file's line of a line of the text."""
        return Location(self.path, None if line is None else line + self.first_line - 1)


@dataclass(slots=True)
class Outline:
    """What one text consists of, seen without rendering it.

    Attributes:
        messages: Lines of its message blocks.
        loose: Lines of what it prints outside of any message block.
        includes: Name, line and place of each include.
        reads: Names that it does not define itself, with their first lines.
        defines: Names that it sets somewhere, loop variables included.
    """

    messages: list[int] = field(default_factory=list)
    loose: list[int] = field(default_factory=list)
    includes: list[tuple[str, int, str]] = field(default_factory=list)
    reads: dict[str, int] = field(default_factory=dict)
    defines: set[str] = field(default_factory=set)


class PromptSandbox(Sandbox):
    """The sandbox with message blocks and partials. A block tag on a line of its own leaves no line behind."""

    code_generator_class = MarkGenerator

    def __init__(self, loader: BaseLoader | None = None) -> None:
        super().__init__(
            loader=loader, extensions=[MessageExtension], trim_blocks=True, lstrip_blocks=True, auto_reload=False
        )


class Template:
    """A compiled template.

    Args:
        source: The body of a ``.prompt`` file.
        partials: Every partial that it includes, also through another, by name (``partials/rules.md``).
        variables: Names that it may read.

    Raises:
        DefinitionError: It does not compile, reads an unknown variable, includes in a circle, or prints outside of
            its message blocks; with the line.
    """

    def __init__(self, source: Source, partials: Mapping[str, Source], variables: frozenset[str]) -> None:
        self._sources: dict[str | None, Source] = {None: source}
        self._sources.update(partials.items())
        environment = PromptSandbox(DictLoader({name: _ended(partial.text) for name, partial in partials.items()}))
        self._outlines = {name: outline(item) for name, item in self._sources.items()}
        self._check_includes(None, ())
        self.blocks = self._has_messages(None)
        self._check_places()
        self._check_names(variables)
        self._compiled = environment.from_string(source.text)

    def reads(self, name: str) -> bool:
        """Whether the template or one of its partials reads a variable."""
        return any(name in item.reads for item in self._outlines.values())

    def render(self, variables: dict[str, Any]) -> list[Message]:
        """The messages under the given variables.

        Raises:
            InputError: Something that it reads is undefined, or it fails while it runs; with the line.
        """
        compiled = self._compiled
        try:
            return build_messages(compiled.root_render_func(compiled.new_context(variables)), blocks=self.blocks)
        except GenopsError as error:
            error.at = error.at or self._location(error)
            raise
        except Exception as error:
            name = type(error).__name__
            message = str(error) if name in ("UndefinedError", "SecurityError") else f"{name}: {error}"
            raise InputError(f"rendering failed: {message}", at=self._location(error)) from error

    def _location(self, error: BaseException) -> Location:
        found: Location = self._sources[None].at(None)
        trace = error.__traceback__
        while trace is not None:
            template = trace.tb_frame.f_globals.get("__jinja_template__")
            if template is not None:
                found = self._sources[template.name].at(template.get_corresponding_lineno(trace.tb_lineno))
            trace = trace.tb_next
        return found

    def _check_includes(self, name: str | None, above: tuple[str, ...]) -> None:
        for target, line, _ in self._outlines[name].includes:
            if target not in self._outlines:
                raise DefinitionError(f"there is no {target}", at=self._sources[name].at(line))
            if target in above:
                circle = " -> ".join([*above[above.index(target) :], target])
                raise DefinitionError(
                    f"partials include each other in a circle: {circle}", at=self._sources[name].at(line)
                )
            self._check_includes(target, (*above, target))

    def _has_messages(self, name: str | None) -> bool:
        item = self._outlines[name]
        return bool(item.messages) or any(self._has_messages(target) for target, _, _ in item.includes)

    def _check_places(self) -> None:
        """Messages only at the outside, and with messages nothing printed beside them."""
        for name, item in self._outlines.items():
            for target, line, place in item.includes:
                if place != "outside" and self._has_messages(target):
                    raise DefinitionError(
                        f"{target} holds message blocks and is included where none can be",
                        at=self._sources[name].at(line),
                        hint="include it outside of message blocks, macros and `set`",
                    )
        if not self.blocks:
            return
        for name in self._printed_outside(None):
            if self._outlines[name].loose:
                raise DefinitionError(
                    "this is printed outside of the message blocks",
                    at=self._sources[name].at(min(self._outlines[name].loose)),
                    hint='put it into {% message "user" %}…{% endmessage %}, or into {# … #}',
                )

    def _printed_outside(self, name: str | None) -> Iterator[str | None]:
        yield name
        for target, _, place in self._outlines[name].includes:
            if place == "outside":
                yield from self._printed_outside(target)

    def _check_names(self, variables: frozenset[str]) -> None:
        defined = {name for item in self._outlines.values() for name in item.defines}
        for name, item in self._outlines.items():
            known = variables | _GLOBALS | (defined if name is not None else frozenset())
            for variable, line in item.reads.items():
                if variable not in known:
                    declare = "examples:" if variable == "examples" else f"inputs: {{{variable}: str}}"
                    hint = f"declare `{declare}` in the front matter"
                    if variables and variable != "examples":
                        hint = f"{nearest(variable, variables)}; or {hint}"
                    raise DefinitionError(
                        f"{variable!r} is no declared input", at=self._sources[name].at(line), hint=hint
                    )


def _ended(text: str) -> str:
    """A partial with its last line ended: the line of the tag that includes it is left out with its end."""
    return text if text.endswith("\n") else f"{text}\n"


def outline(source: Source) -> Outline:
    """What a text consists of.

    Raises:
        DefinitionError: It is not a template; with the line.
    """
    try:
        tree = _PARSER.parse(source.text)
        reads = meta.find_undeclared_variables(tree)
    except TemplateSyntaxError as error:
        raise DefinitionError(f"template: {error.message}", at=source.at(error.lineno)) from None
    except RecursionError:
        raise DefinitionError("template: it nests too deep", at=source.at(None)) from None
    item = Outline()
    _walk(tree.body, "outside", item, source)
    for name in tree.find_all(nodes.Name):
        if name.ctx != "load":
            item.defines.add(name.name)
        elif name.name in reads:
            item.reads[name.name] = min(name.lineno, item.reads.get(name.name, name.lineno))
    return item


_PARSER = PromptSandbox()


def _walk(body: list[nodes.Node], place: str, item: Outline, source: Source) -> None:
    for node in body:
        for refused, tag in _REFUSED.items():
            if isinstance(node, refused):
                raise DefinitionError(
                    f"{{% {tag} %}} is not used in templates", at=source.at(node.lineno), hint="use {% include %}"
                )
        if isinstance(node, nodes.Output):
            _output(node, place, item, source)
        elif isinstance(node, nodes.Include):
            item.includes.append((_include_name(node, source), node.lineno, place))
        elif is_message(node):
            if place != "outside":
                where = "another message" if place == "message" else _CAPTURED
                raise DefinitionError(f"a message block inside of {where}", at=source.at(node.lineno))
            item.messages.append(node.lineno)
            _walk(list(node.iter_child_nodes()), "message", item, source)
        elif isinstance(node, _CAPTURING) or (isinstance(node, nodes.For) and node.recursive):
            if place == "outside" and not isinstance(node, (nodes.Macro, nodes.AssignBlock)):
                item.loose.append(node.lineno)
            _walk(list(node.iter_child_nodes()), "captured", item, source)
        elif isinstance(node, nodes.Stmt):
            _walk([child for child in node.iter_child_nodes() if isinstance(child, nodes.Stmt)], place, item, source)


def _output(node: nodes.Output, place: str, item: Outline, source: Source) -> None:
    for child in node.nodes:
        mark = mark_of(child)
        if mark in ("_open", "_close"):
            continue
        if mark is not None and place == "captured":
            raise DefinitionError(
                f"{{% {mark[1:]} %}} stands directly in a message, not in {_CAPTURED}",
                at=source.at(child.lineno),
            )
        if place == "outside":
            item.loose.extend(_printed_lines(child))


def _printed_lines(node: nodes.Expr) -> Iterator[int]:
    """The line on which something is printed; none for blank text."""
    if not isinstance(node, nodes.TemplateData):
        yield node.lineno
    elif node.data.strip():
        blank = len(node.data) - len(node.data.lstrip())
        yield node.lineno + node.data.count("\n", 0, blank)


def _include_name(node: nodes.Include, source: Source) -> str:
    name = node.template.value if isinstance(node.template, nodes.Const) else None
    if not isinstance(name, str) or not name.startswith(PARTIALS) or ".." in name.split("/") or "\\" in name:
        raise DefinitionError(
            'only a file below prompts/partials can be included, by a constant name: {% include "partials/rules.md" %}',
            at=source.at(node.lineno),
        )
    return name
