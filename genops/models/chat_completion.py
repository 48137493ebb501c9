"""Reading a chat completion: whole, or put together from streamed chunks. Servers may leave out or add anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from genops.errors import ModelError, ModelRefused, RateLimited, ServerFailed
from genops.models.types import ENGINE_FIGURES, ModelResponse, ToolCall, Usage

_MESSAGE_LENGTH = 500
_MOST = 2**53
CHECK_URL = "check that base_url leads to an OpenAI-compatible /v1"


def read_completion(body: Any) -> ModelResponse:
    """The answer in a complete response body.

    Raises:
        ServerFailed: It is not a chat completion.
        ModelError: It is an error that was sent as if it were an answer.
    """
    if not isinstance(body, dict):
        raise ServerFailed("the server answered with something that is not a chat completion", hint=CHECK_URL)
    if body.get("error"):
        raise error_of(200, body)
    try:
        choice = body["choices"][0]
        message = choice["message"]
        response = ModelResponse(
            text=_text(message.get("content")),
            tool_calls=[_tool_call(call, index) for index, call in enumerate(message.get("tool_calls") or ())],
        )
        response.extra.update(_kept(message))
        if choice.get("logprobs"):
            response.extra["logprobs"] = choice["logprobs"]
        _head(response, body)
        response.finish_reason = _word(choice.get("finish_reason")) or "stop"
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise ServerFailed(
            f"the server's answer has no usable choice ({type(error).__name__}: {error})",
            hint=CHECK_URL,
        ) from None
    return response


class Assembly:
    """An answer as its chunks arrive.

    Args:
        on_text: Called with each piece of text.
    """

    def __init__(self, on_text: Callable[[str], None] | None) -> None:
        self._on_text = on_text
        self._text: list[str] = []
        self._calls: dict[int, dict[str, str]] = {}
        self._extra: dict[str, Any] = {}
        self._response = ModelResponse(text="")
        self.begun = False
        self.finished = False

    def add(self, chunk: Any) -> None:
        """Takes one decoded chunk.

        Raises:
            ServerFailed: It is not a chunk of a chat completion.
            ModelError: It is an error in the stream.
        """
        if not isinstance(chunk, dict):
            raise ServerFailed("the stream holds something that is not a chunk of a chat completion")
        if chunk.get("error"):
            raise error_of(200, chunk)
        try:
            _head(self._response, chunk)
            for choice in chunk.get("choices") or ():
                if choice.get("index", 0) == 0:
                    self._choice(choice)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise ServerFailed(f"the stream holds a malformed chunk ({type(error).__name__}: {error})") from None

    def response(self) -> ModelResponse:
        """The answer so far."""
        response = self._response
        response.text = "".join(self._text)
        response.tool_calls = [
            _tool_call({**call, "function": call}, index) for index, call in sorted(self._calls.items())
        ]
        response.extra = self._extra
        return response

    def _choice(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta") or {}
        text = _text(delta.get("content"))
        if text:
            self.begun = True
            self._text.append(text)
            if self._on_text is not None:
                self._on_text(text)
        for part in delta.get("tool_calls") or ():
            self.begun = True
            self._tool_part(part)
        for name, piece in _kept(delta).items():
            self.begun = True
            self._extra[name] = self._extra.get(name, "") + piece
        if choice.get("logprobs"):
            for name, values in choice["logprobs"].items():
                self._extra.setdefault("logprobs", {}).setdefault(name, []).extend(values or ())
        if choice.get("finish_reason"):
            self.finished = True
            self._response.finish_reason = _word(choice["finish_reason"]) or "stop"

    def _tool_part(self, part: dict[str, Any]) -> None:
        index = part.get("index", len(self._calls))
        if not isinstance(index, int):
            raise TypeError(f"a tool call numbered {index!r:.60}")
        function = part.get("function") or {}
        begun = self._calls.get(index, {}).get("id")
        if begun and part.get("id") not in (None, "", begun) and function.get("name"):
            index = max(self._calls) + 1  # Ollama numbers every call 0
        call = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
        call["id"] = part.get("id") or call["id"]
        call["name"] += function.get("name") or ""
        call["arguments"] += function.get("arguments") or ""


def error_of(status: int, body: Any, retry_after: float | None = None) -> ModelError:
    """The error that a server's error body and HTTP status mean."""
    code, message = _error_fields(body)
    if status == 200:
        status = int(code) if re.fullmatch("[45][0-9][0-9]", code) else 500
    text = f"the server answered {status}: {message}" if message else f"the server answered {status}"
    if status == 429:
        if code == "insufficient_quota":
            return ModelRefused(text, status=status, hint="the account has no quota left: waiting does not help")
        return RateLimited(text, status=status, retry_after=retry_after)
    if status >= 500 or status == 408:
        return ServerFailed(text, status=status, retry_after=retry_after)
    return ModelRefused(text, status=status, hint=_REFUSALS.get(status))


_REFUSALS = {
    401: "check the key: the alias's api_key_env names the variable that it is read from",
    403: "the key may not use this model",
    404: "check the alias's model and base_url (it ends in /v1)",
    413: "the request is too large for the server",
}


def _error_fields(body: Any) -> tuple[str, str]:
    """Code and message of an error body, in any of the shapes that servers use."""
    if isinstance(body, dict):
        error = body.get("error") or body
        if isinstance(error, dict):
            message = error.get("message") or error.get("detail") or ""
            return str(error.get("code") or error.get("type") or ""), str(message)[:_MESSAGE_LENGTH]
        return "", str(error)[:_MESSAGE_LENGTH]
    return "", str(body or "").strip()[:_MESSAGE_LENGTH]


def _head(response: ModelResponse, body: dict[str, Any]) -> None:
    response.model = _word(body.get("model")) or response.model
    response.fingerprint = _word(body.get("system_fingerprint")) or response.fingerprint
    response.response_id = _word(body.get("id")) or response.response_id
    usage = body.get("usage")
    if usage:
        details = usage.get("prompt_tokens_details") or {}
        response.usage = Usage(
            input_tokens=token_count(usage.get("prompt_tokens")),
            output_tokens=token_count(usage.get("completion_tokens")),
            cached_input_tokens=token_count(details.get("cached_tokens")),
        )
    metrics, timings = body.get("metrics"), body.get("timings")
    if isinstance(metrics, dict):
        response.engine.update(engine_figures(metrics))
    elif isinstance(timings, dict):
        response.engine.update(llama_figures(timings))


def engine_figures(metrics: dict[str, Any]) -> dict[str, float | None]:
    """What vLLM's ``metrics`` of one request say, by :data:`~genops.models.types.ENGINE_FIGURES`; None for nothing.

    What vLLM calls time to first token there begins when the request is scheduled: it is the time of the prompt, and
    the time that the caller knows under that name has the wait in it.
    """
    queue, prefill, decode = (
        _seconds(metrics.get(name)) for name in ("queue_time_ms", "time_to_first_token_ms", "generation_time_ms")
    )
    first = None if queue is None or prefill is None else queue + prefill
    return dict(zip(ENGINE_FIGURES, (queue, prefill, decode, first), strict=True))


def llama_figures(timings: dict[str, Any]) -> dict[str, float | None]:
    """What llama.cpp's ``timings`` of one request say; it does not say how long the request waited for a slot."""
    prefill, decode = (_seconds(timings.get(name)) for name in ("prompt_ms", "predicted_ms"))
    return dict(zip(ENGINE_FIGURES, (None, prefill, decode, None), strict=True))


def _seconds(milliseconds: Any) -> float | None:
    usable = type(milliseconds) in (int, float) and 0 <= milliseconds < _MOST
    return milliseconds / 1000 if usable else None


def token_count(value: Any) -> int | None:
    """A number of tokens; None where what a server says is none."""
    return value if type(value) is int and 0 <= value < _MOST else None


def _word(value: Any) -> str | None:
    """An id, a name or a reason: text, or a number that stands for one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(value)
    raise TypeError(f"a value of type {type(value).__name__} where text belongs")


def _kept(message: dict[str, Any]) -> dict[str, Any]:
    """What of a message is kept beside its text; vLLM and Ollama call ``reasoning`` what others call otherwise."""
    reasoning = message.get("reasoning_content") or message.get("reasoning")
    found = {"reasoning_content": reasoning, "refusal": message.get("refusal")}
    return {name: value for name, value in found.items() if value}


def _text(content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content)
    raise TypeError(f"content of type {type(content).__name__}")


def _tool_call(call: dict[str, Any], index: int) -> ToolCall:
    function = call["function"]
    return {
        "id": str(call.get("id") or f"call_{index}"),
        "type": "function",
        "function": {"name": str(function["name"]), "arguments": str(function.get("arguments") or "")},
    }
