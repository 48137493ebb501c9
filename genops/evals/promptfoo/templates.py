"""Nunjucks templates as Jinja2: which variables they read, and the same text with other names for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from jinja2 import TemplateError, meta

from genops.syntax import lone_body, sandbox

_ROLES = re.compile(r"{% (end)?message\b.*?%}")
"""Tags around a message, which templates of prompts alone know."""
_NO_VARIABLE = frozenset({".", "|", "is"})
"""What stands before a name that is an attribute, a filter or a test."""


def variables_of(text: str) -> set[str] | None:
    """Names that a template reads; None where it is no template of Jinja2."""
    try:
        return set(meta.find_undeclared_variables(sandbox().parse(_ROLES.sub("", text))))
    except (TemplateError, RecursionError):
        return None


def renamed(text: str, names: Mapping[str, str]) -> str | None:
    """The template with every variable under its name here; None where it reads another, or is no template."""
    reads = variables_of(text)
    if reads is None or not reads <= names.keys():
        return None
    out, before = list[str](), ""
    for _, kind, token in sandbox().lex(text):
        out.append(names[token] if kind == "name" and token in reads and before not in _NO_VARIABLE else token)
        before = before if kind == "whitespace" else token
    return "".join(out)


def renamed_in(value: Any, names: Mapping[str, str], texts: Collection[str] = ()) -> Any:
    """A value with the templates in it renamed; each gives text, as it does in promptfoo.

    Args:
        value: Of any shape.
        names: Of variables here, by those of the configuration.
        texts: Variables that are text everywhere.

    Raises:
        ValueError: One of them cannot be.
    """
    if isinstance(value, str):
        text = renamed(value, names)
        if text is None:
            raise ValueError(f"the template {value[:60]!r}")
        alone = lone_body(value)
        if alone is None or alone.strip() in texts:
            return text
        return f"{{{{ ({(lone_body(text) or '').strip()}) | string }}}}"
    if isinstance(value, dict):
        return {key: renamed_in(item, names, texts) for key, item in value.items()}
    return [renamed_in(item, names, texts) for item in value] if isinstance(value, list) else value


def variables_in(value: Any) -> set[str]:
    """Names that the templates in a value read."""
    if isinstance(value, str):
        return variables_of(value) or set()
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return set().union(*map(variables_in, items))


def unfilled(text: str, values: Mapping[str, Any]) -> str:
    """Why a template cannot have these values in it; empty where it can."""
    try:
        sandbox().from_string(_ROLES.sub("", text)).render(values)
    except Exception as error:  # whatever a filter or operator raises on the user's values
        return str(error)
    return ""


def rendered(text: str, values: Mapping[str, Any]) -> str | None:
    """A template with values in it; None where that is not possible."""
    try:
        return sandbox().from_string(text).render(values)
    except Exception:  # whatever a filter or operator raises on the user's values
        return None
