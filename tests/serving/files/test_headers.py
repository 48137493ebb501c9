"""Files of weights by their headers: safetensors and GGUF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genops.errors import DefinitionError
from genops.serving.files.gguf_file import read_gguf
from genops.serving.files.safetensors_file import read_safetensors
from genops.serving.files.tensor import Tensor
from tests.serving.folders import make_gguf, write_safetensors


def test_tensors_have_names_shapes_and_sizes(tmp_path: Path) -> None:
    tensors = [Tensor("a", "BF16", (3, 5), 30), Tensor("b", "F8_E4M3", (7,), 7), Tensor("c", "I32", (2, 2), 16)]
    write_safetensors(tmp_path / "w.safetensors", tensors)
    assert sorted(read_safetensors(tmp_path / "w.safetensors"), key=lambda one: one.name) == tensors


def test_a_file_that_the_library_wrote_is_read_alike(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"x": np.zeros((4, 6), dtype=np.float16)}, tmp_path / "w.safetensors")
    assert read_safetensors(tmp_path / "w.safetensors") == (Tensor("x", "F16", (4, 6), 48),)


@pytest.mark.parametrize("keep", [0, 4, 60, -1])
def test_a_file_that_was_cut_off_is_known(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "w.safetensors"
    write_safetensors(path, [Tensor("a", "BF16", (30, 50), 3000)])
    data = path.read_bytes()
    path.write_bytes(data[:keep])
    with pytest.raises(DefinitionError, match="not a whole safetensors file"):
        read_safetensors(path)


def test_a_page_of_an_error_in_place_of_weights_is_known(tmp_path: Path) -> None:
    (tmp_path / "w.safetensors").write_text("<html>404 Not Found: the file has moved somewhere else</html>")
    with pytest.raises(DefinitionError, match="something else was saved under its name"):
        read_safetensors(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("model.layers.17.mlp.up_proj.weight", 17),
        ("transformer.h.3.attn.c_attn.weight", 3),
        ("blk.5.attn_q.weight", 5),
        ("model.language_model.layers.0.norm.weight", 0),
        ("lm_head.weight", None),
    ],
)
def test_a_tensor_belongs_to_a_layer(name: str, layer: int | None) -> None:
    assert Tensor(name, "F32", (1,), 4).layer == layer


def test_the_header_of_a_gguf_file_says_all(tmp_path: Path) -> None:
    file = read_gguf(make_gguf(tmp_path / "a.gguf"))
    assert file.architecture == "llama"
    assert file.of_architecture("context_length") == 2048
    assert file.of_architecture("no_such") is None
    assert file.fields["tokenizer.ggml.tokens"] == 300
    assert file.chat_template is not None
    assert {tensor.dtype for tensor in file.tensors} == {"F16", "Q8_0", "F32"}
    assert file.end == (tmp_path / "a.gguf").stat().st_size


def test_the_librarys_own_reader_finds_the_same_tensors(tmp_path: Path) -> None:
    from gguf import GGUFReader

    path = make_gguf(tmp_path / "a.gguf")
    own = {tensor.name: (tensor.nbytes, tensor.dtype) for tensor in read_gguf(path).tensors}
    assert own == {tensor.name: (int(tensor.n_bytes), tensor.tensor_type.name) for tensor in GGUFReader(path).tensors}


@pytest.mark.parametrize("keep", [0, 3, 10, 100, 900])
def test_a_gguf_file_that_ends_in_its_header_is_known(tmp_path: Path, keep: int) -> None:
    path = make_gguf(tmp_path / "a.gguf")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DefinitionError, match="not a whole GGUF file"):
        read_gguf(path)


def test_what_is_no_gguf_file_is_known(tmp_path: Path) -> None:
    (tmp_path / "a.gguf").write_bytes(b"PK\3\4" + bytes(100))
    with pytest.raises(DefinitionError, match="not a whole GGUF file"):
        read_gguf(tmp_path / "a.gguf")
