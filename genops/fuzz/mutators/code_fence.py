"""``code_fence``: the fences of Markdown, whole, open, closed too often, or one in another."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import mutator

_LANGUAGES = ("", "text", "json", "python", "markdown", "system", "prompt")
_FORMS = (
    "```{language}\n{text}\n```",
    "```{language}\n{text}",
    "```\n\n{text}\n\n```{language}",
    "{text}\n```",
    "````\n```{language}\n{text}\n```\n````",
    "```\n```{language}\n{text}\n```\n```",
    "~~~{language}\n{text}\n~~~",
    "`{text}`",
)


@mutator("code_fence", family="format")
def code_fence(text: str, rng: Random) -> str:
    """The text in a code block, in one that never ends, or behind one that it closes itself.

    Args:
        text: Any.
        rng: Chooses the form, and the language that the block names.
    """
    return rng.choice(_FORMS).replace("{language}", rng.choice(_LANGUAGES)).replace("{text}", text)
