"""Parameters of a model request: what a team may set, and what genops sets by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OWN = {
    "model": "an alias says which model",
    "messages": "they are the body of a template",
    "tools": "list them under `tools:` of the template or the agent",
    "response_format": "declare the shape under `output:` of the template",
    "stream": "ask for it with `genops run --stream`, or iterate over `Chain.stream`",
    "stream_options": "usage is always asked for",
    "extra_headers": "they carry the trace",
    "timeout": "set `limits.timeout` of the alias",
    "num_retries": "set `limits.retries` of the alias",
    "max_retries": "set `limits.retries` of the alias",
    "base_url": "it is a key of the alias, beside `parameters`",
    "api_base": "set `base_url` of the alias",
    "api_key": "name the variable that holds it with `api_key_env` of the alias",
}


def refused_parameter(parameters: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first parameter that is not the user's to set, and what is wrong with it.

    Args:
        parameters: Of an alias, a template or a step.
    """
    for name, value in parameters.items():
        if name in _OWN:
            return name, f"parameters: genops sets {name!r} by itself ({_OWN[name]})"
        if name == "n" and isinstance(value, (int, float)) and value != 1:
            return name, "parameters: a call has one answer, so 'n' is 1 (map over a list to ask several times)"
    return None
