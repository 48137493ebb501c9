"""Tool use in plain text, for models that have no tool calling of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from genops.models import Message, ToolCall
from genops.steps.abilities import Ability

_CALL = re.compile(r"^[ \t>*`]*(?:Action|Tool)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)
_ANSWER = re.compile(r"^[ \t>*]*(?:Final answer|Answer)[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)


class TextProtocol:
    """Explains the tools in the system message and reads ``Action: {"tool": …, "arguments": {…}}`` from the answers.

    Only the model's own text is read for actions; results and user text never are.

    Args:
        abilities: What the model may use.
    """

    def __init__(self, abilities: Sequence[Ability]) -> None:
        self._abilities = abilities

    def introduce(self, messages: list[Message]) -> list[Message]:
        """The messages with the protocol explained at the end of the system message."""
        tools = "\n".join(
            f"- {ability.name}: {ability.description} Arguments (JSON Schema): {json.dumps(ability.parameters)}"
            for ability in self._abilities
        )
        text = (
            "You can use these tools:\n" + tools + "\n\nTo use one, end your reply with one line of this form and wait"
            ' for the result:\nAction: {"tool": "NAME", "arguments": {…}}\n'
            "When you know enough, reply with:\nFinal answer: your answer"
        )
        if messages and messages[0]["role"] == "system" and isinstance(messages[0]["content"], str):
            first: Message = {"role": "system", "content": messages[0]["content"] + "\n\n" + text}
            return [first, *messages[1:]]
        return [{"role": "system", "content": text}, *messages]

    def calls(self, text: str) -> list[ToolCall]:
        """The tool calls that an answer asks for, in order; none when it answers."""
        found: list[ToolCall] = []
        for match in _CALL.finditer(text):
            try:
                action, _ = json.JSONDecoder().raw_decode(text, match.end())
            except ValueError:
                continue
            if isinstance(action, dict) and isinstance(action.get("tool"), str):
                arguments = json.dumps(action.get("arguments") or {}, ensure_ascii=False)
                number = len(found)
                call: ToolCall = {
                    "id": f"text-{number}",
                    "type": "function",
                    "function": {"name": action["tool"], "arguments": arguments},
                }
                found.append(call)
        return found

    def answer(self, text: str) -> str:
        """The final answer: what follows ``Final answer:``, or the whole text when the model left that out."""
        match = _ANSWER.search(text)
        return text[match.end() :].strip() if match else text.strip()

    def result(self, call: ToolCall, result: str) -> Message:
        """A tool's result as a message to the model."""
        return {"role": "user", "content": f"Result of {call['function']['name']}:\n{result}"}
