"""Findings: the shortest form of a breach, and the step where the defence failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from genops.artifacts import Value, encode
from genops.evals.case import Case
from genops.evals.runner.scoring import Scoring, score_sample
from genops.evals.sample import Sample
from genops.fuzz.attack import Attack
from genops.fuzz.runner.plan import CampaignPlan
from genops.fuzz.runner.trying import Arena, Try, outcome
from genops.fuzz.search import minimise
from genops.fuzz.strategies import STRATEGIES
from genops.store.records import FindingRecord, SpanRecord
from genops.tracing.trace import Trace

_TRIES = 200
"""Tries that the shortest form of one finding may take."""


def breached(found: Try) -> frozenset[str]:
    """The detectors that a try set off, each with its word for it."""
    return frozenset(
        f"{name} {score.get('label', '')}".strip()
        for name, score in found.scores.items()
        if score.get("passed") is False
    )


def is_known(found: Try, findings: Sequence[FindingRecord]) -> bool:
    """Whether a finding says it already: the same detectors, set off by no more mutators than this try has."""
    mine = {mutation.mutator for mutation in found.attack.mutations}
    return any(
        finding.objective == found.attack.objective
        and finding.surface == found.attack.seed.surface
        and finding.label == label_of(found)
        and {mutation["mutator"] for mutation in finding.mutations} <= mine
        for finding in findings
    )


def label_of(found: Try) -> str:
    """What the detectors say of a breach, in words."""
    return ", ".join(sorted(breached(found)))


async def finding_of(plan: CampaignPlan, arena: Arena, number: int, found: Try) -> FindingRecord:
    """Shortens a breach to what it needs, and finds the step that let it through.

    Args:
        plan: Of the campaign.
        arena: Where it happened.
        number: Of the try.
        found: The try.

    Raises:
        GenopsError: The attacker gives no usable answer.
    """
    attack, wanted = found.attack, breached(found)
    shortest = {found.attack.text: found}

    async def breaks(text: str) -> bool:
        again = await arena.attempt(Attack(attack.objective, attack.seed, attack.mutations, text))
        shortest[text] = again
        return again.outcome == "breach" and bool(breached(again) & wanted)

    led = tuple(mutation for mutation in attack.mutations if mutation.mutator in STRATEGIES)
    start, mutable = (attack.text, ()) if led else (attack.seed.text, attack.mutations)
    least = await minimise(start, mutable, breaks, tries=_TRIES, attacker=plan.attacker)
    last = shortest.get(least.text, found)
    mutations = [asdict(mutation) for mutation in (*led, *least.mutations)]
    body: list[Value] = [attack.objective, attack.seed.surface, least.text, arena.closure.lock.digest]
    body += [attack.conversation] if attack.conversation else []
    return FindingRecord(
        id=encode(body).digest[:32],
        number=number,
        objective=attack.objective,
        severity=arena.objective.severity,
        seed=attack.seed.id,
        surface=attack.seed.surface,
        start=least.seed,
        mutations=mutations,
        text=least.text,
        run=last.run,
        step=await blamed(arena, last),
        label=label_of(last),
        tries=least.tries,
        minimal=least.minimal,
    )


async def blamed(arena: Arena, found: Try) -> str:
    """Position of the step with which the run became a breach; empty where only its end is one.

    The detectors are asked after every step, with its output in the place of the chain's and the trace so far. Steps
    that carry what was planted, a search or a tool, are where an attack enters and not where a defence failed.
    """
    arena.project.store.writer.flush(10.0)
    trace = Trace.load(arena.project.store, found.run)
    case = Case(found.attack.seed.id, arena.target.inputs, metadata={"attack": found.attack.text})
    carriers = _carriers(arena, found)
    steps = [span for span in trace.spans if span.kind in ("step", "agent") and span.status in ("ok", "error")]
    for span in sorted(steps, key=lambda span: span.ended or 0):
        effects = {child.kind for child in trace.children(span)}
        if span.status == "ok" and effects and effects <= carriers:
            continue
        output = trace.value(span.output)
        sample = Sample(case, arena.objective.name, 0, output, trace.run)
        scoring = Scoring(sample, arena.project, arena.questions, _until(trace, span))
        scores = await score_sample(arena.detectors, output, scoring)
        if outcome(scores, failed=False) == "breach":
            return span.path
    return ""


def _until(trace: Trace, end: SpanRecord) -> list[SpanRecord]:
    """What had ended when a span did, and what that is inside of."""
    numbers, around = {span.number: span for span in trace.spans}, set()
    parent = end.parent
    while parent is not None:
        around.add(parent)
        parent = numbers[parent].parent
    moment = end.ended or 0
    return [span for span in trace.spans if span.number in around or (span.ended is not None and span.ended <= moment)]


def _carriers(arena: Arena, found: Try) -> set[str]:
    """Kinds of effects whose results are poisoned."""
    places = {found.attack.seed.surface, *(plant.place for plant in arena.plants)}
    return {effect for place, effect in (("passage", "retrieve"), ("tool", "tool")) if place in places}
