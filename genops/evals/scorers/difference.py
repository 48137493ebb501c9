"""Where two values differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from genops.prompts.declaration import path_text, shown_short

Path = tuple[str | int, ...]
_ROUNDED = 1 + 1e-9  # 1.1 is a little more than 0.1 from 1


@dataclass(frozen=True, slots=True)
class Likeness:
    """What counts as the same.

    Attributes:
        ignore_case: Whether letters of either case do.
        tolerance: How far apart numbers may be.
    """

    ignore_case: bool = False
    tolerance: float = 0.0

    def difference(self, found: Any, wanted: Any, path: Path = ()) -> str | None:
        """The first difference, in words; None where there is none. The order of a mapping's keys does not count."""
        if isinstance(found, dict) and isinstance(wanted, dict):
            return self._of_mappings(found, wanted, path)
        if isinstance(found, list) and isinstance(wanted, list):
            if len(found) != len(wanted):
                return f"{_at(path)}has {len(found)} items, not {len(wanted)}"
            pairs = enumerate(zip(found, wanted, strict=True))
            return next((d for i, (a, b) in pairs if (d := self.difference(a, b, (*path, i)))), None)
        return None if self._same(found, wanted) else f"{_at(path)}is {shown_short(found)}, not {shown_short(wanted)}"

    def _of_mappings(self, found: dict[str, Any], wanted: dict[str, Any], path: Path) -> str | None:
        if missing := [key for key in wanted if key not in found]:
            return f"{_at(path)}lacks {missing[0]!r}"
        if extra := [key for key in found if key not in wanted]:
            return f"{_at(path)}has {extra[0]!r} besides"
        return next((d for key in wanted if (d := self.difference(found[key], wanted[key], (*path, key)))), None)

    def _same(self, found: Any, wanted: Any) -> bool:
        if isinstance(found, str) and isinstance(wanted, str):
            return found == wanted or (self.ignore_case and found.casefold() == wanted.casefold())
        if isinstance(found, bool) or isinstance(wanted, bool):
            return found is wanted
        if isinstance(found, (int, float)) and isinstance(wanted, (int, float)):
            return found == wanted or self._near(found, wanted)
        return type(found) is type(wanted) and bool(found == wanted)

    def _near(self, found: float, wanted: float) -> bool:
        try:
            return math.isclose(found, wanted, rel_tol=0.0, abs_tol=self.tolerance * _ROUNDED)
        except OverflowError:  # no float is as large as one of them
            return False


def _at(path: Path) -> str:
    return f"${path_text(path)} " if path else ""
