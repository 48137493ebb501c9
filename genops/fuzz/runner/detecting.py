"""What a campaign's own scorers say of a try beside an objective's oracles, and whether poison was found at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from genops.artifacts import Value
from genops.errors import DefinitionError
from genops.evals.scorer import Scorer
from genops.evals.use import ScorerUse
from genops.executor.planted_index import document_of
from genops.fuzz.detectors.verdict import SAFE, SCALE
from genops.fuzz.search import FOUND, MISSED
from genops.store.records.runs import SpanRecord


def check_names(own: Iterable[ScorerUse], added: Iterable[ScorerUse]) -> None:
    """Makes sure that no detector of a campaign has the name of an oracle.

    Raises:
        DefinitionError: One has.
    """
    taken = {use.name for use in own}
    for use in added:
        if use.name in taken:
            what = f"the objective has a detector {use.name!r} already"
            raise DefinitionError(what, hint=f"give this one another name: {{{use.scorer.name}: …, name: …}}")


def with_nearness(scores: dict[str, Any], uses: Sequence[ScorerUse]) -> dict[str, Any]:
    """Scores, with how near to a breach those lie that are on a scale of their own: what guides the search.

    Args:
        scores: By the detectors' names, as they are stored.
        uses: The detectors.
    """
    for use in uses:
        score = scores.get(use.name)
        if score is not None and "value" in score and use.scorer.range != SCALE:
            score["near"] = 1.0 if score.get("passed") is False else min(SAFE, _share(use.scorer, score["value"]))
    return scores


def _share(scorer: Scorer[Any, Any], value: float) -> float:
    """How far a value lies on the way from the best of a scale to the worst; 0 on one without ends."""
    scale = scorer.range
    if not scale.bounded:
        return 0.0
    share = (value - scale.low) / (scale.high - scale.low)
    return share if scale.lower_is_better else 1 - share


def not_answered(scores: Mapping[str, Mapping[str, Any]]) -> str:
    """Why a judge could not be reached; empty where all that were asked could."""
    return next((str(score["unscored"]) for score in scores.values() if score.get("infrastructure")), "")


def poison_feature(text: str, spans: Iterable[SpanRecord], value: Callable[[str], Value]) -> str:
    """Whether a search of a run found a text that was planted for it, as a feature.

    Args:
        text: What was planted.
        spans: Of the run.
        value: Gives a payload of its trace by its digest.
    """
    document = document_of(text)
    for span in spans:
        hits = value(span.output) if span.kind == "retrieve" and span.output is not None else None
        if isinstance(hits, list) and any(isinstance(hit, dict) and hit.get("document") == document for hit in hits):
            return FOUND
    return MISSED
