"""The plans that a search knows: 8 bytes each, where a set of keys would take a hundred."""

from __future__ import annotations

from array import array
from bisect import bisect_left

from genops.fuzz.search.plan import Plan


class Known:
    """A set of plans, told apart by 64 bits of their keys, which are kept sorted."""

    def __init__(self) -> None:
        self._keys = array("Q")

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, plan: Plan) -> bool:
        place = bisect_left(self._keys, _key(plan))
        return place < len(self._keys) and self._keys[place] == _key(plan)

    def add(self, plan: Plan) -> None:
        """Takes a plan in."""
        if plan not in self:
            self._keys.insert(bisect_left(self._keys, _key(plan)), _key(plan))

    def discard(self, plan: Plan) -> None:
        """Takes a plan out, if it is there."""
        if plan in self:
            self._keys.pop(bisect_left(self._keys, _key(plan)))


def _key(plan: Plan) -> int:
    return int.from_bytes(plan.key[:8])
