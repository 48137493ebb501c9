"""Prompt templates: loaded, checked, named by their digest, and rendered to messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from genops.artifacts import Component, ComponentKind, Reference, canonical_bytes
from genops.errors import DefinitionError, GenopsError, ReferenceNotFound, UsageError, nearest
from genops.models.types import Message
from genops.prompts import front_matter
from genops.prompts.examples import Embed, Row, Selection, parse_rows
from genops.prompts.files import Files, Folder
from genops.prompts.front_matter import FrontMatter
from genops.prompts.inputs import InputSpec
from genops.prompts.output import OutputSpec
from genops.prompts.template import Source, Template, outline
from genops.settings import Settings, load_settings

SUFFIX = ".prompt"


@dataclass(frozen=True)
class Prompt:
    """A prompt template, ready to render. Make one with :meth:`load`, :meth:`parse` or :meth:`from_components`.

    Attributes:
        name: By which chains refer to it.
        path: The file as the user knows it; for a stored one, its reference.
        description: For people; not part of the digest.
        component: Inputs, output, text, parameters, tools, selection of examples, and the partials' digests.
        partials: What it includes, directly or not, sorted by name.
        examples: Its few-shot rows, or None.
        model_alias: The model that it asks for; None for the project's default. Not part of the digest.
        parameters: Over the model's own.
        inputs: What it takes.
        output: None for text.
        tools: Names of the tools that it offers.
    """

    name: str
    path: Path | str
    description: str
    component: Component
    partials: list[Component]
    examples: Component | None
    model_alias: str | None
    parameters: dict[str, Any]
    inputs: InputSpec
    output: OutputSpec | None
    tools: list[str]
    selection: Selection | None = field(repr=False)
    _template: Template = field(repr=False)
    _rows: list[Row] = field(repr=False)

    @classmethod
    def load(cls, ref: str, settings: Settings | None = None) -> Prompt:
        """Reads ``prompts/NAME.prompt`` of the working tree.

        Args:
            ref: Its name, below the prompts folder and without the suffix.
            settings: The project's; by default those of the working folder.

        Raises:
            ReferenceNotFound: There is no such template; the message lists the nearest names.
            DefinitionError: The file is not a template; with the line.
        """
        reference = Reference.parse(ref)
        if reference.form != "tree":
            raise UsageError(
                f"{ref!r} is not in the working tree",
                hint="Prompt.load reads files; published versions come from the registry",
            )
        settings = settings or load_settings()
        files = Folder(settings.root / settings.paths.prompts)
        text = files.read(reference.name + SUFFIX)
        if text is None:
            known = [name.removesuffix(SUFFIX) for name in files.names() if name.endswith(SUFFIX)]
            raise ReferenceNotFound(f"there is no prompt template {ref!r}", hint=nearest(reference.name, known))
        return cls.parse(text, reference.name, files.shown(reference.name + SUFFIX), files)

    @classmethod
    def parse(cls, text: str, name: str, path: Path | str = "<prompt>", files: Files | None = None) -> Prompt:
        """Reads a template from text.

        Args:
            text: Front matter and body.
            name: By which it will be known.
            path: For messages.
            files: Where partials and examples are read from; without, it can have none.

        Raises:
            DefinitionError: It is not a template; with the line.
        """
        yaml, source = front_matter.split(text, path)
        front = front_matter.parse(yaml)
        sources = _partials(source, files)
        partials = [
            _component("partial", key, {"template": found.text}, found) for key, found in sorted(sources.items())
        ]
        component = _component("prompt", name, _body(front, source, partials), source)
        examples = _examples(front, files)
        prompt = cls._build(component, partials, examples, front.model, source, sources)
        return replace(prompt, description=front.description)

    @classmethod
    def from_components(
        cls,
        prompt: Component,
        partials: Iterable[Component] = (),
        examples: Component | None = None,
        model_alias: str | None = None,
    ) -> Prompt:
        """The template that stored components were made from; it renders the same.

        Raises:
            DefinitionError: A partial or the examples are missing, or a partial is not the one that it was made with.
        """
        shown = f"{prompt.source} (stored)"
        wanted: dict[str, str] = prompt.body["partials"]
        given = {item.name: item for item in partials if wanted.get(item.name) == item.digest}
        for name in wanted:
            if name not in given:
                raise DefinitionError(f"{shown}: its partial {name} with digest {wanted[name][:12]} is missing")
        used = [given[name] for name in sorted(wanted)]
        sources = {item.name: Source(item.body["template"], f"{item.source} (stored)") for item in used}
        return cls._build(prompt, used, examples, model_alias, Source(prompt.body["template"], shown), sources)

    @classmethod
    def _build(
        cls,
        component: Component,
        partials: list[Component],
        examples: Component | None,
        model_alias: str | None,
        source: Source,
        sources: Mapping[str, Source],
    ) -> Prompt:
        """Everything that shapes an answer is taken from the components' canonical form."""
        body = orjson.loads(canonical_bytes(component.body))
        inputs = InputSpec.from_body(body["inputs"])
        selection = Selection(**body["examples"]) if body["examples"] else None
        if (selection is None) != (examples is None):
            raise DefinitionError(f"{source.path}: its examples are {'missing' if selection else 'not its own'}")
        variables = frozenset(inputs.names()) | ({"examples"} if selection else frozenset())
        template = Template(source, sources, variables)
        if selection and not template.reads("examples"):
            raise DefinitionError(
                "the template has examples and never shows them",
                at=source.at(1),
                hint="{% for example in examples %}…{% endfor %}",
            )
        return cls(
            name=component.name,
            path=source.path,
            description="",
            component=component,
            partials=partials,
            examples=examples,
            model_alias=model_alias,
            parameters=body["parameters"],
            inputs=inputs,
            output=OutputSpec.from_body(body["output"]),
            tools=body["tools"],
            selection=selection,
            _template=template,
            _rows=orjson.loads(canonical_bytes(examples.body["rows"])) if examples else [],
        )

    @property
    def has_messages(self) -> bool:
        """Whether it says itself which messages there are; else all of it is one message of the user."""
        return self._template.blocks

    def render(
        self, inputs: Mapping[str, Any] | None = None, embed: Embed | None = None, /, **named: Any
    ) -> list[Message]:
        """The messages for these inputs: ``render(question="why")`` or ``render({"question": "why"})``.

        Args:
            inputs: By name.
            embed: Gives an n x d array for n texts; needed where the nearest examples are selected.
            named: Further inputs, called whatever the template calls them.

        Raises:
            InputError: An input is unknown, missing or mistyped, or the template fails on it.
        """
        try:
            variables: dict[str, Any] = self.inputs.validate({**(inputs or {}), **named})
            if self.selection:
                variables["examples"] = self.selection.choose(self._rows, variables, embed)
        except GenopsError as error:
            error.message = f"prompt {self.name!r}: {error.message}"
            raise
        return self._template.render(variables)


def _component(kind: ComponentKind, name: str, body: dict[str, Any], source: Source) -> Component:
    try:
        return Component(kind, name, body)
    except DefinitionError as error:
        error.at = source.at(None)
        raise


def _body(front: FrontMatter, source: Source, partials: list[Component]) -> dict[str, Any]:
    return {
        "inputs": front.inputs.body(),
        "output": front.output.body() if front.output else None,
        "template": source.text,
        "parameters": front.parameters,
        "tools": front.tools,
        "examples": front.examples[1].body() if front.examples else None,
        "partials": {item.name: item.digest for item in partials},
    }


def _partials(source: Source, files: Files | None) -> dict[str, Source]:
    """Every partial that a text includes, directly or not."""
    found: dict[str, Source] = {}
    waiting = [source]
    while waiting:
        above = waiting.pop()
        for name, line, _ in outline(above).includes:
            if name in found:
                continue
            text = files.read(name) if files else None
            if files is None or text is None:
                known = [item for item in files.names() if item.startswith("partials/")] if files else []
                raise DefinitionError(f"there is no partial {name!r}", at=above.at(line), hint=nearest(name, known))
            found[name] = Source(text.replace("\r\n", "\n"), files.shown(name))
            waiting.append(found[name])
    return found


def _examples(front: FrontMatter, files: Files | None) -> Component | None:
    if front.examples is None:
        return None
    name = front.examples[0]
    at = front.file.at("examples")
    if "/" in name or "\\" in name:
        raise DefinitionError(f"examples: {name!r} is no plain file name", at=at, hint="it lies beside the template")
    text = files.read(name) if files else None
    if files is None or text is None:
        known = [item for item in files.names() if item.endswith(".jsonl")] if files else []
        raise DefinitionError(f"there is no examples file {name!r}", at=at, hint=nearest(name, known))
    label = name.removesuffix(".jsonl").removesuffix(".examples")
    return parse_rows(text, files.shown(name), label, front.inputs, front.output)
