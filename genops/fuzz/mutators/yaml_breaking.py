"""``yaml_breaking``: what means something else in YAML than in a sentence."""

from __future__ import annotations

from random import Random

from genops.fuzz.mutator import mutator

_FORMS = (
    "{text}: [",
    "{text}: value: more",
    "- {text}\n\t- under a tab",
    "{text}\n---\nanswer: {text}\n...",
    "&text {text}\n*other",
    "!!python/name:none {text}",
    "!unknown {text}",
    '"{text}',
    "'{text}",
    "{text} # and this is a remark",
    "|\n {text}\n  deeper\nless",
    ">-\n{text}",
    "%YAML 9.9\n---\n{text}",
    "@{text}",
    "{text}\n<<: *missing",
    "? {text}\n: : -",
    "{text}\nyes: no\nyes: off",
)


@mutator("yaml_breaking", family="format")
def yaml_breaking(text: str, rng: Random) -> str:
    """The text with indicators, tags, anchors and document ends of YAML.

    Args:
        text: Any.
        rng: Chooses which.
    """
    return rng.choice(_FORMS).replace("{text}", text)
