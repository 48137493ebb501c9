"""Effects as recorded values: what was asked of a model, tool or index, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import genops.errors as errors
from genops.artifacts import Value
from genops.errors import GenopsError, StepError
from genops.models import Model, ModelRequest, ModelResponse, Usage


def request_value(model: Model, request: ModelRequest) -> dict[str, Value]:
    """A model request as it is recorded and compared: the model by its digest, and everything that is sent."""
    value: dict[str, Any] = {"model": model.component.digest, "messages": request.messages}
    for name in ("parameters", "tools", "tool_choice", "response_format"):
        part = getattr(request, name)
        if part:
            value[name] = part
    return value


def response_value(response: ModelResponse) -> dict[str, Any]:
    """An answer as it is recorded: all that a step may build on."""
    usage = response.usage
    logprobs = response.extra.get("logprobs")
    return {
        "text": response.text,
        "tool_calls": list(response.tool_calls),
        "finish_reason": response.finish_reason,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cached_input_tokens": usage.cached_input_tokens,
        },
        "cost": response.cost,
        "model": response.model,
        "fingerprint": response.fingerprint,
        **({"logprobs": logprobs} if logprobs else {}),
    }


def recorded_response(value: Value) -> ModelResponse:
    """The answer that a recorded value stands for.

    Raises:
        StepError: The record is not one of an answer.
    """
    try:
        fields: dict[str, Any] = dict(value)  # type: ignore[arg-type]
        return ModelResponse(
            text=fields["text"],
            tool_calls=fields["tool_calls"],
            finish_reason=fields["finish_reason"],
            usage=Usage(**fields["usage"]),
            cost=fields["cost"],
            model=fields["model"],
            fingerprint=fields["fingerprint"],
            extra={"logprobs": fields["logprobs"]} if "logprobs" in fields else {},
        )
    except (TypeError, KeyError, ValueError):
        raise StepError("the recorded answer is not one", hint="the store may be damaged") from None


def recorded_error(recorded: Mapping[str, Any]) -> GenopsError:
    """The error of a record, of the same type where genops defines it."""
    cls = getattr(errors, str(recorded.get("type")), StepError)
    if not (isinstance(cls, type) and issubclass(cls, GenopsError)):
        cls = StepError
    error = cls(str(recorded.get("message", "")), hint=recorded.get("hint"))
    for name in ("status", "retry_after", "path"):
        if name in recorded and hasattr(error, name):
            setattr(error, name, recorded[name])
    return error
