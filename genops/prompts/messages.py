"""Message blocks in Jinja2: roles and parts are objects of the compiled template, never text that could be imitated.

``{% message "user" %}…{% endmessage %}`` opens and closes a message, ``{% image x %}`` and ``{% file x %}`` put a part
into it. The compiled template yields a stream of events: text, and the marks below. Every value that a template prints
passes through ``str()``, so no value can be a mark, and text is never looked at for structure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.parser import Parser

from genops.errors import InputError
from genops.models.types import Message
from genops.prompts.parts import file_part, image_part

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True, slots=True)
class Open:
    """A message begins."""

    role: str


@dataclass(frozen=True, slots=True)
class Close:
    """The message ends."""


@dataclass(frozen=True, slots=True)
class Part:
    """An image or a file, in the chat-completions shape."""

    content: dict[str, Any]


_CLOSE = Close()


class MessageExtension(Extension):
    """The tags ``message``, ``image`` and ``file``."""

    tags = {"message", "image", "file"}  # noqa: RUF012 - jinja2 declares it on instances

    def parse(self, parser: Parser) -> nodes.Node:
        """Compiles one tag."""
        token = next(parser.stream)
        if token.value == "message":
            return self._message(parser, token.lineno)
        argument = parser.parse_expression()
        return self._mark(f"_{token.value}", [argument], token.lineno)

    def _message(self, parser: Parser, line: int) -> nodes.Node:
        role = parser.parse_expression()
        if not isinstance(role, nodes.Const) or role.value not in ROLES:
            parser.fail(f"a message's role is a constant: {', '.join(repr(name) for name in ROLES)}", line)
        body = parser.parse_statements(("name:endmessage",), drop_needle=True)
        return nodes.Scope([self._mark("_open", [role], line), *body, self._mark("_close", [], line)], lineno=line)

    def _mark(self, method: str, arguments: list[nodes.Expr], line: int) -> nodes.Output:
        return nodes.Output([self.call_method(method, arguments, lineno=line)], lineno=line)

    def _open(self, role: str) -> Open:
        return Open(role)

    def _close(self) -> Close:
        return _CLOSE

    def _image(self, value: Any) -> Part:
        return Part(image_part(value))

    def _file(self, value: Any) -> Part:
        return Part(file_part(value))


class MarkGenerator(CodeGenerator):
    """Compiles templates so that the extension's marks stay objects; everything else becomes text as usual."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if mark_of(node) is None:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if mark_of(node) is None:
            super()._output_child_post(node, frame, finalize)


def mark_of(node: nodes.Node) -> str | None:
    """Which mark of the extension a printed node makes (``_open``, ``_image``, …), or None."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.ExtensionAttribute):
        return node.node.name
    return None


def is_message(node: nodes.Node) -> bool:
    """Whether a node is a message block."""
    if not isinstance(node, nodes.Scope) or not node.body:
        return False
    first = node.body[0]
    return isinstance(first, nodes.Output) and mark_of(first.nodes[0]) == "_open"


def build_messages(events: Iterable[str | Open | Close | Part], *, blocks: bool) -> list[Message]:
    """The messages of a rendered template.

    Args:
        events: What the compiled template yields.
        blocks: Whether it has message blocks; without, everything is one user message.

    Raises:
        InputError: No message came out.
    """
    if not blocks:
        return [_message("user", list(events))]
    messages: list[Message] = []
    role = ""
    pieces: list[Any] = []
    for event in events:
        if isinstance(event, Open):
            role, pieces = event.role, []
        elif isinstance(event, Close):
            messages.append(_message(role, pieces))
        else:
            pieces.append(event)
    if not messages:
        raise InputError("the template gave no message for these inputs", hint="one block must hold for every input")
    return messages


def _message(role: Any, pieces: list[Any]) -> Message:
    if not any(isinstance(piece, Part) for piece in pieces):
        return {"role": role, "content": "".join(pieces).strip("\n")}
    parts: list[dict[str, Any]] = []
    text: list[str] = []
    for piece in [*pieces, None]:
        if isinstance(piece, str):
            text.append(piece)
            continue
        joined = "".join(text).strip("\n")
        if joined.strip():
            parts.append({"type": "text", "text": joined})
        text = []
        if piece is not None:
            parts.append(piece.content)
    return {"role": role, "content": parts}
