"""Effects as recorded values: what was asked of a model, tool or index, and what came back."""

from __future__ import annotations

from typing import Any

from genops.artifacts import Value
from genops.errors import StepError
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
        )
    except (TypeError, KeyError, ValueError):
        raise StepError("the recorded answer is not one", hint="the store may be damaged") from None
