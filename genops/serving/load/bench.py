"""A load test: every load that was asked for, or a search; what it costs; all of it kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol
from uuid import uuid4

from genops.errors import UsageError
from genops.models import Model
from genops.serving.load.cost import Cost, Hardware, cost_of_load
from genops.serving.load.figures import figures_of
from genops.serving.load.objective import Objective, rule_on
from genops.serving.load.pacing import Load, Loop, Measured
from genops.serving.load.search import Highest, Probe, highest, looks_of, requests_for
from genops.store.records.serving import LoadTestRecord, PriceRecord
from genops.tracing.quantities import seconds

_LATE = 0.1
_FAILED = 0.01
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class BenchPlan:
    """What a load test does.

    Attributes:
        loop: ``closed`` or ``open``.
        levels: Loads that are tried; where the highest is searched, the first one and the highest allowed.
        requests: Measured requests of each load; None for as many as it takes.
        warmup: Requests before them; None for as many as are under way at once.
        objectives: What a load must keep to.
        find: Whether the highest load that does is searched.
        confidence: Of intervals about objectives.
        seed: Of prompts and arrivals.
        hardware: What it costs; None where that is not known.
        ratio: Of an output token's cost to an input token's; None to measure it.
    """

    loop: Loop = "closed"
    levels: tuple[float, ...] = (1.0, 4.0, 16.0)
    requests: int | None = None
    warmup: int | None = None
    objectives: tuple[Objective, ...] = ()
    find: bool = False
    confidence: float = 0.95
    seed: int = 0
    hardware: Hardware | None = None
    ratio: float | None = None

    def __post_init__(self) -> None:
        if self.find and not self.objectives:
            raise UsageError("a search needs an objective", hint='add --objective "ttft.p95 < 500ms"')
        if any(level <= 0 or (self.loop == "closed" and level % 1) for level in self.levels):
            what = "a whole number of requests at once" if self.loop == "closed" else "a rate above 0"
            raise UsageError(f"{min(self.levels):g} is no load", hint=f"a load is {what}")
        least = requests_for(self.objectives, self.alpha) if self.find else 0
        if self.requests is not None and self.requests < least / 1.6:
            raise UsageError(
                f"{self.requests} requests a load cannot show an objective with confidence {self.confidence:g} over"
                f" {self.looks} looks, however well the model does",
                hint=f"leave --requests out, or give {least} or more",
            )

    @property
    def looks(self) -> int:
        """How many loads are tried at most."""
        return looks_of(min(self.levels), max(self.levels)) if self.find else len(self.levels)

    @property
    def alpha(self) -> float:
        """The level of significance of one load: together they keep the confidence."""
        return (1 - self.confidence) / self.looks

    def load(self, level: float) -> Load:
        """A load with as many requests as it takes: enough for the objectives, and for several rounds of a loop."""
        needed = max((requests_for(self.objectives, self.alpha) if self.objectives else 0), 100)
        users = int(level) if self.loop == "closed" else 1
        requests = max(self.requests or needed, _ROUNDS * users)
        warmup = max(users, 2) if self.warmup is None else self.warmup
        return Load(self.loop, level, requests, warmup, self.seed)


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What a load test found.

    Attributes:
        id: 32 hexadecimal digits.
        alias: The model alias.
        at: Nanoseconds since the epoch.
        model: Provider and model.
        digest: Of the model.
        asked: What was asked, in words.
        probes: Every load, with what it measured.
        highest: What a search found; None without one.
        hardware: What a second costs; None where that is not known.
        cost: Of tokens; None where it is not known.
        priced: The load that the cost is of, in words.
        notes: What one must know to read the numbers.
    """

    id: str
    alias: str
    at: int
    model: str
    digest: str
    asked: str
    plan: BenchPlan
    probes: tuple[Probe, ...]
    highest: Highest | None
    cost: Cost | None
    priced: str
    notes: tuple[str, ...]

    @property
    def verdict(self) -> Literal["met", "broken", "undecided", ""]:
        """Whether some load keeps the objectives; "" without any."""
        if not self.plan.objectives:
            return ""
        verdicts = {probe.verdict for probe in self.probes}
        return "met" if "met" in verdicts else "undecided" if "undecided" in verdicts else "broken"

    def to_json(self) -> dict[str, Any]:
        """The result as plain data."""
        highest = None if self.highest is None else {**asdict(self.highest), "probes": len(self.highest.probes)}
        return {
            "id": self.id,
            "alias": self.alias,
            "at": self.at,
            "model": self.model,
            "digest": self.digest,
            "asked": self.asked,
            "loop": self.plan.loop,
            "seed": self.plan.seed,
            "confidence": self.plan.confidence,
            "objectives": [str(objective) for objective in self.plan.objectives],
            "verdict": self.verdict,
            "loads": [_plain(probe) for probe in self.probes],
            "highest": highest,
            "hardware": None if self.plan.hardware is None else asdict(self.plan.hardware),
            "cost": None if self.cost is None else asdict(self.cost),
            "priced": self.priced,
            "notes": list(self.notes),
        }

    def record(self) -> LoadTestRecord:
        """As the store keeps it."""
        data = self.to_json()
        manifest = {name: data[name] for name in ("model", "digest", "asked", "loop", "seed", "objectives", "hardware")}
        return LoadTestRecord(self.id, self.alias, self.at, manifest, data)

    def price(self) -> PriceRecord | None:
        """The price that follows from it; None where there is none."""
        if self.cost is None or self.cost.input.value is None or self.cost.output.value is None:
            return None
        dollars = (self.cost.input.value, self.cost.output.value, None)
        return PriceRecord(self.alias, *dollars, self.id, self.at, self.model)


def _plain(probe: Probe) -> dict[str, Any]:
    load = probe.figures.load
    return {
        "level": load.level,
        "unit": load.unit,
        "requests": load.requests,
        "warmup": load.warmup,
        "answered": probe.figures.answered,
        "errors": dict(probe.figures.errors),
        "example": probe.figures.example,
        "verdict": probe.verdict if probe.rulings else "",
        "rulings": [{**asdict(ruling), "objective": str(ruling.objective)} for ruling in probe.rulings],
        "figures": {name: asdict(measure) for name, measure in probe.figures.figures.items()},
    }


class PutOn(Protocol):
    """What puts a load on the model, with prompts that no load before it had."""

    @property
    def about(self) -> str:
        """What is asked, in words."""
        ...

    async def __call__(self, load: Load, *, one_token: bool) -> Measured:
        """Puts it on, and waits until all of it is answered.

        Args:
            load: Which.
            one_token: Whether each request asks for a single token, so that only its input costs.
        """
        ...


async def bench(model: Model, put_on: PutOn, plan: BenchPlan) -> BenchResult:
    """Runs a load test.

    Args:
        model: Which model it is of.
        put_on: Puts loads on it.
        plan: What is done.

    Raises:
        Unfinished: The model does not answer at all.
    """

    async def probe(level: float, alpha: float) -> Probe:
        measured = await put_on(plan.load(level), one_token=False)
        return Probe(figures_of(measured), tuple(rule_on(one, measured, alpha) for one in plan.objectives))

    if plan.find:
        found = await highest(plan.loop, min(plan.levels), max(plan.levels), plan.confidence, probe)
        probes = tuple(sorted(found.probes, key=lambda probe: probe.level))
    else:
        found, probes = None, tuple([await probe(level, plan.alpha) for level in sorted(plan.levels)])
    cost, priced, notes = await _cost(plan, put_on, probes)
    return BenchResult(
        uuid4().hex,
        model.name,
        time.time_ns(),
        model.alias.model,
        model.component.digest,
        put_on.about,
        plan,
        probes,
        found,
        cost,
        priced,
        (*notes, *_late(probes)),
    )


async def _cost(plan: BenchPlan, put_on: PutOn, probes: Sequence[Probe]) -> tuple[Cost | None, str, list[str]]:
    """The cost of the load that does most, of those that keep to the objectives."""
    if plan.hardware is None:
        return None, "", []
    fit = [one for one in probes if (one.verdict == "met" if plan.objectives else _failing(one) <= _FAILED)]
    best = max(fit, key=_tokens, default=None)
    if best is None:
        why = "keeps to the objectives" if plan.objectives else f"has at most {_FAILED:.0%} of failures"
        return None, "", [f"no price: no load {why}"]
    prefill = None
    if plan.ratio is None:
        prefill = figures_of(await put_on(best.figures.load, one_token=True)).figures
    found = cost_of_load(plan.hardware, best.figures.figures, ratio=plan.ratio, prefill=prefill)
    notes = [] if found is not None else ["no price: the server does not say how many tokens there were"]
    return found, best.figures.name, notes


def _failing(probe: Probe) -> float:
    return probe.figures.figures["failed_share"].value or 0.0


def _tokens(probe: Probe) -> float:
    """Input and output tokens a second."""
    figures: Mapping[str, Any] = probe.figures.figures
    return sum(figures[name].value or 0.0 for name in ("input_tokens", "output_tokens"))


def _late(probes: Sequence[Probe]) -> list[str]:
    """Whether the client itself was the bottleneck."""
    for probe in probes:
        late, first = (probe.figures.figures[name].value for name in ("late_p99", "ttft_p50"))
        if late is not None and first is not None and late > _LATE * first and late > 0.005:
            return [
                f"this machine was up to {seconds(late)} late to send at {probe.figures.name}, which is in the"
                " latencies: load from a machine with more to spare"
            ]
    return []
