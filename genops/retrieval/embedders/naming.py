"""From a name to an embedder: defined in the settings, registered, or a folder."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from genops.errors import DefinitionError, ReferenceNotFound, nearest
from genops.index_settings import EmbedderSettings, IndexSettings
from genops.plugins import registry
from genops.retrieval.embedders.embedder import Embedder
from genops.settings import Settings
from genops.settings_file import origin

_HUB = "sentence-transformers/"
_made: dict[object, Embedder] = {}
_making = threading.Lock()


def embedder_named(settings: Settings, name: str) -> Embedder:
    """The embedder of a name, one instance a process.

    Args:
        settings: The project's; a path is relative to its root.
        name: One of ``[tool.genops.embedders]``, a registered name (``minilm``), or a sentence-transformers folder,
            with a slash in it (``./models/mine``).

    Raises:
        ReferenceNotFound: No embedder has that name; the message lists the nearest.
        DefinitionError: It is none that can be made: a folder without a model, a hub model without a revision.
    """
    key, make = _maker(settings, name)
    with _making:
        if key not in _made:
            _made[key] = make()
        return _made[key]


def default_embedder(settings: Settings) -> Embedder:
    """The embedder of what is no index, such as the choice of nearest examples: the one of a new index."""
    return embedder_named(settings, IndexSettings.model_fields["embedder"].default)


def _maker(settings: Settings, name: str) -> tuple[object, Callable[[], Embedder]]:
    """What makes an embedder, under a key that is the same where the same embedder would be made."""
    defined = settings.embedders.get(name)
    if defined is not None:
        key = (settings.root.absolute(), name, defined.model_dump_json())
        return key, lambda: _of_settings(settings, name, defined)
    folder = _folder(settings, name)
    if "/" in name and folder.is_dir():
        return folder, lambda: _of_folder(folder, folder.name, EmbedderSettings(model=name))
    known = registry.names("embedder")
    if name not in known:
        raise ReferenceNotFound(
            f"no embedder is called {name!r}" + (f", and there is no folder {folder}" if "/" in name else ""),
            hint=nearest(name, [*settings.embedders, *known]) + " (define it under [tool.genops.embedders])",
        )
    factory: Callable[[], Embedder] = registry.get("embedder", name)
    return factory, factory


def _of_settings(settings: Settings, name: str, defined: EmbedderSettings) -> Embedder:
    if defined.model.startswith(_HUB):
        from genops.retrieval.embedders.checkpoint import HubCheckpoint
        from genops.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder

        try:
            checkpoint = HubCheckpoint(defined.model.removeprefix(_HUB), defined.revision)
        except DefinitionError as error:
            error.at = origin(["embedders", name], settings.source)
            raise
        return SentenceTransformerEmbedder(name, checkpoint, defined)
    folder = _folder(settings, defined.model)
    if defined.model.startswith((".", "/", "~")) or folder.is_dir():
        return _of_folder(folder, name, defined)
    from genops.retrieval.embedders.endpoint import EndpointEmbedder

    return EndpointEmbedder(settings, name, defined)


def _of_folder(folder: Path, name: str, settings: EmbedderSettings) -> Embedder:
    from genops.retrieval.embedders.checkpoint import FolderCheckpoint
    from genops.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder

    return SentenceTransformerEmbedder(name, FolderCheckpoint(folder), settings)


def _folder(settings: Settings, path: str) -> Path:
    return (settings.root / Path(path).expanduser()).absolute()
