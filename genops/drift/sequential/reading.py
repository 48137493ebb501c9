"""What a detector watches: the mean of a reading between 0 and 1, and what it is at most under no change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from genops.drift.sequential.allowance import chosen_bets, upper_means
from genops.drift.sequential.scale import READINGS
from genops.stats import Interval
from genops.stats.interval import Floats

METHOD = "betting, upper end (Waudby-Smith and Ramdas)"


@dataclass(frozen=True, slots=True)
class Reading:
    """A quantity between 0 and 1, a number an item, whose mean is watched for a rise.

    Attributes:
        witness: What is read: ``"value"``, ``"distance to the nearest topic"``.
        name: How: ``"mean"``, ``"rank"``, ``"share above the 0.97 quantile"``.
        reference: Its mean, whose upper end is what the mean is compared with. All readings of a baseline keep theirs
            at once, with probability ``level``.
    """

    witness: str
    name: str
    reference: Interval

    @property
    def bound(self) -> float:
        """What the reference's mean is at most: between it and the mean that was seen lies the allowance."""
        return self.reference.bounds[1] if self.reference.bounds else 1.0

    def limit(self, smallest: float) -> float:
        """A mean above it is a change of more than a smallest one, whatever the reference's own is up to its bound.

        Args:
            smallest: The change, in the unit of :meth:`change`.
        """
        return float(widened(self.bound, smallest)) if self.name in READINGS else self.bound + smallest

    def change(self, mean: float) -> float:
        """How large a change a mean speaks for.

        Read on the scale of the reference, it is the share of items of a wholly new kind, each with the highest
        reading, in place of some as ever; of the rank that is the separation. The share of a category and the mean of
        values are told as they are: by how much they rose.

        Args:
            mean: Of the reading.
        """
        own = self.reference.estimate
        return share_of_new(mean, own) if self.name in READINGS else mean - own

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Reading:
        """The reading of an ``asdict``."""
        reference = dict(state["reference"])
        bounds = reference["bounds"] and tuple(reference["bounds"])
        return cls(state["witness"], state["name"], Interval(**{**reference, "bounds": bounds}))

    def state(self) -> dict[str, Any]:
        """The same in plain types."""
        return asdict(self)


def bounded_readings(
    names: Sequence[tuple[str, str]], fitted: Floats, held: Floats, error: float
) -> tuple[Reading, ...]:
    """Readings with the upper ends of their means.

    Args:
        names: Witness and name of each.
        fitted: Readings of items that the witnesses were fitted to, of shape (a, R).
        held: Readings of further items, of shape (b, R).
        error: Probability that a bound is wrong, all together.
    """
    own = error / len(names)
    bets = chosen_bets(fitted, len(held), own)
    highest, means = upper_means(held, bets, own), held.mean(axis=0)
    return tuple(
        Reading(witness, name, Interval(mean, (0.0, bound), 1 - error, len(held), METHOD))
        for (witness, name), mean, bound in zip(names, means.tolist(), highest.tolist(), strict=True)
    )


def limits_of(readings: Sequence[Reading], smallest: float) -> Floats:
    """The limit of each, of shape (R,)."""
    return np.array([reading.limit(smallest) for reading in readings])


def widened(bounds: float | Floats, smallest: float) -> Floats:
    """What means on a scale are at most where a share of the items may be of any new kind: these read 1 at most.

    Args:
        bounds: What they are at most under no change.
        smallest: The share.
    """
    return np.asarray(bounds + smallest * (1 - np.asarray(bounds)))


def share_of_new(mean: float, own: float) -> float:
    """The share of items that read 1, in place of some as ever, which lifts a mean from its own.

    Args:
        mean: What it is now.
        own: What it was.
    """
    return (mean - own) / (1 - own) if own < 1 else 0.0
