"""``tree``: attempts branch, those that lost sight of the goal are cut before they are tried, and the best are kept.

After A. Mehrotra et al., Tree of attacks: jailbreaking black-box LLMs automatically (2023), arXiv:2312.02119. What came
nearest is told by the objective's detectors, where the authors ask a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, TypeAlias

from pydantic import Field

from genops.fuzz.attacker import AttackerStopped, AttackerUnusable
from genops.fuzz.objective import Surface
from genops.fuzz.strategies.pair import REFINE
from genops.fuzz.strategies.strategy import seen

if TYPE_CHECKING:
    from genops.fuzz.runner.session import Session
    from genops.fuzz.runner.trying import Try

    Branch: TypeAlias = tuple[Try, ...]

SAME_GOAL = "genops/same_goal"


@dataclass(frozen=True, slots=True)
class Tree:
    """Tree of attacks with pruning.

    Attributes:
        branches: That each attempt grows.
        width: Attempts of a level that are kept.
        depth: Levels.
    """

    name: ClassVar[str] = "tree"
    surfaces: ClassVar[tuple[Surface, ...]] = ("input", "passage", "tool")
    branches: Annotated[int, Field(ge=1)] = 2
    width: Annotated[int, Field(ge=1)] = 2
    depth: Annotated[int, Field(ge=1)] = 3

    @property
    def bound(self) -> int:
        """See :class:`~genops.fuzz.strategies.strategy.Strategy`."""
        total, kept = 0, 1
        for _ in range(self.depth):
            total += kept * self.branches
            kept = min(kept * self.branches, self.width)
        return total

    async def attack(self, session: Session) -> None:
        """See :class:`~genops.fuzz.strategies.strategy.Strategy`."""
        leaves: list[Branch] = [()]
        for _ in range(self.depth):
            grown: list[Branch] = []
            for leaf in leaves:
                for _ in range(self.branches):
                    if session.over:
                        return
                    grown += await _grown(session, leaf)
            leaves = sorted(grown, key=lambda branch: branch[-1].closeness, reverse=True)[: self.width]


async def _grown(session: Session, leaf: Branch) -> list[Branch]:
    """The leaf with one more attempt; nothing where the attacker stops or loses sight of the goal."""
    try:
        text = await session.text(REFINE, attempts=[seen(found) for found in leaf])
        if not await session.yes(SAME_GOAL, "same_goal", text=text):
            raise session.ended(AttackerUnusable("the attacker lost sight of the goal"))
    except AttackerStopped:
        return []
    return [(*leaf, await session.attempt(text, {"depth": len(leaf)}))]
