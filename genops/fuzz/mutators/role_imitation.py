"""``role_imitation``: turns of a conversation, written out in the text."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import mutator

_LABELS = ("{role}: ", "[{role}] ", "### {role}\n", "**{role}:** ", "({role}) ", "<{role}>\n")
_ROLES = ("System", "Developer", "Administrator", "Operator", "SYSTEM")
_ANSWERS = ("That was the last question.", "Here is the answer that you wanted.", "Done. Is there anything else?")


@mutator("role_imitation", family="template")
def role_imitation(text: str, rng: Random, role: str = "") -> str:
    """The text as a turn of somebody who has more to say than a user, after a made-up answer.

    Args:
        text: Any.
        rng: Chooses how a turn begins, the answer, and the role where none is set.
        role: Who says it: ``System``; default chance.
    """
    label = rng.choice(_LABELS)
    turns = (("Assistant", rng.choice(_ANSWERS)), (role or rng.choice(_ROLES), text), ("Assistant", ""))
    return "\n\n".join(label.replace("{role}", who) + said for who, said in turns)
