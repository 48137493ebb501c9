"""Text that every encoding can hold."""

from enum import StrEnum

import pytest

from genops.artifacts import well_formed


class Colour(StrEnum):
    RED = "red"
    ROSE = "ros\u00e9"


@pytest.mark.parametrize(
    ("text", "formed"),
    [
        ("plain", "plain"),
        ("\ud83d\ude00", "\U0001f600"),
        ("cut \ud83d", "cut \ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        (Colour.RED, "red"),
        (Colour.ROSE, "ros\u00e9"),
    ],
)
def test_halves_of_pairs_are_joined_or_replaced_and_subclasses_made_plain(text, formed):
    found = well_formed(text)
    assert (found, type(found)) == (formed, str)
    found.encode("utf-8")
