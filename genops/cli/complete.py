"""Shell completion: names as the project's files and settings have them. Never an error, whatever is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from genops.errors import GenopsError

if TYPE_CHECKING:
    from pathlib import Path

    from genops.settings import Settings


def chain_names(incomplete: str) -> list[str]:
    """Chains of the working tree."""
    return _matching(incomplete, lambda settings: _files(settings.root / settings.paths.chains, ".yaml"))


def prompt_names(incomplete: str) -> list[str]:
    """Prompt templates of the working tree."""
    return _matching(incomplete, lambda settings: _files(settings.root / settings.paths.prompts, ".prompt"))


def index_names(incomplete: str) -> list[str]:
    """Indexes of the settings."""
    return _matching(incomplete, lambda settings: sorted(settings.indexes))


def served_aliases(incomplete: str) -> list[str]:
    """Model aliases of the settings that genops serves."""
    return _matching(
        incomplete, lambda settings: sorted(name for name, alias in settings.models.items() if alias.vllm is not None)
    )


def _matching(incomplete: str, names: Callable[[Settings], list[str]]) -> list[str]:
    from genops.settings import load_settings

    try:
        return [name for name in names(load_settings()) if name.startswith(incomplete)]
    except (GenopsError, OSError):
        return []


def _files(folder: Path, suffix: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix().removesuffix(suffix) for path in folder.rglob(f"*{suffix}"))
