"""Recorded values as people read them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from genops.artifacts import Value
from genops.errors import StoreError
from genops.tracing.messages import input_messages, output_messages
from genops.tracing.quantities import counted
from genops.tracing.trace import Trace


def visible(text: str) -> str:
    """Text that a terminal shows and does not obey: control, direction and surrogate characters are spelled out.

    Newlines and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character in "\n\t" or not _acts(character) else _spelled(character) for character in text
    )


def commit(revision: str) -> str:
    """A git commit, short, with a ``+`` after it where files were changed since: ``1f2e3d4c5b6a+``."""
    return revision[:12] + ("+" if revision.endswith("+") else "")


def _acts(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":  # joiners are a part of words and emoji; marks of direction and tags are not
        return unicodedata.bidirectional(character) != "BN" or ord(character) >= 0xE0000
    return category in ("Cc", "Cs")


def _spelled(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def value_text(trace: Trace, digest: str | None) -> str:
    """A payload as text (see :func:`readable`); what is wrong with it when it cannot be read."""
    try:
        return readable(trace.value(digest))
    except StoreError as error:
        return f"({error.message})"


def readable(value: Value) -> str:
    """A value as lines for people: text as it is, everything else as indented JSON.

    Text of several lines inside of it is set as an indented block after ``|``, so that it reads, and compares, by line.
    """
    return value if isinstance(value, str) else "\n".join(_lines(value))


def _lines(value: Value) -> list[str]:
    if isinstance(value, str) and "\n" in value:
        return ["|", *(f"  {line}" for line in value.split("\n"))]
    if isinstance(value, dict) and value:
        return _enclosed(
            "{}", [(f"{json.dumps(key, ensure_ascii=False)}: ", _lines(item)) for key, item in value.items()]
        )
    if isinstance(value, list) and value:
        return _enclosed("[]", [("", _lines(item)) for item in value])
    return [json.dumps(value, ensure_ascii=False, default=_bytes_text)]


def _enclosed(brackets: str, items: list[tuple[str, list[str]]]) -> list[str]:
    lines = [brackets[0]]
    for number, (key, (first, *rest)) in enumerate(items):
        lines += [f"  {key}{first}", *(f"  {line}" for line in rest)]
        if number < len(items) - 1 and first != "|":
            lines[-1] += ","
    return [*lines, brackets[1]]


def _bytes_text(value: object) -> str:
    if not isinstance(value, bytes):
        return repr(value)
    return f"{counted(len(value), 'byte')}, sha256 {hashlib.sha256(value).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of a recorded model call, as it is read.

    Attributes:
        role: Who speaks.
        text: Text parts, tool calls and other parts, one below the other.
    """

    role: str
    text: str


def conversation(request: Value, response: Value) -> list[ChatMessage]:
    """The messages of a model call, the answer last; empty when the request is not one."""
    messages = [*input_messages(request), *output_messages(response)]
    return [
        ChatMessage(str(message["role"]), "\n".join(part_text(part) for part in message["parts"]))
        for message in messages
    ]


_PARTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "text": lambda part: readable(part.get("content")),
    "tool_call": lambda part: f"→ {part.get('name')}({json.dumps(part.get('arguments'), ensure_ascii=False)})",
    "tool_call_response": lambda part: readable(part.get("response")),
}


def part_text(part: Mapping[str, Any]) -> str:
    """One part of a message as text."""
    shown = _PARTS.get(str(part.get("type")))
    return shown(part) if shown else readable(dict(part))


def cut(text: str, limit: int) -> str:
    """The beginning of a text, with how much was left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()} … ({counted(len(text) - limit, 'more character')})"
