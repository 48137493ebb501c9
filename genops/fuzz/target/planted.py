"""A copy of a chain's closure with plants in it: templates with canaries, tools and indexes that poison can enter.

Nothing of the project is changed. The copies have digests of their own, so that a lock says what was attacked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from genops.artifacts import Component, Value, digest_of
from genops.chains import ChainDefinition, Tool
from genops.executor.closure import Closure, IndexHandle
from genops.executor.sources import Source
from genops.fuzz.target.poison import current_poison, infected
from genops.models import Model
from genops.prompts import Prompt

if TYPE_CHECKING:
    from genops.executor import Project
    from genops.retrieval import Index
    from genops.retrieval.search import Hit

_SYSTEM = re.compile(r"""\{%-?\s*message\s+["']system["'].*?(?=\{%-?\s*endmessage)""", re.DOTALL)


def planted_closure(project: Project, reference: str, system: Sequence[str] = ()) -> Closure:
    """The closure of a chain that can be attacked.

    Args:
        project: Whose chain it is.
        reference: Of the chain.
        system: Texts at the end of every template's system message.

    Raises:
        ReferenceNotFound: The chain or a component is not there.
    """
    plain = project.source
    source = _Planted(plain.inside(reference), "\n".join(system))
    return project.closure(plain.chain(reference), source)


@dataclass(frozen=True)
class _Planted:
    """Components of a source, with plants."""

    source: Source
    system: str

    def inside(self, reference: str) -> Source:
        inner = self.source.inside(reference)
        return self if inner is self.source else replace(self, source=inner)

    def chain(self, reference: str) -> ChainDefinition:
        return self.source.chain(reference)

    def model(self, alias: str) -> Model:
        return self.source.model(alias)

    def prompt(self, reference: str) -> Prompt:
        prompt = self.source.prompt(reference)
        return with_system_text(prompt, self.system) if self.system else prompt

    def index(self, reference: str) -> IndexHandle:
        handle = self.source.index(reference)
        component = _marked(handle.component)
        return IndexHandle(component, handle.code, lambda: cast("Index", _PoisonedIndex(handle.open())))

    def tool(self, name: str) -> Tool:
        tool = self.source.tool(name)
        return _PoisonedTool(tool.name, _marked(tool.component), tool.function, tool.arguments)


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


def _marked(component: Component) -> Component:
    """The component of a copy that poison can enter."""
    return replace(component, body={**component.body, "poisoned": True})


@dataclass(frozen=True, slots=True)
class _PoisonedTool(Tool):
    """A tool whose results carry what the run is poisoned with."""

    async def call(self, arguments: Any) -> Value:
        value = await Tool.call(self, arguments)
        for text in current_poison().results:
            value = infected(value, text)
        return value


@dataclass(frozen=True)
class _PoisonedIndex:
    """An open index as if what the run is poisoned with stood in it and ranked first: the worst case."""

    index: Index

    @property
    def snapshot(self) -> str:
        return self.index.snapshot

    @property
    def settings(self) -> Any:
        return self.index.settings

    async def asearch(self, query: Any, k: int, **options: Any) -> list[Hit]:
        passages = current_poison().passages
        found = await self.index.asearch(query, k, **options)
        planted = [_hit(self.index, text) for text in passages]
        hits = [*planted, *found][: max(k, len(planted))]
        return [replace(hit, rank=rank) for rank, hit in enumerate(hits, start=1)]


def _hit(index: Index, text: str) -> Hit:
    from genops.retrieval.search import Hit

    digest = digest_of(["poisoned", text])
    document = f"poisoned-{digest[:12]}"
    return Hit(
        chunk_id=digest[:32],
        text=text,
        uri=f"{document}.md",
        start=0,
        end=len(text),
        score=1.0,
        rank=1,
        heading="",
        index=index.name,
        snapshot=index.snapshot,
        document=document,
        document_hash=digest,
    )
