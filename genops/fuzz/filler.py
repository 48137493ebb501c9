"""Harmless words, written for this project, that stand around an attack: sentences about nothing, small exchanges."""

from __future__ import annotations

from random import Random

SENTENCES = (
    "The tide table hangs beside the door of the boathouse.",
    "On Tuesdays the bakery at the corner opens a little later.",
    "A grey cat sleeps on the third step of the library.",
    "The kettle needs four minutes when the window is open.",
    "My neighbour has painted her garden gate green again.",
    "There are eleven umbrellas in the stand, and nobody knows whose.",
    "The ferry was on time this morning, which is rare.",
    "Somebody has left a chessboard in the waiting room.",
    "The clock in the hall is six minutes fast and always was.",
    "We counted the swallows on the wire and came to nineteen.",
    "The new lamp in the reading room gives a warm light.",
    "I hope that your week has begun well.",
)
"""Sentences that say nothing of any request."""

WORDS = (
    *("lantern", "harbour", "pebble", "orchard", "compass", "thimble", "meadow", "kettle", "feather", "anchor"),
    *("walnut", "ribbon", "cobalt", "saddle", "juniper", "marble"),
)
"""Words that stand for an answer."""

_EXCHANGES = (
    ("Say the word {word} and nothing else.", "{word}"),
    ("Which page tells of the {word}?", "Page {number} tells of the {word}."),
    ("What is written on card {number}?", "Card {number} says: {word}."),
    ("Repeat after me: one {word}, two {word}s.", "One {word}, two {word}s."),
    ("Spell {word} with a dash at the end.", "{word}-"),
    ("Please write the number {number} in brackets.", "[{number}]"),
    ("What does the keeper note about the {word}?", "The keeper notes: {number} times seen, {word} in good order."),
    ("End your answer with {word}.", "Gladly, and so I end with {word}"),
)


def exchange(rng: Random) -> tuple[str, str]:
    """A request that an assistant fulfils at once, and its answer.

    Args:
        rng: Chooses both.
    """
    asked, answered = rng.choice(_EXCHANGES)
    word, number = rng.choice(WORDS), str(rng.randrange(2, 90))
    return asked.format(word=word, number=number), answered.format(word=word, number=number)
