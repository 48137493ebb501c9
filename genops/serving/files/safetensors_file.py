"""Safetensors files, read by their header."""

from __future__ import annotations

from math import prod
from pathlib import Path

from genops.errors import DefinitionError, Location
from genops.serving.files.tensor import Tensor

BITS = {
    "F64": 64, "F32": 32, "F16": 16, "BF16": 16, "I64": 64, "I32": 32, "I16": 16, "I8": 8, "U64": 64, "U32": 32,
    "U16": 16, "U8": 8, "BOOL": 8, "C64": 64, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F6_E2M3": 6, "F6_E3M2": 6,
    "F4": 4,
}  # fmt: skip


def read_safetensors(path: Path) -> tuple[Tensor, ...]:
    """The tensors of a file. It is mapped, and only its header is read; its length must be what the header says.

    Raises:
        DefinitionError: It is no safetensors file, or not the whole of one.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return tuple(_tensor(name, file.get_slice(name)) for name in file.keys())  # noqa: SIM118 -- no mapping
    except OSError as error:
        raise DefinitionError(f"cannot be read: {error.strerror or error}", at=Location(path)) from None
    except (SafetensorError, ValueError, KeyError) as error:
        size = path.stat().st_size
        raise DefinitionError(
            f"is not a whole safetensors file ({size:,} bytes): {error}",
            at=Location(path),
            hint="fetch it again: it was cut off, or something else was saved under its name",
        ) from None


def _tensor(name: str, header: object) -> Tensor:
    sides = tuple(header.get_shape())  # type: ignore[attr-defined]
    dtype = str(header.get_dtype())  # type: ignore[attr-defined]
    return Tensor(name, dtype, sides, prod(sides) * BITS.get(dtype, 16) // 8)
