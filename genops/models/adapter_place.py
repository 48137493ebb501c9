"""Where the files of a LoRA adapter are: in a folder of its own, or in the copy that is kept under its digest."""

from __future__ import annotations

from pathlib import Path

from genops.errors import DefinitionError
from genops.settings import Settings
from genops.vllm_settings import AdapterSettings


def kept_adapters(settings: Settings) -> Path:
    """Where a project's copies of adapters are, each in a folder named by its digest."""
    return settings.data_dir.resolve() / "adapters"


def adapter_place(settings: Settings, name: str, adapter: AdapterSettings) -> Path:
    """The folder of an adapter of the settings; with a path, whether there is one or not.

    Raises:
        DefinitionError: The settings give its digest alone, and no copy is kept under it, or more than one.
    """
    if adapter.path is not None:
        return settings.root.resolve() / adapter.path
    found = sorted(kept_adapters(settings).glob(f"{adapter.digest}*"))
    if len(found) == 1:
        return found[0]
    many = "no adapter is" if not found else f"{len(found)} adapters are"
    raise DefinitionError(
        f"{many} kept under the digest {adapter.digest}, which the settings give for {name!r}",
        hint="give more digits, or its path: an adapter is kept when it is served or loaded once",
    )
