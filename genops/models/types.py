"""What goes to a model and what comes back, in the chat-completions shape that every provider path speaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NotRequired, Protocol, TypedDict, runtime_checkable

from genops.artifacts import Component
from genops.settings import ModelAlias


class FunctionCall(TypedDict):
    """The function of a tool call; ``arguments`` is JSON text as the model wrote it."""

    name: str
    arguments: str


class ToolCall(TypedDict):
    """A model's wish to call a tool."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class Message(TypedDict):
    """A chat message. ``content`` is text, or parts (``{"type": "text"|"image_url"|"file", …}``)."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None
    tool_calls: NotRequired[list[ToolCall]]
    tool_call_id: NotRequired[str]
    name: NotRequired[str]


class ToolSpec(TypedDict):
    """A tool as offered to a model: ``{"type": "function", "function": {"name", "description", "parameters"}}``."""

    type: Literal["function"]
    function: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a call goes when genops serves the model.

    Attributes:
        url: Base URL, with its ``/v1`` and no slash at its end.
        key: What the server asks for; "" for nothing.
    """

    url: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Model:
    """A resolved alias.

    Attributes:
        name: The alias.
        alias: Its settings, with what does not shape answers (URL, key, limits, price).
        provider: First part of the model id (``openai``, ``offline``).
        model_id: The rest.
        component: What shapes its answers, with the digest.
        table: The table of the settings that it is defined in.
        adapter: The LoRA adapter that it is asked with, where the settings say what is in it.
        served: The alias whose servers, run by genops, answer for it; None where the settings say where it is served.
        endpoint: The server of one attempt, chosen by the gateway; None outside of it.
        served_name: What its server calls it, where that is not the model id.
    """

    name: str
    alias: ModelAlias
    provider: str
    model_id: str
    component: Component
    table: Literal["models", "embedders"] = "models"
    adapter: Component | None = None
    served: str | None = None
    endpoint: Endpoint | None = None
    served_name: str | None = None

    @property
    def requested(self) -> str:
        """The name in requests to a server: that of the adapter, else that of the model."""
        return self.alias.adapter or self.served_name or self.model_id

    @property
    def label(self) -> str:
        """As errors call it."""
        return f"{'model alias' if self.table == 'models' else 'embedder'} {self.name!r}"

    @property
    def section(self) -> str:
        """Where the settings define it, as hints say it."""
        return f"[tool.genops.{self.table}.{self.name}]"


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call, complete: equal requests to equal models are the same call.

    Attributes:
        messages: In order.
        parameters: The alias's defaults under the template's.
        tools: Offered tools.
        tool_choice: ``auto``, ``none``, ``required`` or a named function.
        response_format: ``{"type": "json_schema", "json_schema": {"name", "schema", "strict"}}`` or None.
    """

    messages: list[Message]
    parameters: dict[str, Any] = field(default_factory=dict)
    tools: list[ToolSpec] = field(default_factory=list)
    tool_choice: str | dict[str, Any] | None = None
    response_format: dict[str, Any] | None = None

    def to_value(self) -> dict[str, Any]:
        """The request as a plain mapping; the inverse is :meth:`from_value`."""
        return {
            "messages": self.messages,
            "parameters": self.parameters,
            "tools": self.tools,
            "tool_choice": self.tool_choice,
            "response_format": self.response_format,
        }

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> ModelRequest:
        """The request that :meth:`to_value` was called on."""
        return cls(**value)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; None where it did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_input_tokens: int | None = None


ENGINE_FIGURES = ("queue_s", "prefill_s", "decode_s", "time_to_first_token_s")
"""Seconds that a request waited, that its prompt took, that its answer took after the first token, and until that."""


@dataclass(slots=True)
class ModelResponse:
    """One answer.

    Attributes:
        text: The answer's text; empty when it only calls tools.
        tool_calls: In order.
        finish_reason: ``stop``, ``length``, ``tool_calls``, ``content_filter`` or what the server said.
        usage: Tokens.
        cost: US dollars; None when the price is unknown.
        model: Model id that the server reports.
        fingerprint: System fingerprint that the server reports.
        response_id: The server's id of the answer.
        time_to_first_token: Seconds to the first streamed text, or to the first byte when it was not streamed.
        latency: Seconds of the attempt that answered.
        attempts: Failed attempts before it: ``{"error", "message", "delay"}``.
        cached: Whether it came from the response cache.
        engine: What is known of the engine's work and of the engine, by the names of :data:`ENGINE_FIGURES`, ``name``,
            ``weights`` and so on; None for what it did not say, and empty where nothing is known.
        extra: What the provider adds that is worth keeping (the scripted rule's name).
    """

    text: str
    tool_calls: list[ToolCall] = field(default_factory=list)
    finish_reason: str = "stop"
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    model: str | None = None
    fingerprint: str | None = None
    response_id: str | None = None
    time_to_first_token: float | None = None
    latency: float = 0.0
    attempts: list[dict[str, Any]] = field(default_factory=list)
    cached: bool = False
    engine: dict[str, Any] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def to_value(self) -> dict[str, Any]:
        """The response as a plain mapping; the inverse is :meth:`from_value`."""
        value: dict[str, Any] = {name: getattr(self, name) for name in ModelResponse.__slots__}
        value["usage"] = {name: getattr(self.usage, name) for name in Usage.__slots__}
        return value

    @classmethod
    def from_value(cls, value: Mapping[str, Any]) -> ModelResponse:
        """The response that :meth:`to_value` was called on."""
        return cls(**{**value, "usage": Usage(**value.get("usage", {}))})


@dataclass(frozen=True, slots=True)
class Call:
    """What surrounds a request without being part of it.

    Attributes:
        headers: Outgoing headers (``traceparent``).
        on_text: Called with each piece of text as it arrives; given, the call is streamed.
        turn: Turn of the agent loop, from 0, for scripted models.
        repeat: Number of the repetition, from 0: equal requests of different repetitions do not share a cached answer.
    """

    headers: dict[str, str] = field(default_factory=dict)
    on_text: Callable[[str], None] | None = None
    turn: int = 0
    repeat: int = 0


class Provider(Protocol):
    """One way to reach models. One instance per gateway serves all calls to all aliases of its kind.

    What is registered under the kind ``provider`` is called with the project's
    :class:`~genops.settings.Settings` and returns one of these. It raises :class:`~genops.errors.ModelError` (its
    subclasses say whether a retry may help), or :class:`~genops.errors.UsageError` when the alias cannot be used.
    """

    async def complete(self, model: Model, request: ModelRequest, call: Call) -> ModelResponse:
        """Makes one attempt. Retries, limits, prices and the cache are the gateway's."""
        ...

    async def close(self) -> None:
        """Gives back connections."""
        ...


@runtime_checkable
class LoadingProvider(Protocol):
    """A provider that needs a library which takes longer to load than a call."""

    async def load(self) -> None:
        """Loads it: once, before the first call, so that it is in no call's time."""
        ...
