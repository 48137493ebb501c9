"""Vectors of texts of any number and length: known ones from the cache, the rest in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from genops.artifacts import well_formed
from genops.errors import Unfinished
from genops.retrieval.chunk import windows
from genops.retrieval.embedders.embedder import Embedder, Role
from genops.retrieval.embedders.unit import to_unit_length

if TYPE_CHECKING:
    from genops.retrieval.embedders.embedder import Vectors
    from genops.retrieval.embedders.vector_cache import VectorCache

Progress = Callable[[int, int], None]
"""Called with what is done and how much there is to do, first with 0."""

_FIRST_BATCH = 64
_LARGEST_BATCH = 2048
_QUICK = 1.0
_DUMMIES = 1
"""Tokens that stand for no character of a text, beside those of the empty one; any other of ASCII takes one or more."""


def embed_texts(
    embedder: Embedder,
    texts: Sequence[str],
    role: Role = "passage",
    cache: VectorCache | None = None,
    progress: Progress | None = None,
) -> Vectors:
    """Vectors of texts. One beyond the embedder's window gets the mean of its pieces' vectors, brought to unit length.

    A text that occurs often is embedded once. A lone surrogate, which no tokenizer and no server takes, is embedded as
    U+FFFD. The longest come first, so that texts of a batch are of one length; a batch grows while batches take less
    than a second, so that a server or an accelerator has enough to do and progress is still seen.

    Args:
        embedder: What embeds them.
        texts: In any order.
        role: What they all are.
        cache: Is asked first, and keeps each batch as soon as it is embedded: what breaks off is not lost.
        progress: Is told how many of the texts that the cache does not know are embedded.

    Returns:
        float32, ``len(texts)`` x ``dimension``; a dot product of two rows is their cosine similarity.

    Raises:
        Unfinished: The embedder gave another shape, or numbers that are not finite.
    """
    import numpy as np

    if not texts:
        return np.zeros((0, embedder.dimension), dtype=np.float32)
    if len(texts) == 1 and cache is None and progress is None:  # as of every search
        return _embed(embedder, texts, role)
    places: dict[str, int] = {}
    first = [places.setdefault(text, at) for at, text in enumerate(texts)]
    known = cache.get(embedder, role, places) if cache is not None else {}
    dimension = len(next(iter(known.values()))) if known else embedder.dimension
    found = np.empty((len(texts), dimension), dtype=np.float32)
    for text, vector in known.items():
        found[places[text]] = vector
    new = sorted((text for text in places if text not in known) if known else places, key=len, reverse=True)
    report = progress or (lambda done, total: None)
    report(0, len(new))
    done, size = 0, _FIRST_BATCH
    while done < len(new):
        began = time.perf_counter()
        batch = new[done : done + size]
        vectors = _embed(embedder, batch, role)
        found[[places[text] for text in batch]] = vectors
        if cache is not None:
            cache.put(embedder, role, batch, vectors)
        done += len(batch)
        report(done, len(new))
        if time.perf_counter() - began < _QUICK:
            size = min(2 * size, _LARGEST_BATCH)
    return found if len(places) == len(texts) else found[first]


def _embed(embedder: Embedder, texts: Sequence[str], role: Role) -> Vectors:
    import numpy as np

    texts = [well_formed(text) for text in texts]
    window, count = embedder.window, embedder.count_tokens
    surely = window - count("") - _DUMMIES
    cut = {
        text: windows(text, embedder)
        for text in texts
        if not (len(text) <= surely and text.isascii()) and count(text) > window
    }
    pieces = [piece for text in texts for piece in cut.get(text, (text,))] if cut else texts
    vectors = embedder.encode(pieces, role)
    expected = (len(pieces), embedder.dimension)
    if vectors.shape != expected:
        raise Unfinished(
            f"the embedder {embedder.name!r} gave vectors of shape {vectors.shape}, not {expected}",
            hint="the fault is in the embedder; nothing was changed",
        )
    if cut:
        sizes = [len(cut.get(text, (text,))) for text in texts]
        vectors = np.add.reduceat(vectors, np.cumsum([0, *sizes[:-1]]), axis=0)
    return to_unit_length(vectors, embedder.name)
