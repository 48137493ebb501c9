"""What became of a configuration."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Notes:
    """Told once each, in the order in which they came up.

    Attributes:
        left_out: What has no equal here.
        changed: What means nearly the same.
    """

    left_out: dict[str, None] = field(default_factory=dict)
    changed: dict[str, None] = field(default_factory=dict)

    def leave(self, what: str, why: str) -> None:
        """Notes what could not be carried over."""
        self.left_out.setdefault(f"{what}: {why}")

    def change(self, what: str, how: str) -> None:
        """Notes what was carried over with a difference."""
        self.changed.setdefault(f"{what}: {how}")
