"""``case``: capitals and small letters."""

from genops.fuzz.robustness.relation import TextRelation, relation


@relation("case")
class Case(TextRelation):
    """Other capitals."""

    mutators = ("case",)
