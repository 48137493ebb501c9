"""Fields of a definition in ``evals/``, checked where they stand in their file."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from genops.chains import Parsing
from genops.errors import DefinitionError, nearest

Positive = Annotated[int, Field(ge=1, strict=True)]
Seconds = Annotated[float, Field(gt=0)] | None


def field_of(kind: Any, value: Any, key: str, parsing: Parsing) -> Any:
    """A value of a type.

    Raises:
        DefinitionError: It is none.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise DefinitionError(f"`{key}`: {error.errors()[0]['msg']}", at=parsing.at(key)) from None


M = TypeVar("M", bound=BaseModel)


def model_of(kind: type[M], value: Any, key: str, parsing: Parsing) -> M:
    """A part of a definition that is a mapping of its own.

    Raises:
        DefinitionError: A key of it is unknown, missing or mistyped.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        path = [part for part in first["loc"] if isinstance(part, (str, int))]
        where = ".".join(map(str, (key, *path)))
        if first["type"] == "extra_forbidden":
            known = [field.alias or name for name, field in kind.model_fields.items()]
            hint = nearest(str(path[-1]), known)
            raise DefinitionError(f"unknown key {where!r}", at=parsing.at(key, *path), hint=hint) from None
        raise DefinitionError(f"{where}: {first['msg']}", at=parsing.at(key, *path)) from None
