"""What robustness comes to: the rate of change under each relation beside that of no change, and of each prompt."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from genops.fuzz.robustness.run import UNCHANGED
from genops.fuzz.search.behaviour import place
from genops.stats import Interval, cluster_mean_interval, proportion_interval
from genops.store.records import TryRecord

_SCORED = ("same", "changed", "crashed")


@dataclass(frozen=True, slots=True)
class ChangeRate:
    """How often the answer changed.

    Attributes:
        relation: Under which change; ``unchanged`` for none.
        rate: Share of the scored tries; a failure of the chain is a change. None where nothing could be scored.
        excess: By how much that is more than without a change, over the same cases; None for ``unchanged`` and where
            no case has both.
        outcomes: Tries by what became of them.
    """

    relation: str
    rate: Interval | None
    excess: Interval | None
    outcomes: dict[str, int]


@dataclass(frozen=True, slots=True)
class PromptSensitivity:
    """How often the output of a prompt's step was the first of the trace to change.

    Attributes:
        step: Position of the step.
        prompt: Name of its template.
        rate: Share of the scored tries with a change.
        without: The same without one; None where nothing could be scored.
    """

    step: str
    prompt: str
    rate: Interval
    without: Interval | None


@dataclass(frozen=True, slots=True)
class Robustness:
    """What the tries of a robustness part come to.

    Attributes:
        baseline: Rate of change without a change: the chain's own variation.
        relations: In the order in which they were tried.
        prompts: The most sensitive first.
    """

    baseline: ChangeRate
    relations: tuple[ChangeRate, ...]
    prompts: tuple[PromptSensitivity, ...]


def summarise(tries: Iterable[TryRecord], level: float = 0.95) -> Robustness:
    """Sums up the tries of a campaign; those of other phases are left out.

    Args:
        tries: As they are stored.
        level: Of the intervals, which are clustered by case.
    """
    by_relation: dict[str, list[TryRecord]] = defaultdict(list)
    for made in tries:
        if made.phase == "robustness" and made.outcome != "asked" and not _is_reference(made):
            by_relation[made.objective].append(made)
    plain = by_relation.pop(UNCHANGED, [])
    own = {made.seed: float(made.outcome != "same") for made in _scored(plain)}
    changed = [made for group in by_relation.values() for made in group]
    return Robustness(
        _rate(UNCHANGED, plain, {}, level),
        tuple(_rate(name, group, own, level) for name, group in by_relation.items()),
        _sensitivities(_scored(changed), _scored(plain), level),
    )


def _is_reference(made: TryRecord) -> bool:
    """Whether a try without an answer is one that others would have been compared with."""
    return made.objective == UNCHANGED and made.outcome in ("crashed", "infrastructure") and "same" not in made.scores


def _scored(tries: Iterable[TryRecord]) -> list[TryRecord]:
    return [made for made in tries if made.outcome in _SCORED]


def _rate(relation: str, tries: Sequence[TryRecord], own: dict[str, float], level: float) -> ChangeRate:
    scored = _scored(tries)
    both = [made for made in scored if made.seed in own]
    excess = None
    if both:
        differences = [float(made.outcome != "same") - own[made.seed] for made in both]
        excess = cluster_mean_interval(differences, [made.seed for made in both], level=level)
    rate = _share([made.outcome != "same" for made in scored], scored, level)
    return ChangeRate(relation, rate, excess, dict(Counter(made.outcome for made in tries)))


def _share(hits: Sequence[bool], tries: Sequence[TryRecord], level: float) -> Interval | None:
    """A share with its interval clustered by case, between 0 and 1.

    Where all tries agree, nothing tells of the spread, and each case counts as one trial.
    """
    if not hits:
        return None
    cases = len({made.seed for made in tries})
    if all(hits) or not any(hits):
        alone = proportion_interval(cases if hits[0] else 0, cases, level)
        return replace(alone, n=len(hits), clusters=cases)
    found = cluster_mean_interval([float(hit) for hit in hits], [made.seed for made in tries], level=level)
    if found.bounds is None:
        return found
    return replace(found, bounds=(max(0.0, found.bounds[0]), min(1.0, found.bounds[1])))


def _sensitivities(
    changed: Sequence[TryRecord], plain: Sequence[TryRecord], level: float
) -> tuple[PromptSensitivity, ...]:
    steps = {key for made in (*changed, *plain) if (key := _first(made))[0]}
    found = []
    for key in sorted(steps):
        rate = _share([_first(made) == key for made in changed], changed, level)
        if rate is not None:
            found.append(PromptSensitivity(*key, rate, _share([_first(made) == key for made in plain], plain, level)))
    return tuple(sorted(found, key=lambda one: -one.rate.estimate))


def _first(made: TryRecord) -> tuple[str, str]:
    """The step whose output was the first to change, items and rounds together, and its prompt."""
    about = made.scores.get("same", {}).get("metadata", {})
    return place(about.get("step", "")), about.get("prompt", "")
