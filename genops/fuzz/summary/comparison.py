"""Two campaigns, two versions of a chain say, on the same attacks of their sweeps: which of them is broken more."""

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
from genops.stats import McNemarTest, compare_paired, holm, mcnemar_test
from genops.store import Store
from genops.store.records import CampaignRecord, TryRecord

Direction: TypeAlias = Literal["better", "worse", "same", "unclear"]
ALPHA = 0.05
_SCORED = ("breach", "safe")


@dataclass(frozen=True, slots=True)
class ObjectiveDifference:
    """An objective in two sweeps, on the attacks that both could score.

    Attributes:
        objective: Its name.
        difference: Of the rates of breaches, the second's less the first's; its interval is clustered by seed.
        p: By flipping the signs of whole seeds.
        adjusted: The same, corrected for all objectives (Holm).
        mcnemar: The attacks that break the first, the second or both, and the exact test of them, which takes attacks
            of one seed for independent.
        direction: ``better`` or ``worse`` where ``adjusted`` is at most 0.05, ``same`` where no attack went otherwise.
        unpaired: Attacks of either sweep without a scored counterpart in the other.
    """

    objective: str
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
        unpaired: Objectives without any, and how many attacks they have.
    """

    before: str
    after: str
    objectives: tuple[ObjectiveDifference, ...]
    unpaired: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return asdict(self)


def compare(store: Store, before: CampaignRecord, after: CampaignRecord) -> Comparison:
    """Compares the sweeps of two campaigns, paired by seed and mutation.

    Args:
        store: Holds both.
        before: The first.
        after: The second.

    Raises:
        UsageError: No attack was made, and could be scored, in both.
    """
    first = {key: made.outcome == "breach" for key, made in _scored(store.tries(before.id))}
    pairs: dict[str, list[tuple[bool, bool, str]]] = defaultdict(list)
    alone: Counter[str] = Counter()
    for key, made in _scored(store.tries(after.id)):
        if key in first:
            pairs[made.objective].append((first.pop(key), made.outcome == "breach", made.seed))
        else:
            alone[made.objective] += 1
    alone.update(objective for objective, _ in first)
    if not pairs:
        raise UsageError(
            f"the campaigns {before.id[:12]} and {after.id[:12]} have no attack of their sweeps in common",
            hint="compare campaigns of the same objectives, mutators, tries and seed",
        )
    found = [_difference(name, there, alone.pop(name, 0)) for name, there in pairs.items()]
    adjusted = holm([one.p for one in found]).adjusted
    corrected = (_decided(one, float(p)) for one, p in zip(found, adjusted, strict=True))
    return Comparison(before.id, after.id, tuple(corrected), dict(alone))


def _scored(tries: Iterable[TryRecord]) -> Iterator[tuple[tuple[str, bytes], TryRecord]]:
    """The scored tries of a sweep, each with what says which attack it is: 16 bytes, for as many as there may be.

    An attack that was drawn again is another one.
    """
    seen: Counter[bytes] = Counter()
    for made in tries:
        if made.phase != "sweep":
            continue
        body = json.dumps([made.objective, made.seed, made.surface, made.mutations], sort_keys=True).encode()
        attack = blake2b(body, digest_size=16).digest()
        seen[attack] += 1
        if made.outcome in _SCORED:
            yield (made.objective, blake2b(attack + b"%d" % seen[attack], digest_size=16).digest()), made


def _difference(objective: str, pairs: list[tuple[bool, bool, str]], unpaired: int) -> ObjectiveDifference:
    first, second = (np.array([pair[side] for pair in pairs], dtype=bool) for side in (0, 1))
    seeds = [seed for _, _, seed in pairs]
    found = compare_paired(first.astype(np.float64), second.astype(np.float64), seeds)
    difference = Measure.of(found.difference, "share", (-1.0, 1.0))
    p = found.permutation.p
    return ObjectiveDifference(objective, difference, p, p, mcnemar_test(first, second), "unclear", unpaired)


def _decided(one: ObjectiveDifference, adjusted: float) -> ObjectiveDifference:
    direction: Direction = "unclear"
    if one.mcnemar.only_first == one.mcnemar.only_second == 0:
        direction = "same"
    elif adjusted <= ALPHA:
        direction = "better" if (one.difference.value or 0.0) < 0 else "worse"
    return replace(one, adjusted=adjusted, direction=direction)
