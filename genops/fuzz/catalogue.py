"""What attacks are made of here, built in and of plug-ins, as plain data: for listings and editors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema

from genops.evals.scorer import Setting
from genops.fuzz.mutator import find_mutator
from genops.fuzz.objective import find_objective
from genops.plugins import registry


def settings_of(made: type[Any]) -> dict[str, Setting]:
    """What a campaign may set for an objective or a strategy: the keywords that it is made with, by name."""
    hints = get_type_hints(made.__init__, include_extras=True)
    return {
        parameter.name: Setting(parameter.name, TypeAdapter(hints[parameter.name]), parameter.default)
        for parameter in inspect.signature(made).parameters.values()
    }


def value_schema(setting: Setting) -> dict[str, Any]:
    """JSON Schema of a setting's values; of any value where there is none."""
    try:
        return dict(setting.type.json_schema())
    except PydanticInvalidForJsonSchema:
        return {}


def mutators() -> Iterator[dict[str, Any]]:
    """Every mutator that is registered, by name."""
    for name in registry.names("mutator"):
        found = find_mutator(name)
        yield {
            "name": name,
            "family": found.family,
            "keeps_meaning": found.keeps_meaning,
            "asks": found.asks,
            "settings": _described(found.settings),
            "description": found.description,
        }


def objectives() -> Iterator[dict[str, Any]]:
    """Every objective that is registered, by name."""
    for name in registry.names("objective"):
        found = find_objective(name)
        yield {
            "name": name,
            "title": found.title,
            "severity": found.severity,
            "surfaces": list(found.surfaces),
            "tags": {key: list(tags) for key, tags in asdict(found.tags).items()},
            "settings": _described(settings_of(found)),
            "description": first_line(found),
        }


def first_line(made: object) -> str:
    """Of a docstring."""
    return (inspect.getdoc(made) or "").partition("\n")[0]


def _described(settings: Mapping[str, Setting]) -> dict[str, Any]:
    return {name: {**value_schema(setting), **_default(setting)} for name, setting in settings.items()}


def _default(setting: Setting) -> dict[str, Any]:
    if setting.default is inspect.Parameter.empty:
        return {}
    return {"default": setting.type.dump_python(setting.default, mode="json", warnings=False)}
