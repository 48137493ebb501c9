"""A group of commands whose module is imported when one of them is asked for: to declare all takes as long as most."""

from __future__ import annotations

import importlib
from functools import cached_property
from typing import Any

from typer.core import TyperGroup
from typer.main import get_group


class LateGroup(TyperGroup):
    """A group that is known by its name and help until its commands are asked for.

    Args:
        name: Of the group.
        module: That declares its commands, as ``app``.
        about: What they are for.
    """

    def __init__(self, name: str, module: str, about: str) -> None:
        super().__init__(name=name, help=about, no_args_is_help=True, rich_markup_mode=None)
        self._module = module
        del self.commands  # which was set to none

    @cached_property
    def commands(self) -> Any:  # type: ignore[override]
        """The commands by name."""
        return get_group(importlib.import_module(self._module).app).commands
