"""``typo``: slips of the fingers."""

from genops.fuzz.robustness.relation import TextRelation, relation


@relation("typo")
class Typo(TextRelation):
    """Slips of the fingers in some words."""

    mutators = ("typos", "keyboard")
