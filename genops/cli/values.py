"""Values that options take as JSON, or as ``NAME=VALUE``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from genops.errors import UsageError


def json_option(option: str, text: str | None) -> dict[str, Any] | None:
    """The JSON object that an option was given; None when it was not given.

    Raises:
        UsageError: It is none.
    """
    if text is None:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{option}: not JSON: {error}", hint='quote it for the shell: \'{"lang": "en"}\'') from None
    if not isinstance(value, dict):
        raise UsageError(f"{option}: a JSON object is wanted, not {type(value).__name__}")
    return value


def settings_options(pairs: Iterable[str], option: str = "--set") -> dict[str, Any]:
    """``NAME=VALUE`` pairs: a value that reads as JSON is that, any other is text.

    Raises:
        UsageError: One is no such pair.
    """
    values: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise UsageError(f"{option} {pair!r} is not NAME=VALUE")
        try:
            values[name] = json.loads(text)
        except ValueError:
            values[name] = text
    return values
