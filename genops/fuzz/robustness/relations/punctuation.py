"""``punctuation``: marks at the ends of words."""

from genops.fuzz.robustness.relation import TextRelation, relation


@relation("punctuation")
class Punctuation(TextRelation):
    """Marks left out or doubled."""

    mutators = ("punctuation",)
