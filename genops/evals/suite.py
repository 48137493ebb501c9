"""A suite: which cases are asked of which variants of a chain, how answers are scored, and what the gate wants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from genops.chains import Parsing
from genops.errors import DefinitionError, nearest
from genops.evals.datasets import DatasetSpec
from genops.evals.definitions import check_keys, read_definition
from genops.evals.fields import Positive, Seconds, field_of, model_of
from genops.evals.pairwise import Pairwise
from genops.evals.rules import OVERALL, PASSED, Gate, parse_gate
from genops.evals.score import Range
from genops.evals.subject import compile_subject
from genops.evals.use import ScorerUse, parse_uses
from genops.evals.variants import VariantSpec, parse_variants
from genops.settings import Settings
from genops.syntax import Expression, YamlFile

LATENCY = "latency"
"""The scorer of how long runs take."""
_WHOLE_OUTPUT = "{{ output }}"


class Budget(BaseModel):
    """What a whole evaluation may use; when it is used up the evaluation stops, and can be resumed.

    Attributes:
        usd: US dollars, chains and judges together.
        tokens: Input and output tokens, chains and judges together.
        seconds: Since the start.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    usd: float | None = Field(default=None, gt=0)
    tokens: int | None = Field(default=None, gt=0)
    seconds: float | None = Field(default=None, gt=0)


@dataclass(frozen=True)
class Suite:
    """An evaluation as it is defined.

    Attributes:
        name: By which others refer to it.
        description: For people.
        chain: Reference of the chain under test; empty where every variant names one.
        dataset: Where the cases come from.
        variants: What is compared; one at least.
        scorers: How answers are scored.
        of: What scorers score unless they say otherwise, compiled.
        repeat: How often each case is run.
        judge: Alias that judges ask unless they say otherwise.
        timeout: Seconds for one case.
        concurrency: Runs under way at once, at most.
        budget: For the whole evaluation.
        gate: None for none.
        labels: File of human labels; None for none.
        pairwise: How the variants' answers are compared two by two; None for not at all.
        folder: That files are relative to.
        file: The definition with its positions.
    """

    name: str
    dataset: DatasetSpec
    variants: tuple[VariantSpec, ...]
    scorers: tuple[ScorerUse, ...]
    chain: str = ""
    description: str = ""
    of: Any = field(default_factory=lambda: Expression(_WHOLE_OUTPUT))
    repeat: int = 1
    judge: str | None = None
    timeout: float | None = None
    concurrency: int = 32
    budget: Budget = field(default_factory=Budget)
    gate: Gate | None = None
    labels: str | None = None
    pairwise: Pairwise | None = None
    folder: Path = Path()
    file: YamlFile = field(default_factory=lambda: YamlFile({}, "<suite>"))

    @property
    def timed(self) -> list[ScorerUse]:
        """The scorers of how long runs take, which is not known of one that reused some results."""
        return [use for use in self.scorers if use.scorer.name == LATENCY]

    @classmethod
    def load(cls, name: str, settings: Settings) -> Suite:
        """Reads ``evals/NAME.yaml``, or a file by its path.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest names.
            DefinitionError: It is no suite; with the line.
        """
        path, file = read_definition(name, "suite", settings)
        return cls.from_data(file.data, path.stem, path.parent, file)

    @classmethod
    def from_data(cls, data: Any, name: str, folder: Path | None = None, file: YamlFile | None = None) -> Suite:
        """Reads a suite from plain data, as YAML or Python gives it.

        Raises:
            DefinitionError: It is none.
        """
        file = file or YamlFile(data, f"<suite {name}>")
        parsing = Parsing(file)
        check_keys(data, name, "suite", parsing, _KEYS, ("dataset", "scorers"))
        scorers = parse_uses(data["scorers"], parsing.below("scorers"))
        chain = field_of(str, data.get("chain", ""), "chain", parsing)
        variants = parse_variants(data.get("variants"), chain, parsing.below("variants"))
        return cls(
            name=name,
            dataset=DatasetSpec.parse(data["dataset"], file, "dataset"),
            variants=variants,
            scorers=scorers,
            chain=chain,
            description=field_of(str, data.get("description", ""), "description", parsing).strip(),
            of=compile_subject(data.get("of", _WHOLE_OUTPUT), parsing.at("of")),
            repeat=field_of(Positive, data.get("repeat", 1), "repeat", parsing),
            judge=field_of(str | None, data.get("judge"), "judge", parsing),
            timeout=field_of(Seconds, data.get("timeout"), "timeout", parsing),
            concurrency=field_of(Positive, data.get("concurrency", 32), "concurrency", parsing),
            budget=model_of(Budget, data.get("budget", {}), "budget", parsing),
            gate=_gate(data.get("gate"), scorers, parsing.below("gate")),
            labels=field_of(str | None, data.get("labels"), "labels", parsing),
            pairwise=_pairwise(data.get("pairwise"), variants, parsing),
            folder=folder or Path.cwd(),
            file=file,
        )

    @cached_property
    def weighted(self) -> bool:
        """Whether samples have an overall score."""
        return is_weighted(self.scorers)

    def use(self, metric: str) -> ScorerUse | None:
        """The scorer's entry that a metric is; None for ``passed``."""
        return next((use for use in self.scorers if use.name == metric), None)


_KEYS = (
    "kind",
    "description",
    "chain",
    "dataset",
    "variants",
    "repeat",
    "of",
    "judge",
    "scorers",
    "gate",
    "timeout",
    "concurrency",
    "budget",
    "labels",
    "pairwise",
    "anchors",
)
"""``anchors`` holds whatever is only there to be referred to by YAML aliases."""


def _pairwise(raw: Any, variants: tuple[VariantSpec, ...], parsing: Parsing) -> Pairwise | None:
    if raw is None:
        return None
    pairwise = model_of(Pairwise, raw, "pairwise", parsing)
    names = [variant.name for variant in variants]
    if len(names) < 2:
        raise DefinitionError("there are no two variants to compare", at=parsing.at("pairwise"), hint="add `variants:`")
    if pairwise.against is not None and pairwise.against not in names:
        hint = nearest(pairwise.against, names)
        raise DefinitionError(f"no variant is called {pairwise.against!r}", at=parsing.at("pairwise"), hint=hint)
    return pairwise


def _gate(raw: Any, scorers: tuple[ScorerUse, ...], parsing: Parsing) -> Gate | None:
    if raw is None:
        return None
    ranges = {**{use.name: use.scorer.range for use in scorers}, PASSED: Range()}
    if is_weighted(scorers):
        ranges[OVERALL] = Range()
    return parse_gate(raw, ranges, "scorer", "dataset", parsing)


def is_weighted(scorers: Iterable[ScorerUse]) -> bool:
    """Whether an entry has a weight, so that samples have an overall score."""
    return any(isinstance(use.body, dict) and "weight" in use.body for use in scorers)
