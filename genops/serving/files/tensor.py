"""A tensor of a model's weights, by what a header says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LAYER = re.compile(r"(?:^|\.)(?:layers|h|blocks|block|blk)\.(\d+)\.")


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor.

    Attributes:
        name: In the checkpoint.
        dtype: As the file's format names it (``BF16``, ``F8_E4M3``, ``Q4_K``).
        shape: Sides.
        nbytes: Of the tensor in the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int

    @property
    def layer(self) -> int | None:
        """The number of the layer that it belongs to; None for embeddings, the head and the last norm."""
        found = _LAYER.search(self.name)
        return int(found[1]) if found else None
