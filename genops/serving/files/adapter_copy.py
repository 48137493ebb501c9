"""The copy of a LoRA adapter that servers load, in a folder named by the adapter's digest.

Files that change afterwards change no answers, also where an engine reads an adapter again that had to make room for
others; other content has another path, and so shares no cached prompts.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from genops.artifacts import Component, adapter_component
from genops.errors import Unfinished
from genops.models.adapter_place import kept_adapters
from genops.serving.files.digests import digest_cache
from genops.settings import Settings


def adapter_copy(settings: Settings, name: str, folder: Path) -> tuple[Component, Path]:
    """An adapter, and its copy, which is made once.

    Raises:
        DefinitionError: The folder holds no adapter, or a file of it cannot be read.
        Unfinished: The copy cannot be made, or the files change meanwhile.
    """
    component = adapter_component(name, folder, digest_cache(settings))
    kept = kept_adapters(settings) / component.digest
    if kept.is_dir():
        return component, kept
    part = kept.with_name(f".{component.digest[:12]}-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        part.mkdir(parents=True)
        for file in component.body["files"]:
            shutil.copyfile(folder / file, part / file)
        if adapter_component(name, part).digest != component.digest:
            raise Unfinished(f"the files of the adapter {name!r} changed while they were read", hint="try again")
        part.rename(kept)
    except OSError as error:
        if not kept.is_dir():  # another process may have made it meanwhile
            raise Unfinished(f"the adapter {name!r} cannot be kept in {kept.parent}: {error.strerror}") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return component, kept
