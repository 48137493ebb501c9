"""Counting the tokens of models behind servers: by the model's tokenizer where it is known, else from above."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

_TIKTOKEN = {f"text-embedding-{name}": "cl100k_base" for name in ("3-small", "3-large", "ada-002")}
_PIECE = re.compile(r"(?P<word>[A-Z]?[a-z]{1,20}(?![a-z]))|(?P<gap>\s+)|(?P<rest>.)", re.DOTALL)
_SPECIAL = 2

Counter = Callable[[str], int]


def counter_of(model_id: str) -> tuple[str, Counter]:
    """The counter of a model, with the name of its method: a tiktoken encoding, or ``estimate``.

    Args:
        model_id: As the provider knows it; what stands before its last ``/`` is an organisation.
    """
    encoding = _TIKTOKEN.get(model_id.rpartition("/")[2])
    return ("estimate", estimate) if encoding is None else (encoding, tiktoken_counter(encoding))


def estimate(text: str) -> int:
    """A number of tokens that tokenizers stay below on natural language and code.

    Two tokens for five letters of a lower-case or capitalised word and a token for each other byte: about twice what
    a tokenizer made for the language counts. Only made-up words and keys may have more.
    """
    tokens = _SPECIAL
    for piece in _PIECE.finditer(text):
        kind, found = piece.lastgroup, piece[0]
        if kind == "word":
            tokens += -(-2 * len(found) // 5)
        elif kind == "gap":
            tokens += found != " "
        else:
            tokens += len(found.encode("utf-8", "surrogatepass"))
    return tokens


@cache
def tiktoken_counter(encoding: str) -> Counter:
    """Counts by one of OpenAI's encodings, whose file litellm's package holds, so that nothing is fetched."""
    import tiktoken

    litellm = importlib.util.find_spec("litellm")
    if litellm is not None and litellm.origin is not None:
        folder = Path(litellm.origin).parent / "litellm_core_utils" / "tokenizers"
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(folder))
    encode = tiktoken.get_encoding(encoding).encode_ordinary
    return lambda text: len(encode(text))
