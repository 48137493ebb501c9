"""How far the download of a model is: vLLM says nothing while it lasts."""

from __future__ import annotations

from genops.serving.files.place import hub_cache, repository_of
from genops.settings import ModelAlias


def downloading(alias: ModelAlias) -> int | None:
    """Bytes of a hub model's files that are on their way; None when none is."""
    folder = hub_cache(alias) / f"models--{repository_of(alias).replace('/', '--')}" / "blobs"
    try:
        sizes = [file.stat().st_size for file in folder.glob("*.incomplete")]
    except OSError:
        return None
    return sum(sizes) if sizes else None
