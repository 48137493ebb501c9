"""Variables ``GENOPS_*`` over the values of a settings file."""

from __future__ import annotations

import os
from typing import Any, TypeVar

from pydantic import BaseModel

from genops.errors import DefinitionError
from genops.settings_file import FOLLOWING, PREFIX

M = TypeVar("M", bound=BaseModel)


def with_environment(model: type[M], values: dict[str, Any]) -> M:
    """The settings of a file's values, with those of the environment over them.

    Args:
        model: Of the settings; ``GENOPS_MODELS__FAST__REVISION`` is ``models.fast.revision``.
        values: What the file sets.

    Raises:
        DefinitionError: A variable that stands for a list or table is not JSON.
        pydantic.ValidationError: A setting is unknown or has the wrong type.
    """
    following = {PREFIX + name.upper() for name in FOLLOWING}
    if not any(name.startswith(PREFIX) and name not in following for name in map(str.upper, os.environ)):
        return model(**values)  # most often: the library is a tenth of what a short command takes to start
    from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

    class Variables(model, BaseSettings):  # type: ignore[valid-type, misc]
        model_config = SettingsConfigDict(
            env_prefix=PREFIX, env_nested_delimiter="__", nested_model_default_partial_update=True
        )

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, init_settings

    try:
        settings = Variables(**values)
    except SettingsError as error:
        raise DefinitionError(
            f"{error}: {error.__cause__}", hint="a list or table in a variable GENOPS_* is written as JSON"
        ) from None
    return model.model_construct(settings.model_fields_set, **dict(settings))
