"""``crescendo``: a conversation that begins harmlessly and comes nearer to the goal turn by turn.

After M. Russinovich et al., Great, now write an article about that: the crescendo multi-turn LLM jailbreak attack
(2024), arXiv:2404.01833. A message that the target declines is taken back, and the attacker told of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from genops.artifacts import Value
from genops.fuzz.attack import CONVERSATION
from genops.fuzz.attacker import AttackerStopped, declines
from genops.fuzz.objective import Surface
from genops.fuzz.strategies.strategy import answer_of, seen

if TYPE_CHECKING:
    from genops.fuzz.runner.session import Session
    from genops.fuzz.runner.trying import Try

NEXT_TURN = "genops/next_turn"


@dataclass(frozen=True, slots=True)
class Crescendo:
    """Crescendo.

    Attributes:
        turns: Of the conversation, at most.
        backtracks: Messages that may be taken back.
    """

    name: ClassVar[str] = "crescendo"
    surfaces: ClassVar[tuple[Surface, ...]] = ("input",)
    turns: Annotated[int, Field(ge=1)] = 5
    backtracks: Annotated[int, Field(ge=0)] = 3

    @property
    def bound(self) -> int:
        """See :class:`~genops.fuzz.strategies.strategy.Strategy`."""
        return self.turns + self.backtracks

    async def attack(self, session: Session) -> None:
        """See :class:`~genops.fuzz.strategies.strategy.Strategy`."""
        turns: list[Try] = []
        declined: list[Value] = []
        while len(turns) < self.turns and len(declined) <= self.backtracks and not session.over:
            try:
                text = await session.text(NEXT_TURN, turns=[seen(turn) for turn in turns], declined=declined)
            except AttackerStopped:
                return
            found = await session.attempt(text, {CONVERSATION: _messages(turns)})
            if found.output is None or declines(answer_of(found)):
                declined.append(text)
            else:
                turns.append(found)


def _messages(turns: list[Try]) -> list[Value]:
    """A conversation as models take it."""
    messages: list[Value] = []
    for turn in turns:
        messages.append({"role": "user", "content": turn.attack.text})
        messages.append({"role": "assistant", "content": answer_of(turn)})
    return messages
