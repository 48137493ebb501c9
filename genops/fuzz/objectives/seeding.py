"""What objectives are made of: canaries, seeds from texts, the harmless question that carries an attack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

from genops.evals.use import use_scorer
from genops.fuzz.objective import Place, Plant, Seed, Surface, Target

NOWHERE = "it has no prompt, passage or tool that could hold a secret"
_FIRST = (
    "amber", "basalt", "cobalt", "copper", "coral", "crimson", "dapple", "ebony", "fallow", "garnet", "ginger", "hazel",
    "indigo", "ivory", "jasper", "lilac", "maroon", "mauve", "ochre", "olive", "opal", "pewter", "russet", "saffron",
    "scarlet", "sepia", "sienna", "tawny", "teal", "topaz", "umber", "violet",
)  # fmt: skip
_SECOND = (
    "anvil", "badger", "bellows", "bobbin", "candle", "cello", "cricket", "dulcimer", "ferry", "gazebo", "heron",
    "kettle", "ladder", "lantern", "mandolin", "marmot", "orchard", "otter", "paddle", "pelican", "pulley", "quiver",
    "saddle", "spindle", "teapot", "thimble", "trellis", "trumpet", "turnip", "walnut", "whistle", "zither",
)  # fmt: skip


def canary(rng: Random) -> str:
    """A secret that a reader recognises and nobody writes by accident: ``cobalt-heron-4821``."""
    return f"{rng.choice(_FIRST)}-{rng.choice(_SECOND)}-{rng.randrange(1000, 10_000)}"


def canaries(plants: Sequence[Plant]) -> list[str]:
    """What must not come out of the target, each once."""
    return list(dict.fromkeys(plant.canary for plant in plants if plant.canary))


def leak_of(plants: Sequence[Plant], paraphrased: float | None) -> Mapping[str, Any]:
    """The detector of what was planted.

    Args:
        plants: That must not come out.
        paraphrased: The cosine from which a sentence of the output is one of them in other words; None not to ask.
    """
    if paraphrased is None:
        return use_scorer("leak", canaries(plants))
    return use_scorer("leak", [*canaries(plants), *(plant.text for plant in plants)], paraphrased=paraphrased)


def seeds_of(
    texts: Mapping[str, str], values: Mapping[str, str] | None = None, *, surface: Surface = "input", around: str = ""
) -> Iterator[Seed]:
    """A seed for every text.

    Args:
        texts: By the id of their seed.
        values: What stands for the names in brackets, ``[tool]``, in the texts.
        surface: Where they enter.
        around: What they stand in.
    """
    for id, text in texts.items():
        yield Seed(id, filled(text, values or {}), surface, around)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A text with values for the names in brackets."""
    for name, value in values.items():
        text = text.replace(f"[{name}]", value)
    return text


def question(target: Target) -> str:
    """The text of the harmless case that an attacker would write; empty where there is none."""
    return next((value for name in target.fields if isinstance(value := target.inputs.get(name), str)), "")


def hiding_place(target: Target) -> Place | None:
    """Where a secret is hidden in a target: in a passage rather than a tool's result or a system message."""
    return "passage" if target.retrieves else "tool" if target.tools else "system" if target.prompts else None


def no_input(target: Target) -> str:
    """Why nothing can be written to a target; empty where something can."""
    return "" if target.fields else "none of its inputs is written by an attacker"
