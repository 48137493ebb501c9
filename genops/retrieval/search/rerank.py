"""Reranking by a cross-encoder, which reads query and passage together."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Unfinished
from genops.index_settings import SearchSettings
from genops.retrieval.search.corpus import Corpus
from genops.retrieval.search.ranking import Ranker, Ranking

_scoring = threading.Lock()


def reranked(ranking: Ranking, query: str, corpus: Corpus, how: SearchSettings, root: Path) -> Ranking:
    """The best candidates in the order of a cross-encoder; those after ``how.rerank_top`` are left out.

    Args:
        ranking: Candidates, best first.
        query: What was asked.
        corpus: Has the passages.
        how: Names the cross-encoder.
        root: The project's folder, for a model of its own.

    Raises:
        DefinitionError: There is no such model.
        Unfinished: It gave something that is no score.
    """
    import numpy as np

    ranking = ranking.take(slice(how.rerank_top))
    if not len(ranking.rows) or how.rerank is None:
        return ranking
    model = cross_encoder(_place(how.rerank, root), how.rerank_revision)
    pairs = [(query, passage.embedded_text) for _, passage in corpus.passages(ranking.rows)]
    with _scoring:
        raw = np.asarray(model.predict(pairs, show_progress_bar=False))
    if raw.shape != ranking.rows.shape or not np.isfinite(raw).all():
        raise Unfinished(
            f"the cross-encoder {how.rerank!r} gave scores of shape {raw.shape}, not one number for each passage",
            hint="name a model with a single output",
        )
    scores = 1.0 / (1.0 + np.exp(-raw.astype(np.float64)))
    ranks = np.empty(len(raw), dtype=np.int64)
    ranks[np.argsort(-raw, kind="stable")] = np.arange(1, len(raw) + 1)
    rankers = {**ranking.rankers, "rerank": Ranker(scores, raw, ranks)}
    return ranking.scored(scores, rankers)


def _place(name: str, root: Path) -> str:
    """A model folder of the project, or a name of the hub."""
    folder = root / Path(name).expanduser()
    if folder.is_dir():
        return str(folder)
    if name.startswith((".", "/", "~")):
        raise DefinitionError(f"there is no cross-encoder in {folder}", hint="see `rerank` of the index's search")
    return name


@cache
def cross_encoder(name: str, revision: str | None) -> Any:
    """A cross-encoder, one instance a process, that gives logits."""
    import torch
    from sentence_transformers import CrossEncoder

    try:
        return CrossEncoder(
            name, revision=revision, activation_fn=torch.nn.Identity(), model_kwargs={"use_safetensors": True}
        )
    except (OSError, ValueError) as error:
        raise DefinitionError(
            f"the cross-encoder {name!r} cannot be loaded: {str(error).splitlines()[0]}",
            hint="name a folder with safetensors weights, or a model of the hub with `rerank_revision`",
        ) from None
