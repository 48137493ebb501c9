"""How scorers of form read an output: what stands in its Markdown fence, and its JSON."""

from __future__ import annotations

import json
import re
from typing import NoReturn

from genops.artifacts import Value

_FENCE = re.compile(r"\s*(?P<fence>```+|~~~+)[^\n`]*\n(?P<body>.*)(?P=fence)\s*", re.DOTALL)


def unfenced(text: str) -> str:
    """The inside of the one Markdown fence that a text consists of; any other text as it is."""
    fence = _FENCE.fullmatch(text)
    return fence["body"] if fence else text


def json_of(output: Value, fenced: bool = False) -> Value:
    """The value of an output: text is read as strict JSON, everything else is a value already.

    Args:
        output: What is read.
        fenced: Whether the text may stand in a Markdown fence.

    Raises:
        ValueError: The text is not JSON; the message says where.
    """
    if not isinstance(output, str):
        return output
    try:
        text = unfenced(output) if fenced else output
        value: Value = json.loads(text, parse_constant=_no_constant, parse_int=_whole)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise ValueError("not JSON: it nests too deep") from None
    return value


def _whole(digits: str) -> int | float:
    """A whole number; of more digits than Python reads, infinity, as ``1e999`` is."""
    try:
        return int(digits)
    except ValueError:
        return float(digits)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"not JSON: {name} is not a JSON value")
