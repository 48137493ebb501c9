"""``paraphrase``: other words."""

from genops.fuzz.robustness.relation import TextRelation, relation


@relation("paraphrase")
class Paraphrase(TextRelation):
    """The same in other words, by the attacker model."""

    mutators = ("paraphrase",)
