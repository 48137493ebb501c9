"""``agent``: a model that acts through tools, turn by turn (ReAct: Yao et al. 2023, arXiv:2210.03629)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from genops.artifacts import Value
from genops.chains import Expr, Need, Scope, Step, StepContext, mapping_of, step_kind
from genops.errors import BudgetExceeded, DefinitionError, OutputInvalid
from genops.models import Message, Model, ModelRequest, ModelResponse, capabilities
from genops.prompts import Prompt
from genops.steps.abilities import Ability, abilities
from genops.steps.prompt import ParametersExpr, prompt_request
from genops.steps.text_protocol import TextProtocol


class AgentTool(BaseModel):
    """Something that an agent may use: exactly one of a tool, an index and a chain.

    Attributes:
        tool: Name of a registered tool.
        index: Reference of an index, offered as a search with one argument, ``query``.
        chain: Reference of a chain, offered with its inputs as arguments.
        name: What the model calls it; default the tool's, ``search_INDEX``, the chain's.
        description: What the model is told; default the tool's docstring, the chain's description.
        k: Hits of a search.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str | None = None
    index: str | None = None
    chain: str | None = None
    name: str | None = None
    description: str | None = None
    k: int = Field(default=5, ge=1)


def _from_name(value: Any) -> Any:
    return {"tool": value} if isinstance(value, str) else value


@step_kind("agent")
class AgentStep(Step):
    """Gives a model tools and lets it act until it answers; gives its last text, or the value of the template's schema.

    A tool's failure is told to the model as the tool's result; it may try another way within the bounds.

    Attributes:
        agent: Reference of the template that begins the conversation.
        with_: The template's inputs.
        tools: What it may use, besides the template's own ``tools``.
        model: Alias in place of the template's own.
        parameters: Over the template's and the alias's.
        max_turns: Model calls at most.
        max_tokens: Input and output tokens of all turns together.
        max_cost: US dollars of all turns together; needs a model whose price is known.
        protocol: ``native`` tool calling, the ``text`` protocol, or ``auto``: native where the model has it.
    """

    default_effect = "write"

    agent: str
    with_: Expr = Field(default_factory=dict, alias="with")
    tools: tuple[Annotated[AgentTool, BeforeValidator(_from_name, json_schema_input_type=str | AgentTool)], ...] = ()
    model: str | None = None
    parameters: ParametersExpr = Field(default_factory=dict)
    max_turns: int = Field(default=8, ge=1, le=1000)
    max_tokens: int | None = Field(default=None, ge=1)
    max_cost: float | None = Field(default=None, gt=0)
    protocol: Literal["auto", "native", "text"] = "auto"

    def model_post_init(self, _: Any) -> None:
        """Checks that each entry of ``tools`` names one thing."""
        for entry in self.tools:
            if sum(part is not None for part in (entry.tool, entry.index, entry.chain)) != 1:
                raise DefinitionError("each of an agent's tools names one of: tool, index, chain")

    def needs(self) -> Iterator[Need]:
        """The template, the model when it is named here, and everything that it may use."""
        yield Need("prompt", self.agent)
        if self.model:
            yield Need("model", self.model)
        for entry in self.tools:
            if entry.tool:
                yield Need("tool", entry.tool)
            if entry.index:
                yield Need("index", entry.index)
            if entry.chain:
                yield Need("chain", entry.chain)

    async def run(self, context: StepContext) -> Value:
        """Runs turns until the model answers without wanting a tool.

        Raises:
            BudgetExceeded: A bound was reached first.
        """
        prompt = context.prompt(self.agent)
        model = context.model(self.model or prompt.model_alias)
        messages = prompt.render(mapping_of(context.inputs["with_"], "with"), context.embed)
        usable = abilities(context, prompt, self.tools)
        native = self.protocol == "native" or (self.protocol == "auto" and capabilities(model).tools)
        text = None if native or not usable else TextProtocol(list(usable.values()))
        talk = Conversation(self, prompt, model, usable, text, text.introduce(messages) if text else messages)
        for turn in range(self.max_turns):
            answer = await talk.turn(context, turn)
            if answer is not None:
                return answer.value
        raise BudgetExceeded(
            f"the agent did not answer within {self.max_turns} turns",
            hint="raise max_turns, or see with `genops trace show` what it was doing",
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The agent's last word."""

    value: Value


@dataclass(slots=True)
class Conversation:
    """One agent at work: its messages and what it has spent."""

    step: AgentStep
    prompt: Prompt
    model: Model
    abilities: dict[str, Ability]
    text: TextProtocol | None
    messages: list[Message]
    tokens: int = 0
    cost: float | None = 0.0
    reasks: int = 0

    async def turn(self, context: StepContext, number: int) -> Answer | None:
        """One model call and the tools it asks for; the answer when it asks for none."""
        async with context.scope(f"[{number}]", {"turn": number}) as scope:
            if number == 0:
                scope.change([{"op": "add", "path": "/messages", "value": list(self.messages)}])
            response = await scope.call_model(self.model, self._request(context), turn=number)
            self._spend(response)
            calls = self.text.calls(response.text) if self.text else response.tool_calls
            said: Message = {"role": "assistant", "content": response.text or None}
            if calls and not self.text:
                said["tool_calls"] = calls
            if not calls:
                return self._answer(scope, said, response)
            self._bounds()
            results = await asyncio.gather(
                *(
                    self._use(scope, call["function"]["name"], call["function"]["arguments"], i)
                    for i, call in enumerate(calls)
                )
            )
            heard: list[Message] = (
                [self.text.result(call, result) for call, result in zip(calls, results, strict=True)]
                if self.text
                else [
                    {"role": "tool", "tool_call_id": call["id"], "content": result}
                    for call, result in zip(calls, results, strict=True)
                ]
            )
            self._add(scope, [said, *heard])
            scope.finish({"calls": len(calls)})
            return None

    def _request(self, context: StepContext) -> ModelRequest:
        base = prompt_request(context, self.prompt, self.model, self.messages, context.inputs["parameters"])
        tools = [] if self.text else [ability.spec() for ability in self.abilities.values()]
        return ModelRequest(self.messages, base.parameters, tools, None, base.response_format)

    def _answer(self, scope: Scope, said: Message, response: ModelResponse) -> Answer | None:
        text = self.text.answer(response.text) if self.text else response.text
        if self.prompt.output is None:
            self._add(scope, [said])
            scope.finish(text)
            return Answer(text)
        try:
            value = self.prompt.output.parse(text)
        except ValueError as error:
            self.reasks += 1
            if self.reasks > self.prompt.output.max_reasks:
                raise OutputInvalid(f"the agent's answer does not fit the output schema: {error}") from None
            asked = self.prompt.output.reask_messages(self.messages, text, str(error))
            self._add(scope, asked[len(self.messages) :])
            scope.finish({"invalid": str(error)})
            return None
        self._add(scope, [said])
        scope.finish(value)
        return Answer(value)

    async def _use(self, scope: Scope, name: str, arguments: str, position: int) -> str:
        ability = self.abilities.get(name)
        if ability is None:
            return f"Error: there is no tool {name!r}; there are: {', '.join(self.abilities)}"
        return await ability.use(scope, arguments, f"{name}[{position}]")

    def _add(self, scope: Scope, new: list[Message]) -> None:
        self.messages = [*self.messages, *new]
        scope.change([{"op": "add", "path": "/messages/-", "value": dict(message)} for message in new])

    def _spend(self, response: ModelResponse) -> None:
        used = response.usage
        if self.step.max_tokens is not None and (used.input_tokens is None or used.output_tokens is None):
            raise BudgetExceeded(
                f"max_tokens cannot be kept: {self.model.name!r} does not say how many tokens it used",
                hint="bound the agent by max_turns",
            )
        self.tokens += (used.input_tokens or 0) + (used.output_tokens or 0)
        self.cost = None if self.cost is None or response.cost is None else self.cost + response.cost
        if self.cost is None and self.step.max_cost is not None:
            raise BudgetExceeded(
                f"max_cost cannot be kept: the price of {self.model.name!r} is unknown",
                hint="give the alias a price, or bound the agent by max_tokens",
            )

    def _bounds(self) -> None:
        if self.step.max_tokens is not None and self.tokens > self.step.max_tokens:
            raise BudgetExceeded(f"the agent used {self.tokens:,} tokens of {self.step.max_tokens:,}")
        if self.step.max_cost is not None and self.cost is not None and self.cost > self.step.max_cost:
            raise BudgetExceeded(f"the agent spent {self.cost:.4f} of {self.step.max_cost:.4f} US dollars")
