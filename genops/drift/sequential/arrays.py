"""Arrays as plain JSON values, to the last bit."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def to_plain(array: NDArray[Any]) -> dict[str, Any]:
    """Type, shape and bytes, little-endian in base64.

    Args:
        array: Of numbers.
    """
    ordered = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    return {"type": ordered.dtype.str, "shape": list(array.shape), "data": b64encode(ordered.tobytes()).decode()}


def from_plain(plain: Mapping[str, Any]) -> NDArray[Any]:
    """The array of a ``to_plain``, which may be written to.

    Args:
        plain: Also after a round trip through JSON.
    """
    stored = np.frombuffer(b64decode(plain["data"]), dtype=np.dtype(plain["type"]))
    return stored.reshape(plain["shape"]).astype(stored.dtype.newbyteorder("="))
