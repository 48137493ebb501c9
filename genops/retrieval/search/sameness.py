"""What searches a snapshot must be what it was built with; a wrong or changed embedder answers nonsense silently."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from genops.artifacts import Json
from genops.artifacts.canonical import DIGEST_LENGTH
from genops.errors import SnapshotError
from genops.retrieval.embedders import Embedder, embed_texts
from genops.retrieval.lexical import Analyzer
from genops.retrieval.search.rerank import reranker_identity
from genops.retrieval.snapshots.manifest import rebuild
from genops.retrieval.snapshots.published import Published

CANARY_TOLERANCE = 1e-3
"""Cosine distance from a canary's recorded vector that still counts as the same embedder."""


def check_embedder(snapshot: Published, embedder: Embedder) -> None:
    """The identity first, then what it really does with the canaries.

    Raises:
        SnapshotError: It is another, or gives other vectors.
    """
    manifest, name = snapshot.manifest, snapshot.name
    built_with, given = manifest.identity.embedder, embedder.identity()
    if built_with != given or manifest.dimension != embedder.dimension:
        raise SnapshotError(
            f"index {name!r} was built with the embedder {_named(built_with)} and the settings name {_named(given)}",
            hint=f"{rebuild(name)}, or set its `embedder` back",
        )
    now = embed_texts(embedder, [canary.text for canary in manifest.canaries])
    similarity = min(float(vector @ canary.vector) for canary, vector in zip(manifest.canaries, now, strict=True))
    if similarity < 1 - CANARY_TOLERANCE:
        raise SnapshotError(
            f"the embedder {_named(given)} no longer gives the vectors that index {name!r} was built with"
            f" (similarity {similarity:.4f} on a known text)",
            hint=f"a library changed what it computes; remove {snapshot.place} and {rebuild(name)}",
        )


def check_reranker(snapshot: Published, root: Path) -> None:
    """That the cross-encoder which the snapshot's settings name still is the one that it was built with.

    Raises:
        SnapshotError: Its folder holds another.
        DefinitionError: It is not there, or is not pinned.
    """
    identity, name = snapshot.manifest.identity, snapshot.name
    if reranker_identity(identity.search, root) != identity.reranker:
        raise SnapshotError(
            f"the cross-encoder {identity.search.rerank!r} is another than the one that index {name!r} was built with",
            hint=f"{rebuild(name)}, or put the model back",
        )


def checked_analyzer(snapshot: Published) -> Analyzer | None:
    """What finds words as they were found when the snapshot was built; None where it has none.

    Raises:
        SnapshotError: The stemmer or the stop words are others.
    """
    built_with = snapshot.manifest.identity.analyzer
    if built_with is None:
        return None
    analyzer = Analyzer.of(built_with["language"])
    given = analyzer.identity()
    if built_with != given:
        raise SnapshotError(
            f"index {snapshot.name!r} was built with the words of {built_with}, and this installation finds {given}",
            hint=rebuild(snapshot.name),
        )
    return analyzer


def _named(identity: Mapping[str, Json]) -> str:
    return ", ".join(
        f"{key} {str(value)[:12] if len(str(value)) == DIGEST_LENGTH else value}" for key, value in identity.items()
    )
