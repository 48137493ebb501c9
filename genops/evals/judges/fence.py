"""The fence around what is judged: a text inside of it can neither close it, nor open one, nor act as a chat turn.

A question's texts stand between ``⟦CODE name⟧`` and ``⟦/CODE⟧``. The code is a hash of all of them, so that no text can
hold it, and the brackets themselves are written ``[ ]`` inside of a text. Control tokens of chat templates, which some
servers obey wherever they stand, get a space.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from genops.artifacts import Value, encode

_BRACKETS = str.maketrans({"⟦": "[", "⟧": "]"})
_HIDDEN = re.compile("[\U000e0000-\U000e007f]")
_ANGLED = re.compile(
    r"<(?P<rest>[|｜][^<>\n]{1,64}?[|｜]>"
    r"|/?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|begin▁of▁sentence|end▁of▁sentence)>"
    r"|</?SYS>>)",
    re.IGNORECASE,
)
_SQUARE = re.compile(
    r"\[(?P<rest>/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|ARGS|IMG|PREFIX|MIDDLE|SUFFIX)\])",
    re.IGNORECASE,
)


def fence_code(inputs: Mapping[str, Value]) -> str:
    """The code of the fence around these inputs: the same for the same, and in none of them."""
    return f"data-{hashlib.sha256(encode(dict(inputs)).data).hexdigest()[:32]}"


def harmless(value: Value) -> Value:
    """A value with every text in it, at any depth, fit to stand inside of a fence."""
    if isinstance(value, str):
        return harmless_text(value)
    if isinstance(value, list):
        return [harmless(item) for item in value]
    if isinstance(value, dict):
        return {harmless_text(key): harmless(item) for key, item in value.items()}
    return value


def harmless_text(text: str) -> str:
    """A text without fence brackets and hidden tag characters, and with its control tokens taken apart by a space."""
    text = _HIDDEN.sub("", text).translate(_BRACKETS)
    return _SQUARE.sub(r"[ \g<rest>", _ANGLED.sub(r"< \g<rest>", text))
