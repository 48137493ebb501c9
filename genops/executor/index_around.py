"""An open index whose searches give something else than it finds; what it is and how it is searched stay the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genops.artifacts import encode

if TYPE_CHECKING:
    from genops.retrieval import Index
    from genops.retrieval.search.hit import Hit


class IndexAround:
    """What all of them have in common.

    Args:
        index: Open; it stays as it is.
    """

    def __init__(self, index: Index) -> None:
        self.index = index

    @property
    def snapshot(self) -> str:
        """The digest of the index's own snapshot."""
        return self.index.snapshot

    @property
    def settings(self) -> Any:
        """How it is searched where a search does not say otherwise."""
        return self.index.settings

    def hit(self, kind: str, text: str, score: float) -> Hit:
        """A text that is not in the index, as if a search had found it.

        Args:
            kind: Of the text, which its document is called by.
            text: What is found.
            score: How well.
        """
        from genops.retrieval.search.hit import Hit

        document, digest = document_of(kind, text), encode([kind, text]).digest
        return Hit(
            chunk_id=digest[:32],
            text=text,
            uri=f"{document}.md",
            start=0,
            end=len(text),
            score=score,
            rank=1,
            heading="",
            index=self.index.name,
            snapshot=self.index.snapshot,
            document=document,
            document_hash=digest,
        )


def document_of(kind: str, text: str) -> str:
    """The id of the document that such a text is in."""
    return f"{kind}-{encode([kind, text]).digest[:12]}"
