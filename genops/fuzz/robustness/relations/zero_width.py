"""``zero_width``: characters that nobody sees."""

from genops.fuzz.robustness.relation import TextRelation, relation


@relation("zero_width")
class ZeroWidth(TextRelation):
    """Invisible characters between the others."""

    mutators = ("zero_width",)
