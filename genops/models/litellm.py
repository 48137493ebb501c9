"""The path through litellm, to every provider that has no path of its own here.

litellm takes seconds to import, so that happens before the first call and in a thread. Its own retries, prints and
telemetry are off, and it neither fetches its price table nor reads a ``.env`` file.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
import warnings
from functools import cache
from types import ModuleType
from typing import Any

from genops.errors import (
    ModelError,
    ModelRefused,
    ModelTimeout,
    RateLimited,
    ServerFailed,
    ServerUnreachable,
    StreamBroken,
    UsageError,
    nearest,
)
from genops.models.chat_completion import Assembly, read_completion
from genops.models.embeddings import EmbeddingRequest, EmbeddingResponse, read_embeddings
from genops.models.retry import parse_retry_after
from genops.models.types import Call, Model, ModelRequest, ModelResponse
from genops.settings import Settings

_ENVIRONMENT = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION", "LITELLM_LOG": "ERROR"}
_MESSAGE_LENGTH = 500
_UNKNOWN_PROVIDER = "LLM Provider NOT provided"


class LiteLLM:
    """The provider of everything that litellm knows; ``litellm/PROVIDER/MODEL`` asks for it by name."""

    def __init__(self, settings: Settings) -> None:
        self._used = False

    async def load(self) -> None:
        """Imports litellm."""
        await asyncio.to_thread(load)

    async def complete(self, model: Model, request: ModelRequest, call: Call) -> ModelResponse:
        """Makes one attempt; streamed when ``call.on_text`` is given.

        Raises:
            ModelError: By what went wrong.
            UsageError: The alias names an adapter, which litellm cannot pass on.
        """
        if model.alias.adapter is not None:
            raise UsageError(
                f"model alias {model.name!r}: an adapter needs a server that speaks OpenAI's protocol",
                hint="set base_url, or leave out adapter",
            )
        litellm = load()
        self._used = True
        arguments = _arguments(model, request, call)
        started = time.perf_counter()
        assembly = Assembly(call.on_text)
        try:
            answer = await litellm.acompletion(**arguments)
            first: float | None = time.perf_counter() - started
            if call.on_text is None:
                response = read_completion(answer.model_dump())
            else:
                first, response = await _stream(answer, assembly, started)
        except (ModelError, UsageError):
            raise
        except Exception as error:
            raise _error_of(litellm, error, model, assembly.begun) from None
        response.time_to_first_token = first
        response.latency = time.perf_counter() - started
        return response

    async def embed(self, model: Model, request: EmbeddingRequest) -> EmbeddingResponse:
        """Makes one attempt at vectors.

        Raises:
            ModelError: By what went wrong.
        """
        litellm = load()
        self._used = True
        arguments = _where(model)
        if request.dimension is not None:
            arguments["dimensions"] = request.dimension
        try:
            answer = await litellm.aembedding(input=request.texts, **arguments)
            return read_embeddings(answer.model_dump(), request)
        except ModelError:
            raise
        except Exception as error:
            raise _error_of(litellm, error, model, begun=False) from None

    async def close(self) -> None:
        """Closes litellm's connections."""
        if self._used:
            await load().close_litellm_async_clients()


@cache
def load() -> ModuleType:
    """Imports litellm, silenced."""
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", message=".*`ReadOnly` qualifier", category=UserWarning)
    import litellm

    litellm.suppress_debug_info = True
    litellm.telemetry = False
    # Calls for vectors take a `max_retries` of 0 for one that was not given.
    litellm.DEFAULT_MAX_RETRIES = 0  # type: ignore[attr-defined]
    for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm


def _arguments(model: Model, request: ModelRequest, call: Call) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        **_where(model),
        "messages": request.messages,
        "extra_headers": call.headers or None,
        "tools": request.tools or None,
        "tool_choice": request.tool_choice,
        "response_format": request.response_format,
    }
    if request.tools:
        arguments["_skip_mcp_handler"] = True  # it imports `mcp`, which is no dependency of litellm, for any tool
    if call.on_text is not None:
        arguments.update(stream=True, stream_options={"include_usage": True})
    return request.parameters | {name: value for name, value in arguments.items() if value is not None}


def _where(model: Model) -> dict[str, Any]:
    """What every call to a model says, whatever is asked of it."""
    arguments: dict[str, Any] = {
        "model": model.model_id if model.provider == "litellm" else model.alias.model,
        "num_retries": 0,
        "max_retries": 0,
        "timeout": model.alias.limits.timeout,
        "api_base": model.alias.base_url,
        "api_key": os.environ.get(model.alias.api_key_env) if model.alias.api_key_env else None,
    }
    return {name: value for name, value in arguments.items() if value is not None}


async def _stream(chunks: Any, assembly: Assembly, started: float) -> tuple[float | None, ModelResponse]:
    first: float | None = None
    async for chunk in chunks:
        assembly.add(chunk.model_dump())
        if first is None and assembly.begun:
            first = time.perf_counter() - started
    response = assembly.response()
    if not assembly.begun and not response.usage.output_tokens:  # litellm ends what was no stream as if it were one
        raise ServerFailed("the stream held no answer")
    return first, response


def _error_of(litellm: ModuleType, error: Exception, model: Model, begun: bool) -> ModelError:
    """Our error for one of litellm's, or for whatever else came out of it."""
    message = f"{model.alias.model}: {str(error)[:_MESSAGE_LENGTH] or type(error).__name__}"
    status = getattr(error, "status_code", None)
    retry_after = parse_retry_after((getattr(error, "litellm_response_headers", None) or {}).get("retry-after"))
    if _UNKNOWN_PROVIDER in str(error):
        known = [getattr(name, "value", name) for name in litellm.provider_list]
        return ModelRefused(f"{model.alias.model}: no provider is called so", hint=nearest(model.provider, known))
    if isinstance(error, litellm.Timeout):
        return ModelTimeout(message, status=status)
    if begun:
        return StreamBroken(message, status=status)
    if isinstance(error, litellm.APIConnectionError):
        return ServerUnreachable(message, hint="check the network, and the provider's base URL")
    if status == 429:
        return RateLimited(message, status=429, retry_after=retry_after)
    if isinstance(error, litellm.AuthenticationError):
        return ModelRefused(message, status=status, hint=_missing_keys(litellm, model))
    if isinstance(status, int) and 400 <= status < 500:
        return ModelRefused(message, status=status)
    return ServerFailed(message, status=status, retry_after=retry_after)


def _missing_keys(litellm: ModuleType, model: Model) -> str:
    missing = litellm.validate_environment(model=model.alias.model).get("missing_keys") or []
    if missing and model.alias.api_key_env is None:
        return f"set {', '.join(missing)}, or name another variable with api_key_env"
    return "check the key"
