"""Inputs of a run or a rendering, as the command line gives them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genops.errors import InputError, Location, UsageError

if TYPE_CHECKING:
    from genops.prompts import InputSpec


def read_inputs(spec: InputSpec, pairs: Iterable[str] | None, file: str | None) -> dict[str, Any]:
    """The inputs of ``--inputs`` with those of ``--input`` over them.

    Args:
        spec: What is declared; it says how the text of a pair is read.
        pairs: ``NAME=VALUE``.
        file: Of a JSON object; ``-`` for stdin.

    Raises:
        InputError: A pair or the file cannot be read, or a value is not of its type.
    """
    values = _from_file(file) if file is not None else {}
    for pair in pairs or ():
        name, equals, text = pair.partition("=")
        if not equals:
            example = f"{pair}=…" if pair in spec.names() else f"{next(iter(spec.names()), 'name')}={pair}"
            raise UsageError(f"--input {pair!r} is not NAME=VALUE", hint=f"write --input {example}")
        values[name] = spec.coerce_text(name, text)
    return values


def _from_file(file: str) -> dict[str, Any]:
    at = Location("<stdin>" if file == "-" else file)
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InputError(f"the inputs cannot be read: {error.strerror}", at=at) from None
    try:
        values = json.loads(data)  # takes lone surrogates, which orjson refuses
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", at=Location(at.path, error.lineno, error.colno)) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"not JSON: {error}", at=at) from None
    if not isinstance(values, dict):
        raise InputError("the inputs are a JSON object", at=at, hint='{"question": "…"}')
    return values
