"""Findings: the shortest form of a breach, and the step where the defence failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from genops.artifacts import Value, encode
from genops.errors import GenopsError, ReferenceNotFound, StoreError, Unfinished
from genops.evals.case import Case
from genops.evals.runner.scoring import Scoring, score_sample
from genops.evals.sample import Sample
from genops.fuzz.attack import CONVERSATION, Attack, Mutation
from genops.fuzz.mutator import Attacker
from genops.fuzz.objective import Seed
from genops.fuzz.runner.arena import Arena
from genops.fuzz.runner.progress import Spend
from genops.fuzz.runner.trying import Try, outcome
from genops.fuzz.search import Minimised, Scores, Turns, minimise
from genops.fuzz.strategies import STRATEGIES
from genops.store.records.campaigns import FindingRecord, TryRecord
from genops.store.records.runs import SpanRecord
from genops.tracing.trace import Trace

_TRIES = 200
"""Tries that the shortest form of one finding may take."""


def breached(scores: Scores) -> frozenset[str]:
    """The detectors that a try set off, each with its word for it."""
    return frozenset(
        f"{name} {score.get('label', '')}".strip() for name, score in scores.items() if score.get("passed") is False
    )


def label_of(scores: Scores) -> str:
    """What the detectors say of a breach, in words."""
    return ", ".join(sorted(breached(scores)))


def is_known(made: TryRecord, findings: Sequence[FindingRecord]) -> bool:
    """Whether a finding says it already.

    That is one that it was found by, or one of the same detectors, set off by no more mutators than this try has.
    """
    mine = {mutation["mutator"] for mutation in made.mutations}
    label = label_of(made.scores)
    return any(
        finding.number == made.number
        or (
            finding.objective == made.objective
            and (finding.surface, finding.field) == (made.surface, made.field)
            and finding.label == label
            and {mutation["mutator"] for mutation in finding.mutations} <= mine
        )
        for finding in findings
    )


def is_cut_off(finding: FindingRecord) -> bool:
    """Whether a finding may be shorter yet: the budget ended, a server failed, or it did not break again."""
    return not finding.minimal and finding.tries < _TRIES


async def finding_of(
    arena: Arena,
    made: TryRecord,
    seed: Seed,
    attacker: Attacker | None,
    enough: Callable[[], bool],
    spend: Spend,
) -> FindingRecord:
    """Shortens a breach to what it needs, and finds the step that let it through.

    Args:
        arena: Where it happened.
        made: The breach.
        seed: That it began with.
        attacker: For mutations that ask one.
        enough: Whether no more tries may be made.
        spend: Told what tries and judges used: they are paid for, and count in nothing else.

    Raises:
        StoreError: Runs cannot be kept.
    """
    mutations = tuple(Mutation(**mutation) for mutation in made.mutations)
    whole, wanted = Attack(made.objective, seed, mutations, made.text), breached(made.scores)
    found = Try(whole, "breach", made.run, scores=made.scores)
    breaches: dict[str, Try] = {}

    async def attempt(attack: Attack) -> Try:
        tried = await arena.attempt(attack)
        spend(tried.cost, tried.tokens)
        return tried

    async def breaks(text: str, turns: Turns) -> bool:
        shorter = Attack(made.objective, seed, _after(mutations, turns), text)
        again = await attempt(shorter)
        if again.outcome == "infrastructure":
            again = await attempt(shorter)
        if again.outcome == "infrastructure" and not await arena.is_up(spend):
            raise Unfinished(f"nothing is known of {made.objective} after a try under which the infrastructure failed")
        if again.outcome != "breach" or not breached(again.scores) & wanted:
            return False
        breaches[_form(again.attack)] = again
        return True

    led = tuple(mutation for mutation in mutations if mutation.mutator in STRATEGIES)
    start, mutable = (made.text, ()) if led else (seed.text, mutations)
    turns = whole.turns
    try:
        least = await minimise(
            start,
            mutable,
            breaks,
            turns=turns,
            tries=_TRIES,
            attacker=attacker,
            enough=enough,
            shortens=arena.objective.shortens,
        )
    except StoreError:
        raise
    except GenopsError:  # the attacker gives no usable answer, or a server fails
        least = Minimised(start, mutable, tuple(turns), made.text, 0, breaks=False, minimal=False)
    kept = (*_after(led, least.turns), *least.mutations)
    attack = Attack(made.objective, seed, kept, least.text if least.breaks else made.text)
    last = breaches.get(_form(attack), found)
    body: list[Value] = [made.objective, made.surface, attack.text, arena.closure.lock.digest]
    body += [attack.conversation] if attack.conversation else []
    body += [made.case, made.field] if made.case or made.field else []
    return FindingRecord(
        id=encode(body).digest[:32],
        number=made.number,
        objective=made.objective,
        severity=arena.objective.severity,
        seed=made.seed,
        surface=made.surface,
        start=least.seed,
        mutations=[asdict(mutation) for mutation in kept],
        text=attack.text,
        run=last.run,
        step=await blamed(arena, last, spend),
        label=label_of(last.scores),
        tries=least.tries,
        minimal=least.minimal,
        case=made.case,
        field=made.field,
    )


def _after(mutations: Sequence[Mutation], turns: Turns) -> tuple[Mutation, ...]:
    """Mutations with these turns in the place of those that one of them has."""
    messages = [message for turn in turns if isinstance(turn, list) for message in turn]
    return tuple(
        replace(one, settings={**one.settings, CONVERSATION: messages}) if CONVERSATION in one.settings else one
        for one in mutations
    )


def _form(attack: Attack) -> str:
    return encode([attack.text, *attack.conversation]).digest


async def blamed(arena: Arena, found: Try, spend: Spend) -> str:
    """Position of the step with which the run became a breach; empty where only its end is one, or its trace is lost.

    The detectors are asked after every step, with its output in the place of the chain's and the trace so far: a run
    that failed had not failed after a step that ended well. Steps that carry what was planted, a search or a tool, are
    where an attack enters and not where a defence failed.
    """
    store = arena.project.store
    if not found.run:
        return ""
    try:
        await asyncio.to_thread(store.writer.flush, 10.0)
        trace = await asyncio.to_thread(Trace.load, store, found.run)
    except ReferenceNotFound:
        return ""
    seed = found.attack.seed
    case = Case(seed.id, arena.placing.carriers.at(seed.case).inputs, metadata=found.attack.metadata)
    carriers = _carriers(arena, found)
    steps = [span for span in trace.spans if span.kind in ("step", "agent") and span.status in ("ok", "error")]
    for span in sorted(steps, key=lambda span: span.ended or 0):
        effects = {child.kind for child in trace.children(span)}
        if span.status == "ok" and effects and effects <= carriers:
            continue
        output = trace.value(span.output)
        run = trace.run if span.status == "error" else replace(trace.run, status="ok", error=None)
        sample = Sample(case, arena.objective.name, 0, output, run)
        scoring = Scoring(sample, arena.project, arena.questions, _until(trace, span))
        scores = await score_sample(arena.detectors, output, scoring)
        spend(scoring.judged.cost, scoring.judged.input_tokens + scoring.judged.output_tokens)
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
    places = {found.attack.seed.surface, *(plant.place for plant in arena.placing.plants)}
    return {effect for place, effect in (("passage", "retrieve"), ("tool", "tool")) if place in places}
