"""What a build warns of: what was read and yet cannot be found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from genops.retrieval.snapshots.segment import Segment
from genops.tracing.quantities import counted

_NAMED = 5


def empty_warning(segments: Iterable[Segment]) -> str | None:
    """Of documents without a passage: they have no text but white space."""
    empty = [
        segment.record(position).uri
        for segment in segments
        for position in segment.empty_documents()
        if position not in segment.entry.deleted
    ]
    if not empty:
        return None
    return f"{counted(len(empty), 'document')} without text, which no search finds: {_listed(empty)}"


def left_out_warning(sources: Iterable[Mapping[str, Any]]) -> str | None:
    """Of front matter that metadata cannot hold.

    Args:
        sources: Each with its ``key`` and, where there is any, the names that were ``left_out``.
    """
    found = {str(source["key"]): source["left_out"] for source in sources if source.get("left_out")}
    if not found:
        return None
    fields = sorted({name for names in found.values() for name in names})
    return (
        f"front matter that cannot be filtered by in {counted(len(found), 'file')} ({_listed(sorted(found))}):"
        f" {_listed(fields)}; metadata is text, numbers, true and false and lists of texts under names that are"
        " identifiers"
    )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")
