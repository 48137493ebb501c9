"""Whether an embedder was made for a language."""

from __future__ import annotations

from genops.retrieval.embedders.embedder import Embedder

_MULTILINGUAL = """\
[tool.genops.embedders.multilingual]
model = "sentence-transformers/intfloat/multilingual-e5-small"
revision = "614241f622f53c4eeff9890bdc4f31cfecc418b3"
query_prefix = "query: "
passage_prefix = "passage: "
"""


def language_warning(embedder: Embedder, language: str) -> str | None:
    """What is wrong with an embedder for texts in a language, and which one to take; None when nothing is known to be.

    Args:
        embedder: Whose ``languages`` are asked; empty ones cover everything.
        language: ISO 639-1, with or without a region (``pt``, ``pt-BR``).
    """
    code = language.lower().replace("_", "-").partition("-")[0]
    if not embedder.languages or code in embedder.languages:
        return None
    made_for = ", ".join(embedder.languages)
    return (
        f"the embedder {embedder.name!r} was made for {made_for}, and the texts are in {code}: it finds badly what is"
        " meant alike. Define one of many languages (94, with 384 dimensions and a window of 512 tokens), and set"
        f' embedder = "multilingual" for the index:\n\n{_MULTILINGUAL}'
    )
