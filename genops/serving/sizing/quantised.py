"""The bits of a weight in a quantised checkpoint, as its config.json describes the quantisation."""

from __future__ import annotations

from typing import Any

_FIXED = {"fp8": 8.0, "fbgemm_fp8": 8.0, "mxfp4": 4.25}
_GROUPED = ("awq", "gptq", "auto-round")
_SCALES = 16 + 4
"""Bits of a group's scale, and of its zero point."""


def quantised_bits(method: str | None, config: dict[str, Any]) -> float | None:
    """Bits of a weight with its share of scales; None where they are not known, or nothing is quantised.

    Args:
        method: Of the quantisation (``awq``).
        config: The whole config.json.
    """
    found = config.get("quantization_config") or config.get("compression_config")
    if method in _FIXED or not isinstance(found, dict):
        return _FIXED.get(method or "")
    if method in _GROUPED:
        return _with_scales(found.get("bits"), found.get("group_size"))
    groups = found.get("config_groups")
    first: Any = next(iter(groups.values()), None) if isinstance(groups, dict) else None
    weights = first.get("weights") if isinstance(first, dict) else None
    return _with_scales(weights.get("num_bits"), weights.get("group_size")) if isinstance(weights, dict) else None


def _with_scales(bits: Any, group: Any) -> float | None:
    if not isinstance(bits, int) or not 1 <= bits <= 16:
        return None
    return bits + (_SCALES / group if isinstance(group, int) and group > 0 else 0)
