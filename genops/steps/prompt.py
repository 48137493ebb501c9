"""``prompt``: renders a template and asks a model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, Field, ValidationInfo

from genops.artifacts import Value, decode, payload_bytes
from genops.chains import Expr, Need, Step, StepContext, mapping_of, parsing_of, step_kind
from genops.errors import DefinitionError, InputError, OutputInvalid
from genops.models import Message, Model, ModelRequest, ModelResponse
from genops.parameters import refused_parameter
from genops.prompts import OutputSpec, Prompt
from genops.prompts.declaration import checked_schema


def _parameters_are_the_users(value: Any, info: ValidationInfo) -> Any:
    refused = refused_parameter(value) if isinstance(value, dict) else None
    if refused is not None:
        raise DefinitionError(refused[1], at=parsing_of(info).at("parameters", refused[0]), hint="take it out")
    return value


ParametersExpr = Annotated[Expr, AfterValidator(_parameters_are_the_users)]
"""Parameters over those of the template and the alias."""


@step_kind("prompt")
class PromptStep(Step):
    """Asks a model with a rendered template.

    The output is the answer's text; the value that the declared schema describes; or, when the template offers tools,
    ``{"text", "tool_calls": [{"id", "name", "arguments"}]}`` (an ``agent`` step runs them instead). With ``logprobs``
    it is ``{"value", "logprobs"}``: that output, and the answer's log probabilities as the provider gave them.

    Attributes:
        prompt: Reference of the template.
        with_: Its inputs.
        model: Alias in place of the template's own.
        parameters: Over the template's and the alias's.
        logprobs: Whether the output holds the answer's log probabilities; the parameters ask the provider for them.
        fits: A JSON Schema that the value has to fit beside the template's own, where that depends on the inputs. It is
            not sent: an answer that does not fit it is asked for again, as one that does not fit the template's.
    """

    default_effect = "read"

    prompt: str
    with_: Expr = Field(default_factory=dict, alias="with")
    model: str | None = None
    parameters: ParametersExpr = Field(default_factory=dict)
    logprobs: bool = False
    fits: Expr = None

    def needs(self) -> Iterator[Need]:
        """The template, and the model when it is named here."""
        yield Need("prompt", self.prompt)
        if self.model:
            yield Need("model", self.model)

    async def run(self, context: StepContext) -> Value:
        """Renders, asks, and asks again a bounded number of times when the answer does not fit the schema."""
        prompt = context.prompt(self.prompt)
        model = context.model(self.model or prompt.model_alias)
        messages = prompt.render(mapping_of(context.inputs["with_"], "with"), context.embed)
        request = prompt_request(context, prompt, model, messages, context.inputs["parameters"])
        fits = beside(prompt, context.inputs["fits"])
        value: Value
        if prompt.output is None:
            response = await context.call_model(model, request)
            value = _with_tool_calls(response) if prompt.tools else response.text
        else:
            value, response = await ask_for(context, prompt, model, request, fits=fits)
        return {"value": value, "logprobs": response.extra.get("logprobs")} if self.logprobs else value


def prompt_request(
    context: StepContext, prompt: Prompt, model: Model, messages: list[Message], parameters: Value
) -> ModelRequest:
    """The request of a rendered template: parameters of alias, template and step, the later ones over the former.

    Raises:
        InputError: A parameter that an expression gave is one that genops sets by itself.
    """
    refused = refused_parameter(mapping_of(parameters, "parameters"))
    if refused is not None:
        raise InputError(refused[1])
    return ModelRequest(
        messages=messages,
        parameters={**model.alias.parameters, **prompt.parameters, **mapping_of(parameters, "parameters")},
        tools=[context.tool(name).spec() for name in prompt.tools],
        response_format=prompt.output.response_format() if prompt.output else None,
    )


async def ask_for(
    context: StepContext,
    prompt: Prompt,
    model: Model,
    request: ModelRequest,
    label: str = "model",
    fits: OutputSpec | None = None,
) -> tuple[Value, ModelResponse]:
    """Asks until the answer fits the template's output schema, within its bound; gives its value and the answer.

    Args:
        context: Of the step.
        prompt: The template.
        model: Who is asked.
        request: The first one.
        label: Of its span.
        fits: What the value has to fit as well.

    Raises:
        OutputInvalid: No answer did; the message holds the last validation error.
    """
    if prompt.output is None:
        raise OutputInvalid("the template declares no output schema")
    messages = request.messages
    for attempt in range(prompt.output.max_reasks + 1):
        asked = ModelRequest(messages, request.parameters, request.tools, request.tool_choice, request.response_format)
        response = await context.call_model(model, asked, label if attempt == 0 else f"{label}[{attempt}]")
        try:
            value = prompt.output.parse(response.text)
            if fits is not None:
                fits.check(value)
            return value, response
        except ValueError as error:
            problem = str(error)
            messages = prompt.output.reask_messages(messages, response.text, problem)
    raise OutputInvalid(
        f"the answer does not fit the schema of {prompt.name!r} after {prompt.output.max_reasks} re-asks: {problem}",
        hint="see the answers with `genops trace show --full`; a stronger model or a simpler schema may help",
    )


def beside(prompt: Prompt, schema: Value) -> OutputSpec | None:
    """What the value of an answer has to fit beside the template's schema, by a step's ``fits``; None for nothing.

    Raises:
        InputError: It is no JSON Schema, or the template's answers are text.
    """
    if schema is None or schema == {}:
        return None
    if prompt.output is None:
        raise InputError(f"`fits` is for values, and {prompt.name!r} declares no output", hint="give the template one")
    try:
        return _known(payload_bytes(schema))
    except DefinitionError as error:
        raise InputError(f"`fits`: {error.message}") from None


@lru_cache(maxsize=256)
def _known(schema: bytes) -> OutputSpec:
    """A schema that was checked: to check one takes longer than a step, and the same comes again with every case."""
    return OutputSpec(checked_schema(decode(schema)))


def _with_tool_calls(response: ModelResponse) -> Value:
    calls: list[Value] = [
        {
            "id": call["id"],
            "name": call["function"]["name"],
            "arguments": parsed_arguments(call["function"]["arguments"]),
        }
        for call in response.tool_calls
    ]
    return {"text": response.text, "tool_calls": calls}


def parsed_arguments(text: str) -> Value:
    """A tool call's arguments; the text itself when the model did not write JSON."""
    try:
        return orjson.loads(text or "{}")  # type: ignore[no-any-return]
    except orjson.JSONDecodeError:
        return text
