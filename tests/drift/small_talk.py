"""Sentences of two kinds that share no word."""

import random

COLOURS = ["red", "green", "blue", "white", "black", "yellow", "brown", "grey"]
FOOD = ["soup", "bread", "salad", "cheese", "apples", "noodles", "beans", "rice"]


def sentences(words, count, seed):
    """So many sentences of six words."""
    chance = random.Random(seed)
    return [" ".join(chance.choices(words, k=6)) for _ in range(count)]
