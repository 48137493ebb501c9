"""``pair``: an attempt is refined by what the target answered, in a few streams that know nothing of each other.

After P. Chao et al., Jailbreaking black box large language models in twenty queries (2023), arXiv:2310.08419.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from genops.artifacts import Value
from genops.fuzz.attacker import AttackerStopped
from genops.fuzz.objective import Surface
from genops.fuzz.strategies.strategy import seen

if TYPE_CHECKING:
    from genops.fuzz.runner.session import Session

REFINE = "genops/refine_attack"


@dataclass(frozen=True, slots=True)
class Pair:
    """Prompt automatic iterative refinement.

    Attributes:
        streams: Begun anew so many times.
        depth: Attempts of one stream.
    """

    name: ClassVar[str] = "pair"
    surfaces: ClassVar[tuple[Surface, ...]] = ("input", "passage", "tool")
    streams: Annotated[int, Field(ge=1)] = 2
    depth: Annotated[int, Field(ge=1)] = 3

    @property
    def bound(self) -> int:
        """See :class:`~genops.fuzz.strategies.strategy.Strategy`."""
        return self.streams * self.depth

    async def attack(self, session: Session) -> None:
        """See :class:`~genops.fuzz.strategies.strategy.Strategy`."""
        for stream in range(self.streams):
            attempts: list[Value] = []
            while len(attempts) < self.depth and not session.over:
                try:
                    text = await session.text(REFINE, attempts=attempts)
                except AttackerStopped:
                    break
                attempts.append(seen(await session.attempt(text, {"stream": stream})))
