"""Chat messages in the shape of the GenAI conventions (``gen_ai.input.messages``, ``gen_ai.output.messages``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from genops.artifacts import Value


def input_messages(request: Value) -> list[dict[str, Any]]:
    """The messages of a recorded model request; empty when it is not one."""
    messages = request.get("messages") if isinstance(request, dict) else None
    if not isinstance(messages, list):
        return []
    return [_message(message) for message in messages if isinstance(message, dict)]


def output_messages(response: Value) -> list[dict[str, Any]]:
    """The one message of a recorded model response; empty when it is not one."""
    if not isinstance(response, dict) or "text" not in response:
        return []
    answer = {"role": "assistant", "content": response["text"], "tool_calls": response.get("tool_calls")}
    return [{**_message(answer), "finish_reason": response.get("finish_reason")}]


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    parts: list[dict[str, Any]]
    if message.get("role") == "tool":
        parts = [{"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}]
    elif isinstance(content, list):
        parts = [_part(part) for part in content if isinstance(part, dict)]
    else:
        parts = [{"type": "text", "content": content}] if content else []
    parts += [_tool_call(call) for call in message.get("tool_calls") or [] if isinstance(call, dict)]
    return {"role": message.get("role"), "parts": parts}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    if part.get("type") == "text":
        return {"type": "text", "content": part.get("text")}
    if part.get("type") == "image_url" and isinstance(part.get("image_url"), dict):
        return {"type": "uri", "modality": "image", "uri": part["image_url"].get("url")}
    return dict(part)


def _tool_call(call: Mapping[str, Any]) -> dict[str, Any]:
    function = call.get("function") or {}
    return {
        "type": "tool_call",
        "id": call.get("id"),
        "name": function.get("name"),
        "arguments": _arguments(function.get("arguments")),
    }


def _arguments(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError):
        return text
