"""Two campaigns, two versions of a chain say, try by try: which is broken more, and which changes its answers more."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import Any, Literal, TypeAlias

import numpy as np

from genops.errors import UsageError
from genops.evals.summary import Measure
from genops.fuzz.summary.rate import difference_of
from genops.stats import McNemarTest, compare_paired, holm, mcnemar_test
from genops.store import Store
from genops.store.records.campaigns import CampaignRecord, TryRecord

Direction: TypeAlias = Literal["better", "worse", "same", "unclear"]
ALPHA = 0.05
_BAD = {
    "sweep": {"breach": True, "safe": False},
    "robustness": {"changed": True, "crashed": True, "same": False},
}
"""By phase: whether a try with an outcome went wrong. Others could not be scored."""


@dataclass(frozen=True, slots=True)
class RateDifference:
    """How often tries of one kind went wrong in two campaigns, of those that both could score.

    Attributes:
        name: Of the objective, of whose tries breaches count; or of the relation, changed answers.
        difference: Of the rates, the second's less the first's; its interval is clustered by seed, or by case.
        p: By flipping the signs of whole clusters.
        adjusted: The same, corrected for all objectives, or for all relations (Holm).
        mcnemar: The tries that went wrong in the first, the second or both, and the exact test of them, which takes
            tries of one cluster for independent.
        direction: ``better`` or ``worse`` where ``adjusted`` is at most 0.05, ``same`` where no try went otherwise.
        unpaired: Scored tries of either without a scored counterpart in the other.
    """

    name: str
    difference: Measure
    p: float
    adjusted: float
    mcnemar: McNemarTest
    direction: Direction
    unpaired: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """A second campaign against a first.

    Attributes:
        before: Id of the first.
        after: Id of the second.
        objectives: Each that both have pairs of.
        relations: The same; ``unchanged`` is how answers vary by themselves.
        unpaired: Objectives and relations without any, and how many tries they have.
    """

    before: str
    after: str
    objectives: tuple[RateDifference, ...]
    relations: tuple[RateDifference, ...]
    unpaired: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return asdict(self)


def compare(store: Store, before: CampaignRecord, after: CampaignRecord) -> Comparison:
    """Compares two campaigns: their sweeps by seed and mutation, their robustness by case and change.

    Args:
        store: Holds both.
        before: The first.
        after: The second.

    Raises:
        UsageError: No try was made, and could be scored, in both.
    """
    objectives, lone = _differences(store, before, after, "sweep")
    relations, unlike = _differences(store, before, after, "robustness")
    if not objectives and not relations:
        raise UsageError(
            f"the campaigns {before.id[:12]} and {after.id[:12]} have no try in common",
            hint="compare campaigns of the same cases, fields and seed: with the same objectives, mutators and tries,"
            " or the same relations",
        )
    return Comparison(before.id, after.id, objectives, relations, dict(lone + unlike))


def _differences(
    store: Store, before: CampaignRecord, after: CampaignRecord, phase: str
) -> tuple[tuple[RateDifference, ...], Counter[str]]:
    """What one phase of both says, and what there is of others in only one of them."""
    first = dict(_scored(store.tries(before.id), phase))
    pairs: dict[str, list[tuple[bool, bool, str]]] = defaultdict(list)
    alone: Counter[str] = Counter()
    for key, (bad, cluster) in _scored(store.tries(after.id), phase):
        if key in first:
            pairs[key[0]].append((first.pop(key)[0], bad, cluster))
        else:
            alone[key[0]] += 1
    alone.update(name for name, _ in first)
    found = [_difference(name, there, alone.pop(name, 0)) for name, there in pairs.items()]
    adjusted = holm([one.p for one in found]).adjusted if found else ()
    return tuple(_decided(one, float(p)) for one, p in zip(found, adjusted, strict=True)), alone


def _scored(tries: Iterable[TryRecord], phase: str) -> Iterator[tuple[tuple[str, bytes], tuple[bool, str]]]:
    """The scored tries of a phase: which each is, in 16 bytes, for as many as there may be; how it went; its cluster.

    An attack that was drawn again is another one, and so is a change.
    """
    seen: Counter[bytes] = Counter()
    for made in tries:
        if made.phase != phase:
            continue
        about = [made.objective, made.seed, made.surface, made.case, made.field, made.mutations]
        body = json.dumps(about, sort_keys=True).encode()
        same = blake2b(body, digest_size=16).digest()
        seen[same] += 1
        bad = _BAD[phase].get(made.outcome)
        if bad is not None:
            which = blake2b(same + b"%d" % seen[same], digest_size=16).digest()
            yield (made.objective, which), (bad, made.seed)


def _difference(name: str, pairs: list[tuple[bool, bool, str]], unpaired: int) -> RateDifference:
    first, second = (np.array([pair[side] for pair in pairs], dtype=bool) for side in (0, 1))
    clusters = [cluster for _, _, cluster in pairs]
    found = compare_paired(first.astype(np.float64), second.astype(np.float64), clusters)
    p = found.permutation.p
    return RateDifference(name, difference_of(found.difference), p, p, mcnemar_test(first, second), "unclear", unpaired)


def _decided(one: RateDifference, adjusted: float) -> RateDifference:
    direction: Direction = "unclear"
    if one.mcnemar.only_first == one.mcnemar.only_second == 0:
        direction = "same"
    elif adjusted <= ALPHA:
        direction = "better" if (one.difference.value or 0.0) < 0 else "worse"
    return replace(one, adjusted=adjusted, direction=direction)
