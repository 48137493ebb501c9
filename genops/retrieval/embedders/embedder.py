"""Embedders: what turns texts into vectors, and the contract that every one of them keeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from genops.artifacts import Json
from genops.index_settings import IndexSettings
from genops.plugins import registry
from genops.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into vectors. Registered under plug-in kind ``embedder`` as something that is called to make one.

    Making one, ``identity`` and ``count_tokens`` are cheap; ``encode`` may load a model, once, and is safe to call
    from several threads.

    Attributes:
        name: As people know it; shown in errors.
        dimension: Numbers in a vector.
        window: Tokens that it reads of a text, special tokens included.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def dimension(self) -> int: ...  # noqa: D102

    @property
    def window(self) -> int: ...  # noqa: D102

    def identity(self) -> dict[str, Json]:
        """What decides its vectors (model, revision or hash of its weights). It is a part of an index's digest."""
        ...

    def count_tokens(self, text: str) -> int:
        """Tokens of a text as the model reads it, special tokens included."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors of unit length, float32, ``len(texts)`` x ``dimension``. Each text fits the window."""
        ...


_made: dict[object, Embedder] = {}
_making = threading.Lock()


def embedder_named(settings: Settings, name: str) -> Embedder:
    """The embedder of a name, one instance a process: a registered one, or a sentence-transformers folder by its path.

    Args:
        settings: The project's; a path is relative to its root.
        name: A registered name (``minilm``), or a path with a slash in it (``./models/mine``).

    Raises:
        ReferenceNotFound: No embedder has that name.
        DefinitionError: The folder holds no such model.
    """
    factory: Callable[[], Embedder]
    if "/" in name:
        from genops.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder

        folder = (settings.root / Path(name).expanduser()).absolute()
        key: object = folder

        def factory() -> Embedder:
            return SentenceTransformerEmbedder(folder, folder.name)
    else:
        key = factory = registry.get("embedder", name)
    with _making:
        if key not in _made:
            _made[key] = factory()
        return _made[key]


def default_embedder(settings: Settings) -> Embedder:
    """The embedder of what is no index, such as the choice of nearest examples: the one of a new index."""
    return embedder_named(settings, IndexSettings.model_fields["embedder"].default)
