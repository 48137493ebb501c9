"""Embedders: what turns texts into vectors, and the contract that every one of them keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from genops.artifacts import Json

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Role = Literal["query", "passage"]
"""What a text is in a search. Many models want another prefix before the one than before the other."""


class Embedder(Protocol):
    """Turns texts into vectors. Registered under plug-in kind ``embedder`` as something that is called to make one.

    Making one, ``identity`` and ``count_tokens`` are cheap; ``encode`` may load a model, once, and is safe to call
    from several threads. What the model wants before a text is the embedder's own affair: it is put there by
    ``encode`` and counted by ``count_tokens``.

    Attributes:
        name: As people know it; shown in errors.
        dimension: Numbers in a vector.
        window: Tokens that it reads of a text, special tokens and prefixes included.
        languages: ISO 639-1 codes that it was made for; empty for any.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def dimension(self) -> int: ...  # noqa: D102

    @property
    def window(self) -> int: ...  # noqa: D102

    @property
    def languages(self) -> tuple[str, ...]: ...  # noqa: D102

    def identity(self) -> dict[str, Json]:
        """What decides its vectors: model, revision or hash of the weights, prefixes, dimension.

        It is a part of an index's digest. Where and how the model runs (batch, device, URL, key) is none of it.
        """
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text as the model reads it in either role, special tokens and prefix included."""
        ...

    def encode(self, texts: Sequence[str], role: Role = "passage") -> Vectors:
        """Vectors of unit length, float32, ``len(texts)`` x ``dimension``. Each text fits the window."""
        ...
