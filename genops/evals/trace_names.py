"""Names that scorers of traces look for, held against the chains that are run: a misspelled step never runs.

What a chain can run is known before it does: its steps, those of nested blocks, of sub-chains and of the chains that
agents may use, and the tools and searches of agents. Items, rounds, turns and attempts have numbers in a position,
which only the run knows: any number fits. A step kind of a plug-in may run what it likes: below its position, and among
the tools of a chain that has one, nothing is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from genops.chains import Block, ChainDefinition, Step, Tool, evaluate
from genops.errors import DefinitionError, GenopsError, nearest
from genops.evals.case import Case
from genops.evals.scorer import Named
from genops.evals.use import ScorerUse, is_dynamic
from genops.evals.variants import Variant
from genops.executor.closure import Closure
from genops.plugins import registry

if TYPE_CHECKING:
    from genops.steps.agent import AgentStep

_NUMBER, _MARK = re.compile(r"\[\d+\]"), re.compile(r"[|#]\d+")


@dataclass
class Names:
    """What a chain can run.

    Attributes:
        steps: Positions of steps, every number 0, with their names.
        agents: Names of steps that are agents.
        tools: Names of tools, as agents' models and chains call them, and as they are registered.
        open: Positions below which a plug-in's step kind runs what it likes.
    """

    steps: dict[str, str] = field(default_factory=dict)
    agents: set[str] = field(default_factory=set)
    tools: set[str] = field(default_factory=set)
    open: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, closure: Closure) -> Names:
        """Of a resolved chain."""
        found = cls()
        found._add(closure.root.block, "", closure)
        return found

    def has(self, kind: Named, name: str) -> bool:
        """Whether there may be something of the name; ``*`` in a step's name stands for any characters."""
        if kind == "agent":
            return name in self.agents or bool(self.open)
        if kind == "tool":
            return name in self.tools or bool(self.open)
        pattern = _MARK.sub("", _NUMBER.sub("[0]", name))
        wanted = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
        if any(wanted.fullmatch(path) or wanted.fullmatch(step) for path, step in self.steps.items()):
            return True
        return any(pattern.startswith((f"{path}/", f"{path}[")) for path in self.open)

    def hint(self, kind: Named, name: str) -> str:
        """The names that are nearest."""
        if kind == "step":
            plain = {path.replace("[0]", "[*]") for path in self.steps}
            return nearest(name, plain if "/" in name else {*self.steps.values()})
        return nearest(name, self.agents if kind == "agent" else self.tools)

    def _add(self, block: Block, prefix: str, closure: Closure) -> None:
        for name, node in block.nodes.items():
            path = prefix + name
            self.steps[path] = name
            for step in (node.step, *(fallback.step for fallback in node.step.fallback if fallback.step is not None)):
                self._add_step(step, name, path, closure)

    def _add_step(self, step: Step, name: str, path: str, closure: Closure) -> None:
        from genops.steps.agent import AgentStep  # few suites look for names

        for _, block in step.blocks():
            self._add(block, f"{path}[0]/", closure)
        if isinstance(step, AgentStep):
            self.agents.add(name)
            self._add_agent(step, path, closure)
        elif registry.packages("step", step.kind):
            self.open.append(path)
        for need in step.needs():
            if need.kind == "tool":
                self.tools.add(need.reference)
            elif need.kind == "chain" and not isinstance(step, AgentStep):
                definition = closure.definition(need.reference)
                self._add(definition.block, f"{path}/{definition.name}/", closure.inside(need.reference))

    def _add_agent(self, step: AgentStep, path: str, closure: Closure) -> None:
        from genops.steps.abilities import abilities

        for ability in abilities(_Parts(closure), closure.prompts[step.agent], step.tools).values():
            self.tools.update((ability.name, ability.target))
            if ability.kind == "chain":
                definition = closure.definition(ability.target)
                self._add(definition.block, f"{path}[0]/{ability.name}[0]/", closure.inside(ability.target))


class NameCheck:
    """Holds the names that scorers look for against the chains of an evaluation.

    An entry with a condition (``when``) need fit one of the variants only.

    Args:
        variants: What is run.
    """

    def __init__(self, variants: Sequence[Variant]) -> None:
        self._variants = variants

    @cached_property
    def _known(self) -> list[tuple[str, Names]]:
        return [(variant.name, Names.of(variant.closure)) for variant in self._variants]

    def check(self, uses: Iterable[ScorerUse], case: Case | None = None) -> None:
        """Makes sure that the steps and tools that scorers look for are there.

        Args:
            uses: The scorers.
            case: Whose values names are made of; None looks at those that do not depend on a case. A name that depends
                on more than the case cannot be known before the run.

        Raises:
            DefinitionError: A variant's chain has no such step or tool; the message lists the nearest.
        """
        for use in uses:
            for setting, kind in use.scorer.names.items():
                for name in _names(use, setting, case):
                    self._look(use, setting, kind, name, "" if case is None else f" (case {case.id!r})")

    def _look(self, use: ScorerUse, setting: str, kind: Named, name: str, where: str) -> None:
        lacking = [(variant, names) for variant, names in self._known if not names.has(kind, name)]
        if not lacking or (use.when is not None and len(lacking) < len(self._known)):
            return
        variant, names = lacking[0]
        some = f'; for the other variants alone: when: "{{{{ variant != {variant!r} }}}}"'
        raise DefinitionError(
            f"{use.name!r} looks for the {kind} {name!r}, which {variant!r} does not have{where}",
            at=use.places.get(setting),
            hint=names.hint(kind, name) + (some if len(lacking) < len(self._known) else ""),
        )


def depend_on_cases(uses: Iterable[ScorerUse]) -> list[ScorerUse]:
    """The scorers that look for names which each case gives."""
    return [use for use in uses if any(is_dynamic(use.settings.get(setting)) for setting in use.scorer.names)]


def _names(use: ScorerUse, setting: str, case: Case | None) -> Sequence[str]:
    value = use.settings.get(setting)
    if is_dynamic(value):
        if case is None:
            return ()
        try:
            value = use.scorer.settings[setting].check(evaluate(value, case.variables()))
        except (GenopsError, ValueError):
            return ()
    return [value] if isinstance(value, str) else value or ()


@dataclass(frozen=True)
class _Parts:
    """What an agent's tools are made of."""

    closure: Closure

    def tool(self, name: str) -> Tool:
        return self.closure.tools[name]

    def chain(self, reference: str) -> ChainDefinition:
        return self.closure.definition(reference)
