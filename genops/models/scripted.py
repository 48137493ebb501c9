"""Scripted models: rules in a YAML file that say what to answer when. For samples and tests, and named as such.

A rule matches when everything under its ``when`` does; the first rule that matches answers.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from genops.artifacts import digest_of
from genops.errors import (
    DefinitionError,
    InputError,
    Location,
    ModelError,
    ModelRefused,
    ModelTimeout,
    RateLimited,
    ServerFailed,
    StreamBroken,
)
from genops.models.alias import file_of
from genops.models.digests import request_digest
from genops.models.files import ModelFiles
from genops.models.tokens import counted, text_of
from genops.models.types import Call, Model, ModelRequest, ModelResponse, ToolCall
from genops.settings import Settings
from genops.syntax import Expression, YamlFile, compile_value, read_text, read_yaml

Role = Literal["system", "user", "assistant", "tool"]
FaultKind = Literal["rate_limit", "server_error", "timeout", "broken_stream", "refuse"]

ROLES: tuple[Role, ...] = ("system", "user", "assistant", "tool")
VARIABLES = frozenset({"messages", "tools", "turn", "parameters"})
_TAIL = 200


def _valid_pattern(pattern: str) -> str:
    try:
        names = set(re.compile(pattern).groupindex)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    if names & VARIABLES:
        raise ValueError(f"a capture cannot be called {', '.join(sorted(names & VARIABLES))}")
    return pattern


Pattern = Annotated[str, AfterValidator(_valid_pattern)]
Seconds = Annotated[float, Field(ge=0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Part):
    """What a request must be like.

    Attributes:
        system: Regular expression, searched in the last system message; named groups can be used in the answer.
        user: The same for the last user message.
        assistant: The same for the last assistant message.
        tool: The same for the last tool result.
        tools: Tools that must be on offer.
        turn: Turn of the agent loop, from 0.
        expression: ``{{ … }}`` over ``messages``, ``tools``, ``turn``, ``parameters`` and the captures.
    """

    system: Pattern | None = None
    user: Pattern | None = None
    assistant: Pattern | None = None
    tool: Pattern | None = None
    tools: list[str] = []
    turn: int | None = Field(default=None, ge=0)
    expression: str | None = None


class ScriptedCall(_Part):
    """A tool call to answer with; text in it may hold expressions."""

    name: str
    arguments: dict[str, Any] = {}


class Piece(_Part):
    """A piece of a streamed answer, ``delay`` seconds after the one before it."""

    text: str
    delay: Seconds = 0.0


class Fault(_Part):
    """What goes wrong instead of an answer.

    Attributes:
        times: For how many attempts at one and the same request; None for all. After that the rule's own answer is
            given, or the rules below are tried when it has none.
    """

    kind: FaultKind
    message: str | None = None
    retry_after: Seconds | None = None
    times: int | None = Field(default=None, ge=1)


class Rule(_Part):
    """A rule: when it matches, and what then.

    Attributes:
        text: The answer; may hold expressions, as may everything else that is answered.
        tool_calls: The answer's tool calls.
        stream: The answer in pieces, in place of ``text``.
        delay: Seconds before the answer or the fault.
    """

    name: str = ""
    when: When = When()
    text: str | None = None
    tool_calls: list[ScriptedCall] = []
    stream: list[str | Piece] = []
    delay: Seconds = 0.0
    fault: Fault | None = None

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        if self.text is not None and self.stream:
            raise ValueError("give either text or stream")
        if not self.answers and self.fault is None:
            raise ValueError("a rule needs text, tool_calls, stream or fault")
        return self

    @property
    def answers(self) -> bool:
        """Whether there is an answer beside the fault."""
        return self.text is not None or bool(self.tool_calls or self.stream)


class ScriptFile(_Part):
    """The file: rules in the order in which they are tried."""

    description: str = ""
    rules: list[Rule] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A rule, ready to be tried: its expressions compiled."""

    name: str
    rule: Rule
    patterns: list[tuple[Role, re.Pattern[str]]]
    condition: Expression | None
    pieces: list[tuple[Expression, float]]
    calls: list[tuple[str, Any]]

    @classmethod
    def of(cls, rule: Rule, index: int, file: YamlFile) -> Self:
        """Compiles rule number ``index`` of a file.

        Raises:
            DefinitionError: An expression in it does not compile.
        """
        where = ("rules", index)
        patterns = [(role, re.compile(p)) for role in ROLES if (p := getattr(rule.when, role)) is not None]
        condition = rule.when.expression
        texts = [Piece(text=rule.text)] if rule.text is not None else rule.stream
        pieces = [piece if isinstance(piece, Piece) else Piece(text=piece) for piece in texts]
        key = "text" if rule.text is not None else "stream"
        return cls(
            rule.name or f"rule {index + 1}",
            rule,
            patterns,
            None if condition is None else Expression(condition, file.at(*where, "when", "expression")),
            [(Expression(piece.text, file.at(*where, key)), piece.delay) for piece in pieces],
            [(call.name, compile_value(call.arguments, file.at(*where, "tool_calls"))) for call in rule.tool_calls],
        )

    def match(self, seen: dict[str, Any], last: dict[str, str]) -> dict[str, Any] | None:
        """The variables for the answer when the rule matches, else None.

        Args:
            seen: ``messages``, ``tools``, ``turn`` and ``parameters``.
            last: Text of the last message of each role that has one.
        """
        when = self.rule.when
        if when.turn not in (None, seen["turn"]) or not set(when.tools) <= set(seen["tools"]):
            return None
        variables = dict(seen)
        for role, pattern in self.patterns:
            found = pattern.search(last[role]) if role in last else None
            if found is None:
                return None
            variables.update(found.groupdict(default=""))
        if self.condition is not None and not self.condition.evaluate(variables):
            return None
        return variables


@dataclass(frozen=True, slots=True)
class Script:
    """A file of rules.

    Attributes:
        digest: Of the content, whatever its spacing, key order and comments.
    """

    lines: list[Line]
    digest: str

    @classmethod
    def load(cls, path: Path) -> Self:
        """Reads a file.

        Raises:
            DefinitionError: It is missing, not YAML, or not a list of rules; the message says which line.
        """
        file = read_yaml(read_text(path, "script of a model"), path)
        try:
            script = ScriptFile.model_validate(file.data)
        except ValidationError as error:
            first = error.errors()[0]
            keys = tuple(key for key in first["loc"] if key not in ("str", "Piece"))
            message = first["msg"].removeprefix("Value error, ")
            raise DefinitionError(f"{'.'.join(map(str, keys)) or 'script'}: {message}", at=file.at(*keys)) from None
        return cls([Line.of(rule, index, file) for index, rule in enumerate(script.rules)], digest_of(file.data))


class Scripted:
    """Answers by the rules of scripts."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._scripts = ModelFiles(settings, Script.load)
        self._faults: Counter[tuple[str, str]] = Counter()

    async def complete(self, model: Model, request: ModelRequest, call: Call) -> ModelResponse:
        """The answer of the first rule that matches.

        Raises:
            ModelRefused: No rule matches; the message shows the end of the conversation.
            ModelError: The rule's fault.
            DefinitionError: The file is not the one that the model was resolved with.
        """
        for line in self._scripts.of(model).lines:
            try:
                variables = line.match(_seen(request, call), _last(request))
                if variables is None:
                    continue
                fault = self._fault(line, model, request)
                if fault is None and not line.rule.answers:
                    continue
                return await _play(line, variables, fault, model, request, call)
            except InputError as error:
                raise ModelRefused(f"scripted rule {line.name!r}: {error.message}", at=error.at) from None
        raise ModelRefused(
            f"no rule of the scripted model {model.name!r} matches (turn {call.turn}); "
            f"the messages end in: {_tail(request)}",
            at=Location(file_of(self._settings, model.name, model.alias)),
            hint="add a rule for it, or one without `when` at the end",
        )

    async def close(self) -> None:
        """Forgets the files."""
        self._scripts.forget()

    def _fault(self, line: Line, model: Model, request: ModelRequest) -> Fault | None:
        """The rule's fault while it lasts."""
        fault = line.rule.fault
        if fault is None or fault.times is None:
            return fault
        place = (line.name, request_digest(model, request))
        self._faults[place] += 1
        return fault if self._faults[place] <= fault.times else None


async def _play(
    line: Line, variables: dict[str, Any], fault: Fault | None, model: Model, request: ModelRequest, call: Call
) -> ModelResponse:
    if line.rule.delay:
        await asyncio.sleep(line.rule.delay)
    if fault is not None and fault.kind != "broken_stream":
        raise _error_of(fault, line.name)
    texts: list[str] = []
    pieces = line.pieces if fault is None else line.pieces[: (len(line.pieces) + 1) // 2]
    for expression, delay in pieces:
        if delay:
            await asyncio.sleep(delay)
        text = _as_text(expression.evaluate(variables))
        text = text if fault is None or len(line.pieces) > 1 else text[: len(text) // 2]
        texts.append(text)
        if call.on_text is not None and text:
            call.on_text(text)
    if fault is not None:
        raise _error_of(fault, line.name)
    calls = [_tool_call(index, name, arguments, variables) for index, (name, arguments) in enumerate(line.calls)]
    answer = "".join(texts)
    written = answer + "".join(json.dumps(call["function"]) for call in calls)
    return ModelResponse(
        text=answer,
        tool_calls=calls,
        finish_reason="tool_calls" if calls else "stop",
        usage=counted(request, written),
        model=f"scripted/{model.model_id}",
        extra={"scripted": line.name},
    )


def _error_of(fault: Fault, rule: str) -> ModelError:
    message = fault.message or f"scripted fault of rule {rule!r}: {fault.kind}"
    match fault.kind:
        case "rate_limit":
            return RateLimited(message, status=429, retry_after=fault.retry_after)
        case "server_error":
            return ServerFailed(message, status=500, retry_after=fault.retry_after)
        case "timeout":
            return ModelTimeout(message)
        case "broken_stream":
            return StreamBroken(message)
        case "refuse":
            return ModelRefused(message, status=400)


def _tool_call(index: int, name: str, arguments: Any, variables: dict[str, Any]) -> ToolCall:
    text = json.dumps(_evaluated(arguments, variables), ensure_ascii=False)
    return {
        "id": f"call_{variables['turn']}_{index}",
        "type": "function",
        "function": {"name": name, "arguments": text},
    }


def _evaluated(value: Any, variables: dict[str, Any]) -> Any:
    if isinstance(value, Expression):
        return value.evaluate(variables)
    if isinstance(value, dict):
        return {key: _evaluated(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_evaluated(item, variables) for item in value]
    return value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _seen(request: ModelRequest, call: Call) -> dict[str, Any]:
    return {
        "messages": [{"role": message["role"], "content": text_of(message)} for message in request.messages],
        "tools": [tool["function"]["name"] for tool in request.tools],
        "turn": call.turn,
        "parameters": request.parameters,
    }


def _last(request: ModelRequest) -> dict[str, str]:
    return {message["role"]: text_of(message) for message in request.messages}


def _tail(request: ModelRequest) -> str:
    if not request.messages:
        return "nothing"
    message = request.messages[-1]
    text = text_of(message)
    return f"{message['role']}: {'…' if len(text) > _TAIL else ''}{text[-_TAIL:]!r}"
