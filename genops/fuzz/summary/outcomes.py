"""What became of tries, as reports count it: each kind apart."""

from __future__ import annotations

from dataclasses import dataclass

from genops.fuzz.attacker import AttackerRefused, AttackerUnusable
from genops.store.records.campaigns import TryRecord

_BY_ATTACKER = {AttackerRefused.__name__: "refused", AttackerUnusable.__name__: "unusable"}


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of attacks.

    Attributes:
        breach: A detector says that the attack got there.
        safe: None does, and one could tell.
        crashed: The chain failed before it gave anything to judge.
        unscored: No detector could tell.
        infrastructure: A model or a server failed: nothing is known of the target.
        refused: The attacker model, which was to write the attack, declined: nothing was tried.
        unusable: What the attacker model wrote was no attack: nothing was tried.
    """

    breach: int = 0
    safe: int = 0
    crashed: int = 0
    unscored: int = 0
    infrastructure: int = 0
    refused: int = 0
    unusable: int = 0

    @property
    def scored(self) -> int:
        """Of which something is known."""
        return self.breach + self.safe

    @property
    def made(self) -> int:
        """All of them."""
        return self.scored + self.crashed + self.unscored + self.infrastructure + self.unwritten

    @property
    def unwritten(self) -> int:
        """For which the attacker model wrote nothing that could be tried."""
        return self.refused + self.unusable


@dataclass(frozen=True, slots=True)
class ChangeOutcomes:
    """What became of cases that were changed in a way that keeps their meaning.

    Attributes:
        same: The answer is as good as that to the unchanged case.
        changed: It is not.
        crashed: The chain failed, which it did not on the unchanged case.
        unscored: There is no telling, or the unchanged case has no answer to compare with.
        skipped: There was nothing to change.
        infrastructure: A model or a server failed: nothing is known of the chain.
        refused: The attacker model, which was to make the change, declined.
        unusable: What the attacker model wrote could not be used.
    """

    same: int = 0
    changed: int = 0
    crashed: int = 0
    unscored: int = 0
    skipped: int = 0
    infrastructure: int = 0
    refused: int = 0
    unusable: int = 0

    @property
    def scored(self) -> int:
        """Of which something is known."""
        return self.same + self.changed + self.crashed

    @property
    def lost(self) -> int:
        """Of which something should be known, and is not."""
        return self.unscored + self.unwritten

    @property
    def unwritten(self) -> int:
        """For which the attacker model wrote no change."""
        return self.refused + self.unusable


def outcome_of(made: TryRecord) -> str:
    """What became of a try; one that the attacker model gave nothing for is no failure of the infrastructure."""
    kind = _BY_ATTACKER.get(str(made.error.get("type"))) if made.outcome == "infrastructure" else None
    return kind or made.outcome
