"""``white_space``: gaps between words."""

from genops.fuzz.robustness.relation import TextRelation, relation


@relation("white_space")
class WhiteSpace(TextRelation):
    """More white space, or other kinds of it."""

    mutators = ("white_space", "exotic_spaces")
