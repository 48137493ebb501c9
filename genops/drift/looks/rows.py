"""The rows of both windows, as every question takes them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genops.drift.samples import Labels, Samples
from genops.drift.windows import Kind, Window


@dataclass(frozen=True)
class Rows:
    """Two windows of one state.

    Attributes:
        reference: What the current window is compared with.
        current: The window that is judged.
        vectors: Of the rows of either, float32; None where rows have none.
    """

    reference: Window
    current: Window
    vectors: tuple[NDArray[np.float32], NDArray[np.float32]] | None = None

    @property
    def kind(self) -> Kind:
        """What a row is."""
        return self.reference.kind

    @property
    def unit(self) -> str:
        """Of numbers; empty where it is not known, or not the same in both windows."""
        return self.reference.unit if self.reference.unit == self.current.unit else ""

    @property
    def groups(self) -> tuple[Labels, Labels]:
        """Of the rows of either."""
        return self.reference.groups, self.current.groups

    @property
    def contexts(self) -> tuple[Labels, Labels] | None:
        """Of the rows of either; None where they are not known."""
        before, after = self.reference.contexts, self.current.contexts
        return None if before is None or after is None else (before, after)

    @cached_property
    def samples(self) -> Samples:
        """The values as tests take them: the vectors of texts, numbers or categories.

        Raises:
            InputError: They cannot be compared.
        """
        more: dict[str, Any] = {"groups": self.groups, "contexts": self.contexts}
        match self.kind:
            case "number":
                return Samples.of_numbers(self.reference.values, self.current.values, **more)
            case "category":
                return Samples.of_categories(self.reference.values, self.current.values, **more)
            case _:
                assert self.vectors is not None
                return Samples.of_vectors(*self.vectors, **more)
