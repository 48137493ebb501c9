"""GGUF files, read by their header: the one file of a model for llama.cpp and Ollama."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

from genops.errors import DefinitionError, Location
from genops.serving.files.tensor import Tensor


@dataclass(frozen=True)
class GgufFile:
    """What the header of a GGUF file says.

    Attributes:
        path: The file.
        fields: Metadata by key; an array of texts, as the vocabulary is, gives its length.
        tensors: What it holds.
        end: Bytes that the file must have.
    """

    path: Path
    fields: dict[str, Any]
    tensors: tuple[Tensor, ...]
    end: int

    @property
    def architecture(self) -> str:
        """Of the model (``llama``, ``qwen3moe``)."""
        return str(self.fields.get("general.architecture", ""))

    @property
    def chat_template(self) -> str | None:
        """The template inside, if any."""
        found = self.fields.get("tokenizer.chat_template")
        return found if isinstance(found, str) and found else None

    def of_architecture(self, key: str) -> Any:
        """A field of the model's architecture (``block_count``); None when it is not there."""
        return self.fields.get(f"{self.architecture}.{key}")


def read_gguf(path: Path) -> GgufFile:
    """The header of a GGUF file. The weights are mapped and not read.

    Raises:
        DefinitionError: It is no GGUF file, or ends within its header.
    """
    try:
        reader = _header_reader()(path)
        fields = {name: reader.values_of(field) for name, field in reader.fields.items()}
        return GgufFile(path, fields, tuple(reader.found), reader.end)
    except OSError as error:
        raise DefinitionError(f"cannot be read: {error.strerror}", at=Location(path)) from None
    except (ValueError, LookupError, TypeError, UnicodeDecodeError, struct.error) as error:
        raise DefinitionError(
            f"is not a whole GGUF file: {error}", at=Location(path), hint="fetch it again: it may be half of one"
        ) from None


@cache
def _header_reader() -> Any:
    """The library's reader without what takes seconds: every word of the vocabulary, and views of the weights."""
    import numpy as np
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFReader, GGUFValueType

    class HeaderReader(GGUFReader):
        found: list[Tensor]
        end: int

        def _get_field_parts(self, orig_offs: int, raw_type: int) -> Any:
            if GGUFValueType(raw_type) != GGUFValueType.ARRAY:
                return super()._get_field_parts(orig_offs, raw_type)
            start = orig_offs + 12
            kind = GGUFValueType(self._get(orig_offs, np.uint32)[0])
            length = int(self._get(orig_offs + 4, np.uint64)[0])
            scalar = self.gguf_scalar_to_np.get(kind)
            types = [GGUFValueType.ARRAY, kind]
            if scalar is not None:
                values = self._get(start, scalar, length)
                return 12 + int(values.nbytes), [values], [0], types
            if kind != GGUFValueType.STRING:
                raise ValueError(f"an array of {kind.name.lower()} is not known")
            return self._after_texts(start, length) - orig_offs, [np.array([length])], [0], types

        def _after_texts(self, offset: int, count: int) -> int:
            order = ">" if self.endianess.name == "BIG" else "<"
            buffer: Any = self.data
            size = struct.Struct(f"{order}Q")
            for _ in range(count):
                offset += 8 + size.unpack_from(buffer, offset)[0]
            return offset

        def _build_tensors(self, start_offs: int, fields: Any) -> None:
            self.found, self.end = [], start_offs
            for field in fields:
                _, name, _, sides, kind, offset = field.parts
                quantised = GGMLQuantizationType(kind[0])
                block, size = GGML_QUANT_SIZES[quantised]
                shape = tuple(int(side) for side in reversed(sides.tolist()))
                nbytes = prod(shape) * size // block
                self.found.append(Tensor(bytes(name).decode(), quantised.name, shape, nbytes))
                self.end = max(self.end, start_offs + int(offset[0]) + nbytes)

        def values_of(self, field: Any) -> Any:
            """A field's value; of an array of numbers the list, of one of texts the length."""
            if field.types[:1] != [GGUFValueType.ARRAY]:
                return field.contents() if field.types != [] else None
            values = field.parts[field.data[0]].tolist()
            return values[0] if field.types[1] == GGUFValueType.STRING else values

    return HeaderReader
