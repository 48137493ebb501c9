"""Reranking by a cross-encoder, which reads query and passage together."""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Unfinished
from genops.index_settings import SearchSettings
from genops.retrieval.embedders.checkpoint import checked_commit
from genops.retrieval.embedders.model_folder import folder_digests
from genops.retrieval.search.corpus import Corpus
from genops.retrieval.search.ranking import Ranker, Ranking

_scoring = threading.Lock()


def reranked(ranking: Ranking, query: str, corpus: Corpus, how: SearchSettings, root: Path, k: int) -> Ranking:
    """The best candidates in the order of a cross-encoder; those after ``how.rerank_top`` and ``k`` are left out.

    Args:
        ranking: Candidates, best first.
        query: What was asked.
        corpus: Has the passages.
        how: Names the cross-encoder.
        root: The project's folder, for a model of its own.
        k: Hits that are asked for; so many are read at least.

    Raises:
        DefinitionError: There is no such model, or it is not pinned.
        Unfinished: It gave something that is no score.
    """
    import numpy as np

    model = cross_encoder(*_pinned(how, root))
    ranking = ranking.take(slice(max(k, how.rerank_top)))
    if not len(ranking.rows):
        return ranking
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


def reranker_identity(how: SearchSettings, root: Path) -> dict[str, str] | None:
    """What decides the scores of a cross-encoder beside the settings: hashes of its folder.

    None where there is no cross-encoder, and of a model of the hub, whose commit is in the settings.

    Raises:
        DefinitionError: There is no such model, or it is not pinned.
    """
    if how.rerank is None:
        return None
    place, revision = _pinned(how, root)
    return folder_digests(Path(place)) if revision is None else None


def _pinned(how: SearchSettings, root: Path) -> tuple[str, str | None]:
    """A model folder of the project; or a model of the hub with its commit."""
    name = how.rerank or ""
    folder = root / Path(name).expanduser()
    if folder.is_dir():
        return str(folder), None
    if name.startswith((".", "/", "~")):
        raise DefinitionError(f"there is no cross-encoder in {folder}", hint="see `rerank` of the index's search")
    return name, checked_commit(name, how.rerank_revision, "rerank_revision")


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
