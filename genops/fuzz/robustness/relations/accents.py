"""``accents``: accents left out or put in."""

from genops.fuzz.robustness.relation import TextRelation, relation


@relation("accents")
class Accents(TextRelation):
    """Accents left out, or put where there are none."""

    mutators = ("accents",)
