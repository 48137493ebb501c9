"""BERT with mean pooling in numpy: what a search needs of a small model, without seconds of imports.

sentence-transformers, torch and transformers take 4 to 7 s to import, and the vector of a query takes 10 ms. So a
model of the plain kind (Devlin et al. 2018, arXiv:1810.04805, with the mean over the tokens) is read here for little
work; the tests hold its vectors to those of the library within 1e-6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from genops.blas import one_blas_thread
from genops.retrieval.embedders.model_folder import ModelFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_PLAIN = {"model_type": "bert", "hidden_act": "gelu"}
_USUAL = {
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "dtype": "float32",
    "torch_dtype": "float32",
}
_MEASURES = {"num_hidden_layers", "num_attention_heads", "layer_norm_eps"}
_UNDERSTOOD = {"max_seq_length", "do_lower_case", "transformer_task", "modality_config", "module_output_name"}
_TABLES = ("word", "position", "token_type")
_PARTS = (
    *(f"attention.self.{name}" for name in ("query", "key", "value")),
    *(f"attention.output.{name}" for name in ("dense", "LayerNorm")),
    "intermediate.dense",
    *(f"output.{name}" for name in ("dense", "LayerNorm")),
)


class Bert:
    """A BERT encoder. Calling it is safe from several threads.

    Args:
        weights: By their names in a checkpoint of transformers' ``BertModel``, float32.
        layers: How many.
        heads: Of attention, in each layer.
        epsilon: Of layer normalisation.
    """

    def __init__(self, weights: dict[str, Floats], layers: int, heads: int, epsilon: float) -> None:
        self._weights = weights
        self._layers = layers
        self._heads = heads
        self._epsilon = epsilon

    @classmethod
    def of(cls, folder: ModelFolder) -> Self | None:
        """The model of a folder; None when it is of another kind or cannot be read, which is the library's to say."""
        import numpy as np
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        if not (_is_plain(folder) and _pools_plainly(folder)):
            return None
        try:
            stored = load_file(folder.path / "model.safetensors")
        except (SafetensorError, OSError):
            return None
        weights = {name: weight for name, weight in stored.items() if not name.endswith("position_ids")}
        config = folder.config
        model = cls(weights, config["num_hidden_layers"], config["num_attention_heads"], config["layer_norm_eps"])
        if not model.names() <= weights.keys() or any(weight.dtype != np.float32 for weight in weights.values()):
            return None
        rows = {kind: len(weights[f"embeddings.{kind}_embeddings.weight"]) for kind in _TABLES}
        fits = folder.window <= rows["position"] and folder.tokenizer.get_vocab_size() <= rows["word"]
        return model if fits else None

    def names(self) -> set[str]:
        """The names of the weights that are used."""
        layers = [f"encoder.layer.{layer}.{part}" for layer in range(self._layers) for part in _PARTS]
        linear = {f"{part}.{kind}" for part in ("embeddings.LayerNorm", *layers) for kind in ("weight", "bias")}
        return linear | {f"embeddings.{kind}_embeddings.weight" for kind in _TABLES}

    def __call__(self, tokens: list[int]) -> Floats:
        """The mean of the tokens' vectors, of a text with its special tokens."""
        table = {kind: self._weights[f"embeddings.{kind}_embeddings.weight"] for kind in _TABLES}
        with one_blas_thread():
            states = table["word"][tokens] + table["position"][: len(tokens)] + table["token_type"][0]
            states = self._normal(states, "embeddings.LayerNorm")
            for layer in range(self._layers):
                states = self._layer(states, f"encoder.layer.{layer}")
            mean: Floats = states.mean(axis=0)
        return mean

    def _layer(self, states: Floats, name: str) -> Floats:
        mixed = self._linear(self._attention(states, f"{name}.attention.self"), f"{name}.attention.output.dense")
        states = self._normal(states + mixed, f"{name}.attention.output.LayerNorm")
        inner = _gelu(self._linear(states, f"{name}.intermediate.dense"))
        return self._normal(states + self._linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _attention(self, states: Floats, name: str) -> Floats:
        import numpy as np

        def heads(part: str) -> Floats:
            return self._linear(states, f"{name}.{part}").reshape(len(states), self._heads, -1).swapaxes(0, 1)

        query, key, value = heads("query"), heads("key"), heads("value")
        scores = query @ key.swapaxes(1, 2) / np.float32(np.sqrt(query.shape[2]))
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        scores /= scores.sum(axis=2, keepdims=True)
        mixed: Floats = (scores @ value).swapaxes(0, 1).reshape(states.shape)
        return mixed

    def _linear(self, states: Floats, name: str) -> Floats:
        return states @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]

    def _normal(self, states: Floats, name: str) -> Floats:
        import numpy as np

        centred = states - states.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred * centred).mean(axis=1, keepdims=True) + np.float32(self._epsilon))
        normal: Floats = centred / deviation * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return normal


def _is_plain(folder: ModelFolder) -> bool:
    config, transformer = folder.config, folder.read("sentence_bert_config.json", {})
    return (
        config.keys() >= _MEASURES
        and all(config.get(name) == value for name, value in _PLAIN.items())
        and all(config.get(name, value) == value for name, value in _USUAL.items())
        and transformer.keys() <= _UNDERSTOOD
        and not transformer.get("do_lower_case")
    )


def _pools_plainly(folder: ModelFolder) -> bool:
    kinds = [kind.rpartition(".")[2] for kind, _ in folder.modules]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return False
    (_, transformer), (_, pooling) = folder.modules[:2]
    whole = folder.read(f"{pooling}/config.json").get("include_prompt", True)
    return whole and not transformer and folder.pooling(pooling) in (["mean"], ["mean_tokens"])


def _gelu(x: Floats) -> Floats:
    """x Φ(x), with the error function of Abramowitz and Stegun 1964, 7.1.26, which is off by less than 1.5e-7."""
    import numpy as np

    size = np.abs(x) * np.float32(0.5**0.5)
    t = 1 / (1 + np.float32(0.3275911) * size)
    tail = np.zeros_like(t)
    for coefficient in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + np.float32(coefficient)) * t
    error = np.copysign(1 - tail * np.exp(-size * size), x)
    active: Floats = x * (1 + error) / np.float32(2)
    return active
