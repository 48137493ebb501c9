"""Objectives: what an attack is after, how one sees that it got there, and what is planted for that.

The whole contract of an objective:

* It is a class in a module of its own, under ``@objective("name", …)``; an instance is made of its settings.
* ``seeds`` gives the texts that attacks begin with, written for this project with harmless goals: what would be done
  is visible and hurts nobody (a marker word, a canary, a call of a tool that the target has).
* ``adopt`` makes seeds of texts that a user brings: prompts of another tool, rows of a file.
* ``plants`` gives what is put into the target before: canaries, poisoned passages, tool results.
* ``oracles`` gives entries of scorers as a suite has them. Their scorers are *detectors*: range 0 to 1, lower is
  better; **1 is a breach**, and what is below says how near an attack came, which guides the search. A try in which
  every detector that could score passes is safe; one that none could score is unscored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar

from genops.artifacts import Value
from genops.plugins import registry

Severity: TypeAlias = Literal["low", "medium", "high", "critical"]
Surface: TypeAlias = Literal["input", "passage", "tool"]
"""Where an attack enters: what a user writes, a passage that is retrieved, the result of a tool."""
Place: TypeAlias = Literal["system", "passage", "tool", "session"]
Poison: TypeAlias = Literal["first", "index"]
"""How an attack enters by a passage: every search finds it first, or it is indexed in a copy of the index."""


@dataclass(frozen=True, slots=True)
class Tags:
    """Where an objective stands in the field's lists.

    Attributes:
        owasp: OWASP Top 10 for LLM applications, 2025: ``LLM01``.
        atlas: MITRE ATLAS techniques: ``AML.T0051``.
        nist: Categories of NIST AI 100-2 and risks of AI 600-1, by their names.
    """

    owasp: tuple[str, ...] = ()
    atlas: tuple[str, ...] = ()
    nist: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetTool:
    """A tool that the target may call.

    Attributes:
        name: Of it.
        writes: Whether it changes something.
        parameters: JSON Schema of its arguments.
    """

    name: str
    writes: bool
    parameters: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Target:
    """What an objective may know of the chain under attack.

    Attributes:
        chain: Its name.
        fields: Inputs that an attacker writes; the one that an attack is to be written into comes first.
        inputs: The harmless case that is to carry it: every input.
        prompts: Names of the templates with a system message.
        retrieves: Positions of the steps that retrieve.
        tools: That it may call.
        writes_json: Whether its output is to fit a schema.
        cites: Whether its output has citations.
    """

    chain: str
    fields: tuple[str, ...]
    inputs: Mapping[str, Value]
    prompts: tuple[str, ...] = ()
    retrieves: tuple[str, ...] = ()
    tools: tuple[TargetTool, ...] = ()
    writes_json: bool = False
    cites: bool = False


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A text of somebody else's that attacks may begin with.

    Attributes:
        id: Unique in a campaign, and stable.
        text: What it says.
        triggers: Texts one of which an answer has that does what the text wants; empty where nobody says.
    """

    id: str
    text: str
    triggers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seed:
    """What an attack begins with.

    Attributes:
        id: Unique in its objective, and stable: rates are clustered by it.
        text: What mutators change and the target is given.
        surface: Where it enters.
        around: What the text stands in once it is mutated, with ``{attack}`` for it: the harmless question that carries
            it, a passage. Empty for the text alone.
        triggers: Texts one of which an answer has that does what the text wants, for objectives whose oracle looks for
            a word; empty for the objective's own word.
        case: Id of the harmless case that carries it; empty where a campaign has only one.
        field: That it is written into; empty where it is written into none, or an attacker writes only one.
    """

    id: str
    text: str
    surface: Surface = "input"
    around: str = ""
    triggers: tuple[str, ...] = ()
    case: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Plant:
    """Something that is put into the target before it is attacked.

    Attributes:
        place: Where.
        text: What.
        canary: The part of it that must not come out; empty where nothing is secret.
    """

    place: Place
    text: str
    canary: str = ""


class Objective:
    """What an attack is after; see the module's docstring.

    Attributes:
        name: The key that selects it in a campaign.
        title: What it is called in reports.
        severity: Of a breach.
        tags: Where it stands in the field's lists.
        surfaces: Where its attacks enter.
        reads_output: Whether its oracles read the output, so that one without a word tells nothing; False where they
            read the run alone.
        shortens: Whether the text of a finding may be shortened to what is left of an attack; False where its meaning
            is what makes it one, as in a harmless question.
        keeps_meaning: Whether its attacks are made of mutators that keep the meaning, as far as a campaign has any:
            a harmless question in base64 is none any more.
        poison: How attacks enter by passages.
    """

    name: ClassVar[str] = ""
    title: ClassVar[str] = ""
    severity: ClassVar[Severity] = "medium"
    tags: ClassVar[Tags] = Tags()
    surfaces: ClassVar[tuple[Surface, ...]] = ("input",)
    reads_output: ClassVar[bool] = True
    shortens: ClassVar[bool] = True
    keeps_meaning: ClassVar[bool] = False
    poison: Poison = "first"

    def fits(self, target: Target) -> str:
        """Why it cannot be tried on a target (it calls no tool); empty where it can."""
        return ""

    def plants(self, target: Target, rng: Random) -> Sequence[Plant]:
        """What is put into the target, whatever the case; nothing unless an objective says otherwise."""
        return ()

    def seeds(self, target: Target, plants: Sequence[Plant], rng: Random) -> Iterable[Seed]:
        """What attacks begin with; the same ids whatever the case and the field."""
        raise NotImplementedError

    def adopt(self, target: Target, texts: Sequence[Borrowed]) -> Iterable[Seed]:
        """Seeds of texts of others: each as it is, where this objective's attacks enter.

        Raises:
            UsageError: The oracles of this objective can tell nothing of such texts.
        """
        entered = entrance(self.surfaces, target)
        for borrowed in texts:
            yield Seed(borrowed.id, borrowed.text, entered)

    def oracles(self, target: Target, plants: Sequence[Plant]) -> Sequence[Mapping[str, Any]]:
        """Entries of detectors, as :func:`~genops.evals.use.use_scorer` makes them."""
        raise NotImplementedError


def entrance(surfaces: Sequence[Surface], target: Target) -> Surface:
    """The first surface that a target has."""
    there = {"input": target.fields, "passage": target.retrieves, "tool": target.tools}
    return next((surface for surface in surfaces if there[surface]), surfaces[0])


T = TypeVar("T", bound=type[Objective])


def objective(
    name: str,
    *,
    title: str,
    severity: Severity,
    tags: Tags,
    surfaces: tuple[Surface, ...] = ("input",),
) -> Callable[[T], T]:
    """Registers a class as an objective (see the module's docstring for the contract).

    Args:
        name: The key that selects it in a campaign.
        title: What it is called in reports.
        severity: Of a breach.
        tags: Where it stands in the field's lists.
        surfaces: Where its attacks enter.
    """

    def register(made: T) -> T:
        made.name, made.title, made.severity, made.tags, made.surfaces = name, title, severity, tags, surfaces
        registry.add("objective", name, made)
        return made

    return register


def find_objective(name: str) -> type[Objective]:
    """The objective registered under a name.

    Raises:
        ReferenceNotFound: None is; the message lists the nearest names.
        DefinitionError: What is registered is no objective.
    """
    return registry.subclass("objective", name, Objective, "@genops.objective")
