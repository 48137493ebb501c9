"""How channels stand in a monitor's definition: ``ops: {webhook: "https://…", secret_env: OPS_SECRET}``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from genops.chains import Parsing
from genops.errors import DefinitionError, nearest
from genops.evals.fields import field_of, model_of
from genops.monitoring.alerts.channels.channel import Channel
from genops.plugins import registry

_ENVIRONMENT = "_env"
_HINT = 'as in `ops: {webhook: "https://example.com/alerts", secret_env: OPS_SECRET}`'


def parse_channels(raw: Any, parsing: Parsing, root: Path) -> dict[str, Channel]:
    """Reads a monitor's ``channels``.

    Args:
        raw: As they are written.
        parsing: Where they stand.
        root: The project's folder.

    Raises:
        DefinitionError: One is of no kind, holds a credential, or has a setting that is unknown, missing or mistyped;
            with its line.
    """
    entries = field_of(dict[str, Any], raw, "channels", Parsing(parsing.file, parsing.keys[:-1]))
    return {name: parse_channel(name, entry, parsing, root) for name, entry in entries.items()}


def parse_channel(name: str, raw: Any, parsing: Parsing, root: Path) -> Channel:
    """Reads one channel.

    Args:
        name: By which rules refer to it.
        raw: As it is written.
        parsing: Where the channels stand.
        root: The project's folder.

    Raises:
        DefinitionError: It is none; with its line.
    """
    kinds = registry.names("channel")
    if not isinstance(raw, dict):
        raise DefinitionError(f"the channel {name!r} is no mapping", at=parsing.at(name), hint=_HINT)
    found = [key for key in raw if str(key).removesuffix(_ENVIRONMENT) in kinds]
    if not found:
        near = nearest(str(next(iter(raw), "")), kinds)
        raise DefinitionError(f"the channel {name!r} is of no kind", at=parsing.at(name), hint=near)
    if len(found) > 1:
        raise DefinitionError(
            f"the channel {name!r} is of several kinds: {', '.join(found)}", at=parsing.at(name, found[1])
        )
    kind: type[Channel] = registry.get("channel", found[0].removesuffix(_ENVIRONMENT))
    return model_of(kind, raw, name, parsing).at(root)


def channels_schema() -> dict[str, Any]:
    """The JSON Schema of ``channels``, with every kind that is registered."""
    kinds = []
    for name in registry.names("channel"):
        kind: type[Channel] = registry.get("channel", name)
        schema = kind.model_json_schema()
        keys = [key for key in (name, f"{name}{_ENVIRONMENT}") if key in schema["properties"]]
        kinds.append({**schema, "anyOf": [{"required": [key]} for key in keys]})
    definitions = {key: value for kind in kinds for key, value in kind.pop("$defs", {}).items()}
    schema = {"type": "object", "additionalProperties": {"anyOf": kinds}}
    return {**schema, "$defs": definitions} if definitions else schema
