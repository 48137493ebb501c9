"""Timings that were made up, for what is computed from them."""

from genops.serving.load.pacing import Load, Measured
from genops.serving.load.sending import Timing


def timing(due=0.0, ttft=0.1, gap=0.01, tokens=5, inputs=20, late=0.0, error=""):
    """A request that went as told, each token a piece."""
    pieces = [due + ttft + gap * number for number in range(tokens)]
    ended = pieces[-1] if pieces else due + ttft
    first = pieces[0] if pieces else None
    counts = (None, None) if error else (inputs, tokens)
    return Timing(due, due + late, [] if error else pieces, None if error else first, ended, *counts, error, error)


def measured(timings, level=1.0, loop="closed", warmup=()):
    return Measured(Load(loop, level, len(timings), len(warmup)), tuple(timings), tuple(warmup))
