"""Questions to a help desk, of four kinds, the same in other words, and their vectors by the packaged MiniLM."""

from functools import cache
from itertools import product

import numpy as np

from genops.retrieval import default_embedder, embed_texts
from genops.settings import Settings

FRAMES = {
    "billing": (
        ["Why was I charged {} on my invoice?", "I want a refund for {}.", "Can I pay for {} by bank transfer?"],
        ["two licences", "the premium plan", "an unused month", "extra storage", "a cancelled order", "the setup fee"],
    ),
    "delivery": (
        ["Where is the parcel with {}?", "The courier left {} in the rain.", "When will {} arrive at my address?"],
        ["my new shoes", "the garden chairs", "a birthday present", "the winter coat", "two books", "the lamp"],
    ),
    "account": (
        ["How do I reset {}?", "I am locked out of {}.", "Can I change {} without an email?"],
        ["my password", "my login", "the second factor", "my user name", "the admin account", "my profile"],
    ),
    "recipes": (
        ["How long do I bake {}?", "Which spices go into {}?", "Can {} be frozen for a week?"],
        ["sourdough bread", "a lentil soup", "an apple pie", "roast potatoes", "a vegetable curry", "a cheese cake"],
    ),
}
PARAPHRASES = {
    "billing": [
        "What is the reason that my bill lists {}?",
        "Please give me my money back for {}.",
        "Is a wire transfer possible for {}?",
    ],
    "delivery": [
        "I cannot find the package with {}.",
        "The driver let {} get wet outside.",
        "On what day do I get {} delivered?",
    ],
    "account": [
        "What must I do to reset {}?",
        "{} does not let me in any more.",
        "Is it possible to alter {} if I have no email?",
    ],
}


def questions(kind, paraphrased=False):
    """All eighteen of a kind."""
    frames, things = FRAMES[kind]
    return [frame.format(thing) for frame, thing in product(PARAPHRASES[kind] if paraphrased else frames, things)]


def drawn(random, shares, n, paraphrased=False):
    """So many questions, of kinds by their shares, each perhaps more than once."""
    kinds = random.choice(list(shares), size=n, p=list(shares.values()))
    return [str(random.choice(questions(kind, paraphrased))) for kind in kinds]


@cache
def _vectors():
    texts = [text for kind in FRAMES for text in questions(kind)]
    texts += [text for kind in PARAPHRASES for text in questions(kind, paraphrased=True)]
    return dict(zip(texts, embed_texts(default_embedder(Settings()), texts), strict=True))


def embedded(texts):
    """Their vectors, of unit length."""
    return np.array([_vectors()[text] for text in texts])
