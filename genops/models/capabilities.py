"""What a model can do, as far as is known before it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from genops.models.alias import provider_name
from genops.models.price_table import listed
from genops.models.types import Model


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a request may use.

    Attributes:
        tools: Tool calling.
        response_format: A JSON Schema that the answer is held to.
        streaming: Text as it is made.
    """

    tools: bool = True
    response_format: bool = True
    streaming: bool = True


_BUILT_IN = {
    "offline": Capabilities(tools=False, streaming=False),
    "recorded": Capabilities(),
    "scripted": Capabilities(),
}


def capabilities(model: Model) -> Capabilities:
    """What ``model`` can do.

    The facts ``tools``, ``response_format`` and ``streaming`` of the alias win; then what is known of built-in models;
    then litellm's table; an OpenAI-compatible server that the table does not know is taken to have it all, and one that
    genops runs has tool calling when it is given a parser for it.
    """
    known = _known(model)
    facts = model.alias.facts
    return Capabilities(
        tools=bool(facts.get("tools", known.tools)),
        response_format=bool(facts.get("response_format", known.response_format)),
        streaming=bool(facts.get("streaming", known.streaming)),
    )


def _known(model: Model) -> Capabilities:
    path = provider_name(model)
    if path in _BUILT_IN:
        return _BUILT_IN[path]
    if model.served is not None:
        return Capabilities(tools="tool_call_parser" in model.component.body["vllm"])
    entry = listed(model.provider, model.model_id) if model.alias.base_url is None else None
    if entry is not None:
        return Capabilities(
            tools=bool(entry.get("supports_function_calling")),
            response_format=bool(entry.get("supports_response_schema")),
            streaming=entry.get("supports_native_streaming") is not False,
        )
    return Capabilities() if path != "litellm" else Capabilities(tools=False, response_format=False)
