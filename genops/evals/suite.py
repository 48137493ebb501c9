"""A suite: which cases are asked of which variants of a chain, how answers are scored, and what the gate wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from genops.chains import Parsing
from genops.errors import DefinitionError, ReferenceNotFound, nearest
from genops.evals.datasets import DatasetSpec
from genops.evals.pairwise import Pairwise
from genops.evals.rules import OVERALL, PASSED, Rule
from genops.evals.score import Range
from genops.evals.use import ScorerUse, parse_uses
from genops.evals.variants import VariantSpec, parse_variants
from genops.settings import Settings
from genops.syntax import Expression, YamlFile, compile_value, read_text, read_yaml

_SUFFIX = ".yaml"
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


@dataclass(frozen=True, slots=True)
class Gate:
    """What must hold, and how certain that must be.

    Attributes:
        rules: All of them must hold.
        alpha: How often the gate may be wrong in either direction, at most.
        about: What is claimed: the mean over this ``dataset`` as it is, or over the ``population`` that its cases were
            drawn from.
    """

    rules: tuple[Rule, ...]
    alpha: float = 0.05
    about: Literal["dataset", "population"] = "dataset"


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

    @classmethod
    def load(cls, name: str, settings: Settings) -> Suite:
        """Reads ``evals/NAME.yaml``, or a file by its path.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest names.
            DefinitionError: It is no suite; with the line.
        """
        path = suite_path(name, settings)
        shown = path.relative_to(settings.root) if path.is_relative_to(settings.root) else path
        file = read_yaml(read_text(path, "suite"), shown)
        return cls.from_data(file.data, path.stem, path.parent, file)

    @classmethod
    def from_data(cls, data: Any, name: str, folder: Path | None = None, file: YamlFile | None = None) -> Suite:
        """Reads a suite from plain data, as YAML or Python gives it.

        Raises:
            DefinitionError: It is none.
        """
        file = file or YamlFile(data, f"<suite {name}>")
        parsing = Parsing(file)
        if not isinstance(data, dict) or data.get("kind", "suite") != "suite":
            raise DefinitionError("a suite is a mapping with `kind: suite`", at=parsing.at())
        for key in data:
            if key not in _KEYS:
                raise DefinitionError(f"unknown key {key!r} in a suite", at=file.at(key), hint=nearest(str(key), _KEYS))
        for key in ("dataset", "scorers"):
            if key not in data:
                raise DefinitionError(f"a suite needs `{key}:`", at=parsing.at())
        scorers = parse_uses(data["scorers"], parsing.below("scorers"))
        chain = _field(str, data.get("chain", ""), "chain", parsing)
        variants = parse_variants(data.get("variants"), chain, parsing.below("variants"))
        return cls(
            name=name,
            dataset=DatasetSpec.parse(data["dataset"], file, "dataset"),
            variants=variants,
            scorers=scorers,
            chain=chain,
            description=_field(str, data.get("description", ""), "description", parsing).strip(),
            of=compile_value(data.get("of", _WHOLE_OUTPUT), parsing.at("of")),
            repeat=_field(_Positive, data.get("repeat", 1), "repeat", parsing),
            judge=_field(str | None, data.get("judge"), "judge", parsing),
            timeout=_field(_Seconds, data.get("timeout"), "timeout", parsing),
            concurrency=_field(_Positive, data.get("concurrency", 32), "concurrency", parsing),
            budget=_model(Budget, data.get("budget", {}), "budget", parsing),
            gate=_gate(data.get("gate"), scorers, parsing.below("gate")),
            labels=_field(str | None, data.get("labels"), "labels", parsing),
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
_GATE_KEYS = ("rules", "alpha", "about")


def suite_path(name: str, settings: Settings) -> Path:
    """Where a suite stands.

    Raises:
        ReferenceNotFound: There is none; the message lists the nearest names.
    """
    folder = settings.root / settings.paths.evals
    for path in (folder / f"{name}{_SUFFIX}", Path(name)):
        if path.suffix == _SUFFIX and path.is_file():
            return path
    raise ReferenceNotFound(
        f"no suite is called {name!r}: there is no {settings.paths.evals / f'{name}{_SUFFIX}'}",
        hint=nearest(name, suite_names(settings)),
    )


def suite_names(settings: Settings) -> list[str]:
    """Names of the suites in the project's folder, sorted."""
    folder = settings.root / settings.paths.evals
    return sorted(path.stem for path in folder.glob(f"*{_SUFFIX}") if _kind_of(path) == "suite")


def _kind_of(path: Path) -> str:
    """What the first key of a file says it is."""
    first = next((line for line in path.read_text("utf-8", "replace").splitlines() if line and line[0] not in "#-"), "")
    return first.removeprefix("kind:").strip() if first.startswith("kind:") else ""


def _pairwise(raw: Any, variants: tuple[VariantSpec, ...], parsing: Parsing) -> Pairwise | None:
    if raw is None:
        return None
    pairwise = _model(Pairwise, raw, "pairwise", parsing)
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
    data = {"rules": raw} if isinstance(raw, (str, list)) else raw
    if not isinstance(data, dict) or not data.get("rules"):
        raise DefinitionError("a gate needs `rules:`", at=parsing.at(), hint="gate: [faithfulness >= 0.9]")
    for key in data:
        if key not in _GATE_KEYS:
            hint = nearest(str(key), _GATE_KEYS)
            raise DefinitionError(f"unknown key {key!r} in a gate", at=parsing.at(key), hint=hint)
    where = parsing.below("rules") if isinstance(raw, dict) else parsing
    texts = [data["rules"]] if isinstance(data["rules"], str) else data["rules"]
    rules = tuple(
        parse_rule(_field(str, text, "rules", where.below(number)), scorers, where.below(number))
        for number, text in enumerate(_field(list, texts, "rules", parsing))
    )
    return Gate(
        rules,
        _field(_Share, data.get("alpha", 0.05), "alpha", parsing),
        _field(Literal["dataset", "population"], data.get("about", "dataset"), "about", parsing),
    )


def is_weighted(scorers: tuple[ScorerUse, ...]) -> bool:
    """Whether an entry has a weight, so that samples have an overall score."""
    return any(isinstance(use.body, dict) and "weight" in use.body for use in scorers)


def parse_rule(text: str, scorers: tuple[ScorerUse, ...], parsing: Parsing) -> Rule:
    """Reads a rule about one of the suite's scores.

    Raises:
        DefinitionError: It is none, names no score, asks for the mean of an unbounded one, or can never hold.
    """
    rule = Rule.parse(text, parsing.at())
    ranges = {**{use.name: use.scorer.range for use in scorers}, PASSED: Range()}
    if is_weighted(scorers):
        ranges[OVERALL] = Range()
    values = ranges.get(rule.metric)
    if values is None:
        raise DefinitionError(
            f"{rule.text!r}: no scorer is called {rule.metric!r}", at=parsing.at(), hint=nearest(rule.metric, ranges)
        )
    if rule.kind != "share" and not values.bounded:
        raise DefinitionError(
            f"{rule.text!r}: {rule.metric} has no upper bound, so that its mean cannot be gated",
            at=parsing.at(),
            hint=f"gate the share of samples within a limit: {rule.metric} <= 2 for 95%",
        )
    if rule.kind == "mean" and (rule.sign == "<=") is not values.lower_is_better:
        better = "smaller" if values.lower_is_better else "larger"
        raise DefinitionError(f"{rule.text!r}: of {rule.metric} the {better} values are better", at=parsing.at())
    if not rule.can_hold(values):
        raise DefinitionError(f"{rule.text!r} can never hold: {rule.metric} goes from {values}", at=parsing.at())
    return rule


_Positive = Annotated[int, Field(ge=1, strict=True)]
_Seconds = Annotated[float, Field(gt=0)] | None
_Share = Annotated[float, Field(gt=0, lt=1)]


def _field(kind: Any, value: Any, key: str, parsing: Parsing) -> Any:
    """A value of a type.

    Raises:
        DefinitionError: It is none.
    """
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        raise DefinitionError(f"`{key}`: {error.errors()[0]['msg']}", at=parsing.at(key)) from None


M = TypeVar("M", bound=BaseModel)


def _model(kind: type[M], value: Any, key: str, parsing: Parsing) -> M:
    """A part of the suite that is a mapping of its own.

    Raises:
        DefinitionError: A key of it is unknown, missing or mistyped.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        path = [part for part in first["loc"] if isinstance(part, (str, int))]
        where = ".".join(map(str, (key, *path)))
        if first["type"] == "extra_forbidden":
            known = [field.alias or name for name, field in kind.model_fields.items()]
            hint = nearest(str(path[-1]), known)
            raise DefinitionError(f"unknown key {where!r}", at=parsing.at(key, *path), hint=hint) from None
        raise DefinitionError(f"{where}: {first['msg']}", at=parsing.at(key, *path)) from None
