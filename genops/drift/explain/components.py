"""Whether a component changed: "the model changed on Tuesday" told apart from "the users changed".

Rows know the lock of their run, and a lock names every component that shaped the answer. A component that is not the
same in both windows, or not as often, is reported with the time at which the newer version came and with how much of
the separation is in runs with it. Runs of the current window without it are the comparison that tells: where they are
as the reference is, the component did it; where they changed too, it was something else. So do runs of the reference
that had it already: where those of now are not like them, it was something else. Where all current runs have it and
none of the reference, nothing can tell it from what else changed at that time, and that is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from genops.artifacts import short
from genops.drift.effect import separation
from genops.drift.explain.change_point import ChangePoint
from genops.drift.explain.segments import scores, within
from genops.drift.samples import Codes, Samples
from genops.drift.shares import change_interval, share_interval
from genops.errors import InputError
from genops.stats import Interval

_TOGETHER = 0.95
Floats: TypeAlias = NDArray[np.float64]
Key: TypeAlias = tuple[str, str]
Version: TypeAlias = tuple[str, ...]


class Versioned(Protocol):
    """A component as a lock names it."""

    @property
    def kind(self) -> str:
        """What it is: ``prompt``, ``model`` and so on."""
        ...

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def digest(self) -> str:
        """Of its content."""
        ...


@dataclass(frozen=True, slots=True)
class ComponentChange:
    """A component that is not the same in both windows, or not as often.

    Attributes:
        kind: ``prompt``, ``model``, …
        name: Its name.
        before: Digests of the version whose share fell most; empty where it is new.
        after: Digests of the version whose share rose most; empty where it is gone.
        at: When the newer version was first seen, in nanoseconds since the epoch; None where that is not known.
        in_time: Whether that is within the interval of the change point; None where one of the two is not known.
        share: Change of the newer version's share of the rows.
        part: How much of the whole separation is in rows with the newer version.
        with_it: Separation of the current rows that have it from the reference.
        without_it: Separation of the current rows that do not have it; no bounds where there are none.
        like_with_like: Separation of the rows that have it in both windows; no bounds where the reference has none.
        together_with: Other changed components, ``kind name``, that the same rows have: nothing tells them apart.
        verdict: The same in a sentence.
    """

    kind: str
    name: str
    before: Version
    after: Version
    at: int | None
    in_time: bool | None
    share: Interval
    part: float
    with_it: Interval
    without_it: Interval
    like_with_like: Interval
    together_with: tuple[str, ...]
    verdict: str


@dataclass(frozen=True, slots=True)
class Components:
    """What changed of the chain between two windows.

    Attributes:
        whole: The separation of the windows.
        changes: Those whose newer version carries most first.
        unknown: Rows whose lock is not known; they are left out of this.
        verdict: In a sentence or two.
    """

    whole: Interval
    changes: tuple[ComponentChange, ...]
    unknown: int
    verdict: str


def find_components(
    locks: Sequence[str],
    components_of: Callable[[str], Iterable[Versioned]],
    samples: Samples,
    witness: Floats,
    folds: Codes | None = None,
    *,
    times: NDArray[np.int64] | None = None,
    since: ChangePoint | None = None,
    level: float = 0.95,
) -> Components:
    """Finds the components that changed, and how much of the change is in runs with the new ones.

    Args:
        locks: Digest of the lock of each row's run, those of the reference first; empty where it is not known.
        components_of: The components of a lock, by its digest; none where the store does not know it.
        samples: The rows.
        witness: How much each row speaks for the current window.
        folds: Of each row, where each fold's witness has a scale of its own; None where all have one.
        times: Of the rows, nanoseconds since the epoch; None where they are not known.
        since: When the series changed; None where it is not known.
        level: Of confidence.

    Raises:
        InputError: There is not a lock for each row.
    """
    if len(locks) != samples.n:
        raise InputError(f"{samples.n} rows have {samples.n} locks, not {len(locks)}")
    own = np.zeros(samples.n, np.intp) if folds is None else folds
    whole = separation(samples, witness, own, level)
    closures = {lock: _versions(components_of(lock)) if lock else {} for lock in dict.fromkeys(locks)}
    known = np.array([bool(closures[lock]) for lock in locks])
    unknown = int((~known).sum())
    if not known[: samples.reference].any() or not known[samples.reference :].any():
        return Components(whole, (), unknown, "nothing is known of the components of one window's runs")
    rows = _Rows(samples, witness, own, known, times, since, level)
    moved = []
    for key in sorted({key for closure in closures.values() for key in closure}):
        labels = [closures[lock].get(key, ()) for lock in locks]
        pair = _moved(labels, rows)
        if pair is not None:
            newer = np.array([label == pair[1] for label in labels]) & known
            moved.append((key, pair, newer))
    changes = [
        rows.change(key, pair, newer, [" ".join(k) for k, _, other in moved if k != key and _together(newer, other)])
        for key, pair, newer in moved
    ]
    changes.sort(key=lambda change: -abs(change.part))
    if not changes:
        verdict = "no component changed: what came in did, or what answers behind the same names"
    else:
        verdict = ". ".join(change.verdict for change in changes[:3])
    return Components(whole, tuple(changes), unknown, verdict)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """The rows of both windows, and what is known of them."""

    samples: Samples
    witness: Floats
    folds: Codes
    known: NDArray[np.bool_]
    times: NDArray[np.int64] | None
    since: ChangePoint | None
    level: float

    def change(
        self, key: Key, pair: tuple[Version, Version], newer: NDArray[np.bool_], together: list[str]
    ) -> ComponentChange:
        current = self.samples.is_current
        score, weight = scores(self.samples, self.witness, self.folds)
        weight = np.where(current, weight, 0)
        part, whole = (float((weight * score)[some].sum() / max(weight.sum(), 1e-300)) for some in (newer, current))
        rest = current & self.known & ~newer
        with_it, without_it, alike = (
            within(self.samples, self.witness, self.folds, some, self.level)
            for some in (~current | newer, ~current | rest, newer)
        )
        at = None if self.times is None else int(self.times[newer].min())
        in_time = None if at is None or self.since is None else self.since.low <= at <= self.since.high
        share = self.share(newer)
        verdict = _verdict(key, pair, at, in_time, (part, whole), with_it, without_it, alike, together)
        return ComponentChange(
            *key, *pair, at, in_time, share, part, with_it, without_it, alike, tuple(together), verdict
        )

    def share(self, inside: NDArray[np.bool_]) -> Interval:
        """The change of the share of rows, of those whose lock is known."""
        windows = ~self.samples.is_current & self.known, self.samples.is_current & self.known
        before, now = (share_interval(inside[rows], self.samples.groups[rows], self.level) for rows in windows)
        return change_interval(before, now)


def _versions(components: Iterable[Versioned]) -> dict[Key, Version]:
    """The digests of a lock's components, by kind and name."""
    found: dict[Key, set[str]] = {}
    for component in components:
        found.setdefault((component.kind, component.name), set()).add(component.digest)
    return {key: tuple(sorted(digests)) for key, digests in found.items()}


def _moved(labels: Sequence[Version], rows: _Rows) -> tuple[Version, Version] | None:
    """The version whose share fell most and the one whose share rose most; None where none did beyond chance."""
    known, current = rows.known, rows.samples.is_current
    counts = [
        Counter(label for label, inside in zip(labels, side, strict=True) if inside)
        for side in (known & ~current, known & current)
    ]
    if len(counts[0] | counts[1]) < 2:
        return None
    totals = [count.total() for count in counts]
    change = {label: counts[1][label] / totals[1] - counts[0][label] / totals[0] for label in counts[0] | counts[1]}
    after, before = (max(sorted(change), key=lambda label: sign * change[label]) for sign in (1, -1))
    share = rows.share(np.array([label == after for label in labels]) & known)
    beyond_chance = share.bounds is None or share.bounds[0] > 0
    return (before, after) if change[after] > 0 and (beyond_chance or not counts[0][after]) else None


def _together(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    return bool((one & other).sum() >= _TOGETHER * (one | other).sum())


def _verdict(
    key: Key,
    pair: tuple[Version, Version],
    at: int | None,
    in_time: bool | None,
    parts: tuple[float, float],
    with_it: Interval,
    without_it: Interval,
    alike: Interval,
    together: list[str],
) -> str:
    before, after = ("+".join(short(digest) for digest in version) or "none" for version in pair)
    when = "" if at is None else f" at {datetime.fromtimestamp(at / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
    told = f"{' '.join(key)} changed from {before} to {after}{when}: "
    told += f"of the separation of {_share(parts[1])}, {_share(parts[0])} is inside of runs with it"
    if in_time is not None:
        told += f", and it came {'when' if in_time else 'at another time than'} the series changed"
    if together:
        told += f"; {', '.join(together)} changed in the same runs, and nothing tells them apart"
    if isfinite(without_it.estimate):
        told += (
            f"; runs without it are {_share(without_it.estimate)} from the reference, those with it"
            f" {_share(with_it.estimate)}"
        )
    if isfinite(alike.estimate):
        told += f"; runs that have it are {_share(alike.estimate)} from those of the reference that had it already"
    elif not isfinite(without_it.estimate):
        return f"{told}; all current runs have it, so that nothing tells it from what else changed then"
    if any(one.bounds is not None and one.bounds[0] > 0 for one in (without_it, alike)):
        return f"{told}: what came in changed too"
    return told


def _share(separation: float) -> str:
    """Below 0 by chance alone: what learned to tell the windows apart misleads there."""
    return f"{max(0.0, separation):.0%}"
