"""How much memory the past of a sequence takes on one GPU, as vLLM's allocator counts it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from genops.serving.sizing.layers import Layer

_BITS = {
    "fp8": 8, "fp8_e4m3": 8, "fp8_e5m2": 8, "fp8_inc": 8, "fp8_per_token_head": 8, "int8_per_token_head": 8,
    "int4_per_token_head": 4, "bfloat16": 16, "float16": 16, "float32": 32,
}  # fmt: skip
_SPARSE_FP8_BYTES = 656
"""Of a latent vector in the layout that sparse attention needs with FP8."""

BLOCK = 16
"""Tokens of a block of the cache."""


@dataclass(frozen=True)
class KvCache:
    """What the layers of one GPU keep.

    Attributes:
        layers: Those of one pipeline stage.
        tensor_parallel: GPUs that share each layer.
        bits: Of a number in the cache.
        state_bytes: Of a number of the convolution's and of the recurrent state.
        batched: Tokens of the engine's steps under way; a window is that much longer while a prompt is read.
        windowed: Whether the engine frees what has left a window (its hybrid allocator is on).
    """

    layers: tuple[Layer, ...]
    tensor_parallel: int
    bits: int
    state_bytes: tuple[int, int]
    batched: int
    windowed: bool = True

    def layer_bytes(self, layer: Layer) -> int:
        """Bytes that one token takes in a layer; heads are shared out, and repeated when there are too few."""
        if layer.kind in ("state", "shared", "none"):
            return 0
        if layer.kind == "latent":
            sparse = layer.index and self.bits == 8
            return (_SPARSE_FP8_BYTES if sparse else layer.key_dim * self.bits // 8) + layer.index
        heads = max(1, layer.kv_heads // self.tensor_parallel)
        return heads * (layer.key_dim + layer.value_dim) * self.bits // 8

    def token_bytes(self) -> int:
        """Bytes of a token while it is within every window."""
        return sum(self.layer_bytes(layer) for layer in self.layers)

    def long_token_bytes(self) -> int:
        """Bytes that a token keeps once it has left the windows."""
        return sum(self.layer_bytes(layer) for layer in self.layers if not self._frees(layer))

    def sequence_bytes(self, tokens: int) -> int:
        """Bytes of one sequence, at most, while it grows to a length.

        Layers of different kinds come in groups of one size, as the allocator makes them: the last group of a kind is
        filled up with layers that are not there.
        """
        group = _group_size(list(self._kept.values()))
        total = self._states
        for layer, count in self._kept.items():
            filled = -(-count // group) * group
            total += filled * self._tokens(layer, tokens) * self.layer_bytes(layer)
        return total

    def longest(self, available: int, limit: int) -> int:
        """The longest sequence that fits into some bytes, up to a limit; 0 when none does."""
        low, high = 0, limit
        while low < high:
            middle = (low + high + 1) // 2
            if self.sequence_bytes(middle) <= available:
                low = middle
            else:
                high = middle - 1
        return low

    @cached_property
    def _kept(self) -> Counter[Layer]:
        """How many layers of each kind keep tokens."""
        return Counter(layer for layer in self.layers if self.layer_bytes(layer))

    @cached_property
    def _states(self) -> int:
        """Bytes of the states of a sequence."""
        return sum(self._state_of(layer) for layer in self.layers if layer.kind == "state")

    def _frees(self, layer: Layer) -> bool:
        return self.windowed and layer.kind in ("sliding", "chunked")

    def _tokens(self, layer: Layer, tokens: int) -> int:
        """Tokens that a layer holds at most, in whole blocks; a window need not begin where a block does."""
        if not self._frees(layer):
            return _blocks(tokens) * BLOCK
        own = layer.window + self.batched - (layer.kind == "sliding")
        return (_blocks(min(own, tokens)) + (layer.kind == "sliding")) * BLOCK

    def _state_of(self, layer: Layer) -> int:
        convolution, recurrent = layer.state or (0, 0)
        return (convolution * self.state_bytes[0] + recurrent * self.state_bytes[1]) // self.tensor_parallel


def kv_bits(dtype: str | None, model_bytes: int, config_says_fp8: bool) -> int | None:
    """Bits of a number in the cache.

    Args:
        dtype: The setting ``kv_cache_dtype``.
        model_bytes: Of a number in the model's own type.
        config_says_fp8: Whether the checkpoint brings scales for an FP8 cache.

    Returns:
        None for a type that is not known.
    """
    if dtype in (None, "auto"):
        return 8 if config_says_fp8 else 8 * model_bytes
    return _BITS.get(str(dtype))


def _blocks(tokens: int) -> int:
    return -(-tokens // BLOCK)


def _group_size(counts: list[int]) -> int:
    """Layers in a group: of the kind that has fewest, or of the one with most where the two are close."""
    if not counts:
        return 1
    fewest, most = min(counts), max(counts)
    return most if most < 1.5 * fewest else fewest
