"""How packages import: public names when they are first used, and without looking for garbage meanwhile."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any


def late(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package that imports its public names when they are first asked for.

    Args:
        package: Its name.
        modules: By public name, the module that defines it.
    """

    def imported(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        with importing():
            value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return imported


@contextmanager
def importing() -> Iterator[None]:
    """Garbage is not looked for in the block, and not among what it leaves before all that is there is looked through.

    What modules define stays: looked through in vain, by every one of several generations, it costs a third more.
    """
    looking = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looking and not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()  # into the oldest generation
        if looking:
            gc.enable()
