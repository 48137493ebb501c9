"""Strategies: attacks of several tries, each written by the attacker model in view of what came of those before.

The whole contract of a strategy:

* It is a frozen dataclass of its settings in a module of its own, listed in :data:`~genops.fuzz.strategies.STRATEGIES`.
* ``attack`` makes its tries through a :class:`Session` and stops where that is over. It decides by nothing but the
  attacker's answers and the tries: with the same answers it makes the same tries.
* An attacker that gives no usable answer raises :class:`~genops.fuzz.attacker.AttackerStopped`: that branch ends, and
  nothing else.
"""

from __future__ import annotations

from dataclasses import Field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from genops.artifacts import Value
from genops.evals.scorer import as_text
from genops.fuzz.objective import Surface

if TYPE_CHECKING:
    from genops.fuzz.runner.session import Session
    from genops.fuzz.runner.trying import Try

_SHOWN = 4_000
"""Characters of an answer that the attacker is shown."""


class Strategy(Protocol):
    """How an attacker model is led; see the module's docstring.

    Attributes:
        name: The key that selects it in a campaign.
        surfaces: Where its attacks can enter.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    name: ClassVar[str]
    surfaces: ClassVar[tuple[Surface, ...]]

    @property
    def bound(self) -> int:
        """Tries at one seed, at most."""
        ...

    async def attack(self, session: Session) -> None:
        """Makes tries until one is a breach, or the session is over.

        Raises:
            AttackerStopped: The attacker gives no usable answer and nothing is left to do.
            SessionFailed: The infrastructure failed.
        """
        ...


def answer_of(found: Try) -> str:
    """What the target said; empty where it failed."""
    return as_text(found.output)


def seen(found: Try) -> Value:
    """A try as the attacker is shown it."""
    return {
        "text": found.attack.text,
        "answer": answer_of(found)[:_SHOWN] or "(no answer)",
        "closeness": round(100 * found.closeness),
    }
