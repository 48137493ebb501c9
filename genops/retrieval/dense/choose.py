"""Which kind of index fits how many vectors."""

from __future__ import annotations

_EXACT_NUMBERS = 60_000_000
_BYTE_NUMBERS = 4_000_000_000


def choose_kind(rows: int, dimension: int) -> str:
    """The kind that an index of this size gets when the settings do not say.

    ``flat`` up to 60 million numbers (156,000 vectors of 384): a search reads them all in about 10 ms on one thread,
    so nothing is gained by missing some. ``ivf_sq8`` up to 4 billion (10 million vectors of 384): a byte a number is
    read, in the nearest clusters alone. ``ivf_pq`` beyond: a quarter of a byte, so that the codes still fit in memory.

    ``hnsw`` is not chosen by itself: it is as fast and as good as ``ivf_sq8``, but takes about 15 times as long to
    build, all in memory, and two builds of it differ.
    """
    numbers = rows * dimension
    if numbers <= _EXACT_NUMBERS:
        return "flat"
    return "ivf_sq8" if numbers <= _BYTE_NUMBERS else "ivf_pq"
