"""Nunjucks templates as Jinja2: which variables they read, and the same text with other names for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError, meta

from genops.syntax import sandbox


def variables_of(text: str) -> set[str] | None:
    """Names that a template reads; None where it is no template of Jinja2."""
    try:
        return set(meta.find_undeclared_variables(sandbox().parse(text)))
    except (TemplateError, RecursionError):
        return None


def renamed(text: str, names: Mapping[str, str]) -> str | None:
    """The template with every variable under its name here; None where it reads another, or is no template."""
    reads = variables_of(text)
    if reads is None or not reads <= names.keys():
        return None
    out, before = list[str](), ""
    for _, kind, token in sandbox().lex(text):
        out.append(names[token] if kind == "name" and token in reads and before != "." else token)
        before = before if kind == "whitespace" else token
    return "".join(out)


def renamed_in(value: Any, names: Mapping[str, str]) -> Any:
    """A value with the templates in it renamed.

    Raises:
        ValueError: One of them cannot be.
    """
    if isinstance(value, str):
        text = renamed(value, names)
        if text is None:
            raise ValueError(f"the template {value[:60]!r}")
        return text
    if isinstance(value, dict):
        return {key: renamed_in(item, names) for key, item in value.items()}
    return [renamed_in(item, names) for item in value] if isinstance(value, list) else value


def rendered(text: str, values: Mapping[str, Any]) -> str | None:
    """A template with values in it; None where that is not possible."""
    try:
        return sandbox().from_string(text).render(values)
    except Exception:  # whatever a filter or operator raises on the user's values
        return None
