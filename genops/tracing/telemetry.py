"""Names and values of span attributes.

A span record carries OpenTelemetry's GenAI semantic conventions (``gen_ai.*``, development status, read from
github.com/open-telemetry/semantic-conventions-genai in 2026) and ``genops.*`` for what they have no name for. The
names of OpenInference (github.com/Arize-ai/openinference) say the same things again, so they are made of the former
when a span is exported. A value that is not known is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from genops.store.records.runs import RunRecord, SpanKind

Attributes = dict[str, Any]

RUN_ID = "genops.run.id"
RUN_MODE = "genops.run.mode"
RUN_ORIGIN = "genops.run.origin"
PARENT_SPAN = "genops.parent.span_id"
STATUS = "genops.status"
PATCH = "genops.patch"
ATTEMPTS = "genops.attempts"
LOCK_DIGEST = "genops.lock.digest"
PATH = "genops.path"
KIND = "genops.span.kind"
COMPONENT_DIGEST = "genops.component.digest"
EXAMPLES_DIGEST = "genops.examples.digest"
INDEX_SNAPSHOT = "genops.index.snapshot"
CHUNK_IDS = "genops.chunk.ids"
STALE = "genops.retrieval.stale"
MODEL_ALIAS = "genops.model.alias"
COST_USD = "genops.cost.usd"
USAGE = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")
MEMO = "genops.memo"
RESPONSE_CACHED = "genops.response.cached"
ADAPTER_NAME = "genops.adapter.name"
ADAPTER_DIGEST = "genops.adapter.digest"
ENGINE = "genops.engine."
"""Begins the names of what is known of an engine and of its work on one request."""

_PROVIDERS = {
    "azure": "azure.ai.openai",
    "azure_ai": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex_ai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
_PARAMETERS = {
    "temperature": "gen_ai.request.temperature",
    "top_p": "gen_ai.request.top_p",
    "top_k": "gen_ai.request.top_k",
    "max_tokens": "gen_ai.request.max_tokens",
    "max_completion_tokens": "gen_ai.request.max_tokens",
    "frequency_penalty": "gen_ai.request.frequency_penalty",
    "presence_penalty": "gen_ai.request.presence_penalty",
    "seed": "gen_ai.request.seed",
    "reasoning_effort": "gen_ai.request.reasoning.level",
}
_OPERATIONS: dict[SpanKind, str] = {
    "chain": "invoke_workflow",
    "model": "chat",
    "tool": "execute_tool",
    "retrieve": "retrieval",
    "agent": "invoke_agent",
}
_SUBJECTS = {
    "invoke_workflow": "gen_ai.workflow.name",
    "chat": "gen_ai.request.model",
    "execute_tool": "gen_ai.tool.name",
    "retrieval": "gen_ai.data_source.id",
    "invoke_agent": "gen_ai.agent.name",
}
_OPENINFERENCE_KINDS: dict[SpanKind, str] = {
    "model": "LLM",
    "tool": "TOOL",
    "http": "TOOL",
    "retrieve": "RETRIEVER",
    "agent": "AGENT",
}
_OPENINFERENCE_NAMES = {
    "gen_ai.request.model": "llm.model_name",
    "gen_ai.response.model": "llm.model_name",
    "gen_ai.provider.name": "llm.provider",
    "gen_ai.usage.input_tokens": "llm.token_count.prompt",
    "gen_ai.usage.output_tokens": "llm.token_count.completion",
    "gen_ai.usage.cache_read.input_tokens": "llm.token_count.prompt_details.cache_read",
    COST_USD: "llm.cost.total",
    "gen_ai.tool.name": "tool.name",
    "gen_ai.tool.description": "tool.description",
    "gen_ai.agent.name": "agent.name",
    "gen_ai.conversation.id": "session.id",
}


def _known(attributes: Attributes) -> Attributes:
    return {name: value for name, value in attributes.items() if value is not None}


def chain_attributes(run: RunRecord, parent_span: str | None = None) -> Attributes:
    """Attributes of a run's root span.

    Args:
        run: As it is when the run starts.
        parent_span: Span id of a joined ``traceparent``; the root span is exported as its child.
    """
    return _known(
        {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": run.chain,
            "gen_ai.conversation.id": run.session,
            "user.id": run.user,
            "tag.tags": list(run.tags) or None,
            RUN_ID: run.id,
            RUN_MODE: run.mode,
            RUN_ORIGIN: run.origin,
            PARENT_SPAN: parent_span,
            LOCK_DIGEST: run.lock or None,
        }
    )


def model_request_attributes(
    *,
    alias: str,
    provider: str,
    model: str,
    digest: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    json_output: bool = False,
    stream: bool = False,
    adapter: str | None = None,
    adapter_digest: str | None = None,
) -> Attributes:
    """What is known of a model call before it is made.

    Args:
        alias: The model alias.
        provider: In litellm's notation; well-known ones are given OpenTelemetry's name.
        model: The model id without its provider.
        digest: Of the model component.
        parameters: Sampling parameters as sent; those that have no name in the conventions are left out.
        json_output: Whether structured output is asked for.
        stream: Whether the answer is streamed.
        adapter: Name of the LoRA adapter that is asked for.
        adapter_digest: Of its files, where they are known.
    """
    attributes: Attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": _PROVIDERS.get(provider, provider),
        "gen_ai.request.model": model,
        MODEL_ALIAS: alias,
    }
    if digest:
        attributes[COMPONENT_DIGEST] = digest
    if json_output:
        attributes["gen_ai.output.type"] = "json"
    if stream:
        attributes["gen_ai.request.stream"] = True
    if adapter is not None:
        attributes |= _known({ADAPTER_NAME: adapter, ADAPTER_DIGEST: adapter_digest})
    for name, value in (parameters or {}).items():
        if name in _PARAMETERS:
            if value is not None:
                attributes[_PARAMETERS[name]] = value
        elif name == "stop" and value:
            attributes["gen_ai.request.stop_sequences"] = [value] if isinstance(value, str) else list(value)
        elif name == "n" and value not in (None, 1):
            attributes["gen_ai.request.choice.count"] = value
    return attributes


def model_response_attributes(
    *,
    model: str | None = None,
    response_id: str | None = None,
    finish_reason: str | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cached_input_tokens: int | None = None,
    cost: float | None = None,
    time_to_first_token: float | None = None,
    fingerprint: str | None = None,
    cached: bool = False,
) -> Attributes:
    """What is known of a model call when it has been answered: tokens, US dollars, seconds."""
    return _known(
        {
            "gen_ai.response.model": model,
            "gen_ai.response.id": response_id,
            "gen_ai.response.finish_reasons": [finish_reason] if finish_reason else None,
            "gen_ai.response.time_to_first_chunk": time_to_first_token,
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.output_tokens": output_tokens,
            "gen_ai.usage.cache_read.input_tokens": cached_input_tokens,
            "openai.response.system_fingerprint": fingerprint,
            COST_USD: cost,
            RESPONSE_CACHED: cached or None,
        }
    )


def engine_attributes(engine: Mapping[str, Any]) -> Attributes:
    """What is known of the engine that answered: its version, what it serves, its times for the request in seconds.

    A time that the engine did not tell is there and null: the engine's own span may bring it.
    """
    return {ENGINE + name: value for name, value in engine.items()}


def retrieval_attributes(
    *,
    index: str,
    snapshot: str | None = None,
    k: int | None = None,
    hits: Sequence[tuple[str, float]] | None = None,
    stale: Sequence[str] = (),
) -> Attributes:
    """Attributes of a retrieval.

    Args:
        index: Name of the index.
        snapshot: Digest of the index snapshot.
        k: How many chunks were asked for.
        hits: Chunk id and score of each hit in order; None before they are known.
        stale: Uris of found documents whose source has changed since, or that are past their time to live.
    """
    attributes = _known(
        {
            "gen_ai.operation.name": "retrieval",
            "gen_ai.data_source.id": index,
            "gen_ai.retrieval.top_k": k,
            INDEX_SNAPSHOT: snapshot,
            STALE: list(dict.fromkeys(stale)) or None,
        }
    )
    if hits is not None:
        attributes[CHUNK_IDS] = [chunk for chunk, _ in hits]
        attributes["gen_ai.retrieval.documents"] = json.dumps([{"id": chunk, "score": score} for chunk, score in hits])
    return attributes


def tool_attributes(*, name: str, description: str | None = None, call_id: str | None = None) -> Attributes:
    """Attributes of a tool's execution; ``call_id`` when a model asked for it."""
    return _known(
        {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": name,
            "gen_ai.tool.type": "function",
            "gen_ai.tool.description": description or None,
            "gen_ai.tool.call.id": call_id,
        }
    )


def agent_attributes(*, name: str, description: str | None = None) -> Attributes:
    """Attributes of an agent's work, from its first turn to its last."""
    return _known(
        {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": name,
            "gen_ai.agent.description": description or None,
        }
    )


def prompt_attributes(
    *, name: str, version: str | int | None = None, digest: str | None = None, examples: str | None = None
) -> Attributes:
    """Attributes of a step that renders a template.

    Args:
        name: The template's name.
        version: Its published version or label.
        digest: Of the template.
        examples: Digest of its examples.
    """
    return _known(
        {
            "gen_ai.prompt.name": name,
            "gen_ai.prompt.version": None if version is None else str(version),
            COMPONENT_DIGEST: digest,
            EXAMPLES_DIGEST: examples,
        }
    )


def http_attributes(*, method: str, url: str, status: int | None = None) -> Attributes:
    """Attributes of an HTTP request (OpenTelemetry's stable HTTP conventions); user, password and query left out."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    netloc = f"{host}:{parts.port}" if parts.port else host
    return _known(
        {
            "http.request.method": method.upper(),
            "url.full": parts._replace(netloc=netloc, query="", fragment="").geturl(),
            "server.address": host or None,
            "server.port": parts.port,
            "http.response.status_code": status,
        }
    )


def otel_span_name(kind: SpanKind, name: str, attributes: Mapping[str, Any]) -> str:
    """The name that the conventions give a span: ``chat gpt-4o``, ``execute_tool search``, ``GET`` or its own."""
    if kind == "http":
        return str(attributes.get("http.request.method", name))
    operation = attributes.get("gen_ai.operation.name") or _OPERATIONS.get(kind)
    if operation is None:
        return name or kind
    subject = attributes.get(_SUBJECTS.get(operation, ""), name)
    return f"{operation} {subject}" if subject else str(operation)


def openinference_attributes(kind: SpanKind, attributes: Mapping[str, Any]) -> Attributes:
    """The same facts under OpenInference's names."""
    named: Attributes = {"openinference.span.kind": _OPENINFERENCE_KINDS.get(kind, "CHAIN")}
    for name, value in attributes.items():
        if name in _OPENINFERENCE_NAMES:
            named[_OPENINFERENCE_NAMES[name]] = value
    if "llm.token_count.prompt" in named and "llm.token_count.completion" in named:
        named["llm.token_count.total"] = named["llm.token_count.prompt"] + named["llm.token_count.completion"]
    documents = attributes.get("gen_ai.retrieval.documents")
    if isinstance(documents, str):
        named.update(_documents(json.loads(documents)))
    return named


def _documents(documents: Iterable[Mapping[str, Any]]) -> Attributes:
    flat: Attributes = {}
    for number, document in enumerate(documents):
        flat[f"retrieval.documents.{number}.document.id"] = document["id"]
        flat[f"retrieval.documents.{number}.document.score"] = document["score"]
    return flat
