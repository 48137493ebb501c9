"""How far the download of a model is: vLLM says nothing while it lasts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def downloading(model: str, environment: Mapping[str, str]) -> int | None:
    """Bytes of a hub model's files that are on their way; None when none is.

    Args:
        model: Its name on the hub.
        environment: Of the server, which says where the hub's cache is.
    """
    home = Path(environment.get("HF_HOME") or Path.home() / ".cache" / "huggingface")
    cache = Path(environment.get("HF_HUB_CACHE") or home / "hub")
    folder = cache / f"models--{model.replace('/', '--')}" / "blobs"
    try:
        sizes = [file.stat().st_size for file in folder.glob("*.incomplete")]
    except OSError:
        return None
    return sum(sizes) if sizes else None
