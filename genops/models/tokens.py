"""Token counts where no tokenizer is at hand: approximate, and only where nothing better exists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from genops.models.types import Message, ModelRequest, Usage

_WORD = re.compile(r"\w+|[^\w\s]")
_CHARACTERS_PER_TOKEN = 4


def text_of(message: Message) -> str:
    """The text of a message; its parts of other kinds are left out."""
    content = message["content"]
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content if part.get("type") == "text")


def counted(request: ModelRequest, answer: str) -> Usage:
    """Words and punctuation marks of a request and its answer, as the built-in models report them."""
    words = sum(len(_WORD.findall(text)) for text in _texts(request))
    return Usage(input_tokens=words, output_tokens=len(_WORD.findall(answer)))


def estimated(request: ModelRequest) -> int:
    """What a request may use, for a limit on tokens a minute: its texts, and what it may answer."""
    parameters = request.parameters
    answer = parameters.get("max_completion_tokens") or parameters.get("max_tokens") or 0
    return approximate(_texts(request)) + int(answer)


def approximate(texts: Iterable[str]) -> int:
    """Tokens of texts: one for four characters."""
    return sum(map(len, texts)) // _CHARACTERS_PER_TOKEN + 1


def _texts(request: ModelRequest) -> Iterator[str]:
    return map(text_of, request.messages)
