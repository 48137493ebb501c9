"""The tables of docs/settings.md name every setting with the type, default and variable that the code gives it."""

import re
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from genops.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
ROW = re.compile(
    r"^\| `(?P<name>[a-z0-9_.A-Z]+)` \| (?P<type>[^|]+) \| (?P<default>[^|]+) \| (?P<env>[^|]+) \| (?P<why>.+) \|$"
)
FOLLOWS = {"root", "source"}
PLACES = {"models": "NAME", "models.NAME.vllm.adapters": "ADAPTER", "embedders": "NAME", "indexes": "NAME"}


def type_shown(annotation: Any) -> str:
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(f"`{value}`" for value in typing.get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    if isinstance(annotation, types.UnionType):
        parts = [type_shown(part) for part in typing.get_args(annotation) if part is not type(None)]
        return " or ".join(dict.fromkeys(parts))
    if typing.get_origin(annotation) is list:
        return f"list of {type_shown(typing.get_args(annotation)[0])}"
    if typing.get_origin(annotation) is dict:
        value = typing.get_args(annotation)[1]
        return "table" if value is Any else f"table of {type_shown(value)}"
    return {Path: "path", Any: "any"}.get(annotation) or annotation.__name__


def default_shown(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or value in ("", [], {}):
        return "none"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def settings_of(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        path = f"{prefix}{name}"
        annotation = field.annotation
        if not prefix and name in FOLLOWS:
            continue
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from settings_of(annotation, f"{path}.")
        elif path in PLACES:
            yield from settings_of(typing.get_args(annotation)[1], f"{path}.{PLACES[path]}.")
        elif (inner := next((a for a in typing.get_args(annotation) if _is_model(a)), None)) is not None:
            yield from settings_of(inner, f"{path}.")
        else:
            variable = "GENOPS_" + path.replace(".", "__").upper()
            yield path, type_shown(annotation), default_shown(field), f"`{variable}`"


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def rows_of_the_page() -> list[dict[str, str]]:
    matches = (ROW.match(line) for line in PAGE.read_text(encoding="utf-8").splitlines())
    return [match.groupdict() for match in matches if match]


def test_every_setting_is_on_the_page_as_the_code_has_it():
    on_the_page = [
        (row["name"], row["type"].strip(), row["default"].strip(), row["env"].strip()) for row in rows_of_the_page()
    ]
    assert sorted(on_the_page) == sorted(settings_of(Settings))


def test_every_row_says_what_the_setting_is_for():
    assert all(len(row["why"].split()) >= 3 for row in rows_of_the_page())
