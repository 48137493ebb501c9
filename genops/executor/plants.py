"""Plants: what is put into a copy of a chain, to see whether it comes out, or is obeyed.

Nothing of the project is changed: templates, indexes and tools of the copy are wrapped, and have digests of their own,
so that a lock says what ran and the memo keeps its results apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from genops.artifacts import Component, Lock, Value, encode
from genops.chains import Tool
from genops.executor.closure import Closure, IndexHandle
from genops.executor.planted_index import PlantedIndex
from genops.prompts import Prompt
from genops.tracing.redaction import refuse_secrets

if TYPE_CHECKING:
    from genops.retrieval import Index

T = TypeVar("T", Prompt, IndexHandle, Tool)
_SYSTEM = re.compile(r"""\{%-?\s*message\s+["']system["'].*?(?=\{%-?\s*endmessage)""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Plants:
    """What is put into a chain.

    Attributes:
        system: Texts at the end of every template's system message.
        passages: Texts that every search finds, as if they stood in the index and ranked first: the worst case.
        results: Texts at the end of what every tool gives.
        documents: Texts that are indexed in a copy of every index, each as a document of its own: whether a search
            finds them is for the search to say.
    """

    system: tuple[str, ...] = ()
    passages: tuple[str, ...] = ()
    results: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()

    def __add__(self, other: Plants) -> Plants:
        return Plants(
            self.system + other.system,
            self.passages + other.passages,
            self.results + other.results,
            self.documents + other.documents,
        )


NOTHING = Plants()


def planted(closure: Closure, plants: Plants, changing: Callable[[], Plants] | None = None) -> Closure:
    """A copy of a closure with plants in it.

    Args:
        closure: Of the chain.
        plants: What is put into it.
        changing: Passages, results and documents beside those, asked for at every search and call; no digest tells of
            them.

    Raises:
        DefinitionError: A template would hold a secret.
    """
    planting = _Planting(plants, changing)
    pinned = {reference: planted(inner, plants, changing) for reference, inner in closure.pinned.items()}
    prompts = {reference: planting.prompt(prompt) for reference, prompt in closure.prompts.items()}
    indexes = {reference: planting.index(handle) for reference, handle in closure.indexes.items()}
    tools = {reference: planting.tool(tool) for reference, tool in closure.tools.items()}
    changed = dict((*_components(prompts), *_components(indexes), *_components(tools)))
    for reference, inner in pinned.items():
        changed |= {(each.kind, f"{reference}/{each.source}"): each for each in inner.components[1:]}
    copy = replace(
        closure,
        pinned=pinned,
        prompts=prompts,
        indexes=indexes,
        tools=tools,
        components=[
            replace(each, body=changed[each.kind, each.source].body) if (each.kind, each.source) in changed else each
            for each in closure.components
        ],
        made_of={},
        may_keep={},
    )
    copy.lock = Lock.of(copy.root.name, copy.components, copy.uses)
    return copy


def _components(items: Mapping[str, T]) -> Iterator[tuple[tuple[str, str], Component]]:
    """Components by their kind and the reference that leads to them."""
    for reference, item in items.items():
        yield (item.component.kind, reference), item.component


@dataclass(frozen=True, slots=True)
class _Planting:
    """How the components of one closure are changed."""

    plants: Plants
    changing: Callable[[], Plants] | None

    def prompt(self, prompt: Prompt) -> Prompt:
        if not self.plants.system:
            return prompt
        changed = with_system_text(prompt, "\n".join(self.plants.system))
        refuse_secrets(changed.component)
        return changed

    def index(self, handle: IndexHandle) -> IndexHandle:
        if not (self.plants.passages or self.plants.documents) and self.changing is None:
            return handle
        component = self._marked(handle.component, self.plants.passages, self.plants.documents)
        opened = cache(lambda: PlantedIndex(handle.open(), self._passages, self._documents))
        return IndexHandle(component, handle.code, lambda: cast("Index", opened()))

    def tool(self, tool: Tool) -> Tool:
        if not self.plants.results and self.changing is None:
            return tool
        component = self._marked(tool.component, self.plants.results)
        return _PlantedTool(tool.name, component, tool.function, tool.arguments, self._results)

    def _marked(self, component: Component, texts: tuple[str, ...], documents: tuple[str, ...] = ()) -> Component:
        mark: dict[str, Any] = {"planted": encode(list(texts)).digest}
        if documents:
            mark["documents"] = encode(list(documents)).digest
        if self.changing is not None:
            mark["changing"] = True
        return replace(component, body={**component.body, **mark})

    def _passages(self) -> tuple[str, ...]:
        return self.plants.passages + (self.changing().passages if self.changing is not None else ())

    def _documents(self) -> tuple[str, ...]:
        return self.plants.documents + (self.changing().documents if self.changing is not None else ())

    def _results(self) -> tuple[str, ...]:
        return self.plants.results + (self.changing().results if self.changing is not None else ())


def with_system_text(prompt: Prompt, text: str) -> Prompt:
    """A template with a text at the end of its first system message, or a system message of it where it has none."""
    literal = "{% raw %}" + text.replace("{%", "{ %") + "{% endraw %}\n"
    template: str = prompt.component.body["template"]
    found = _SYSTEM.search(template)
    if not prompt.has_messages:
        template = f'{{% message "user" %}}\n{template}{{% endmessage %}}\n'
    if found is None:
        template = f'{{% message "system" %}}\n{literal}{{% endmessage %}}\n{template}'
    else:
        template = template[: found.end()] + literal + template[found.end() :]
    body = {**prompt.component.body, "template": template}
    component = Component("prompt", prompt.name, body, prompt.component.source)
    return Prompt.from_components(component, prompt.partials, prompt.examples, prompt.model_alias)


def _nothing() -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class _PlantedTool(Tool):
    """A tool whose results carry texts."""

    texts: Callable[[], tuple[str, ...]] = field(default=_nothing)

    async def call(self, arguments: Any) -> Value:
        value = await Tool.call(self, arguments)
        for text in self.texts():
            value = with_result_text(value, text)
        return value


def with_result_text(value: Value, text: str) -> Value:
    """What a tool gives, with a text at the end of its longest part that is text.

    Args:
        value: What it gives; itself where there is no text in it.
        text: What is added.
    """
    place = max(_texts(value, ()), key=lambda found: len(found[1]), default=None)
    return value if place is None else _with(value, place[0], f"{place[1]}\n{text}" if place[1] else text)


def _texts(value: Value, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, number))


def _with(value: Value, path: tuple[str | int, ...], text: str) -> Value:
    if not path:
        return text
    if isinstance(value, dict):
        return {key: _with(item, path[1:], text) if key == path[0] else item for key, item in value.items()}
    assert isinstance(value, list)
    return [_with(item, path[1:], text) if number == path[0] else item for number, item in enumerate(value)]
