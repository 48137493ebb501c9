import json

import pytest

from genops.errors import DefinitionError
from genops.retrieval.embedders.model_folder import ModelFolder


def test_a_folder_says_what_its_model_is(model):
    folder = ModelFolder(model())
    assert (folder.window, folder.dimension, folder.prompts) == (20, 16, {})
    assert folder.count_tokens("w1 w2") == 4


def test_the_window_is_that_of_tokenizer_and_positions_where_no_other_is_given(model):
    assert ModelFolder(model(sentence_bert_config={})).window == 24
    assert ModelFolder(model(sentence_bert_config={}, tokenizer_config={"model_max_length": 16})).window == 16
    assert ModelFolder(model(sentence_bert_config={}, tokenizer_config={"model_max_length": 1e30})).window == 24


@pytest.mark.slow
def test_a_folder_as_the_library_saves_it_today_says_the_same(model, tmp_path):
    from sentence_transformers import SentenceTransformer

    before = ModelFolder(model())
    SentenceTransformer(str(before.path), device="cpu", prompts={"query": "query: "}).save(str(tmp_path / "saved"))
    saved = ModelFolder(tmp_path / "saved")
    assert (saved.window, saved.dimension) == (before.window, before.dimension)
    assert saved.prompts["query"] == "query: "
    assert saved.pooling("1_Pooling") == ["mean"]


def test_several_poolings_make_longer_vectors(model):
    assert ModelFolder(model(pooling={"pooling_mode_max_tokens": True})).dimension == 32
    assert ModelFolder(model(pooling={"pooling_mode": ["mean", "max", "cls"]})).dimension == 48


def test_hashes_follow_every_file_that_shapes_a_vector(model):
    def digests(**changes):
        return ModelFolder(model(**changes)).digests

    first = digests()
    (model() / "README.md").write_text("about it")
    assert digests() == first
    assert digests(seed=1)["weights"] != first["weights"]
    assert digests(sentence_bert_config={"max_seq_length": 19})["configuration"] != first["configuration"]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("model.safetensors", "it has no safetensors weights"),
        ("config.json", r"FileNotFoundError.*config\.json"),
        ("modules.json", r"FileNotFoundError.*modules\.json"),
    ],
)
def test_a_folder_without_a_model_is_refused(model, missing, words):
    folder = model()
    (folder / missing).unlink()
    with pytest.raises(DefinitionError, match=f"not a sentence-transformers model: {words}"):
        ModelFolder(folder)


@pytest.mark.parametrize("content", ["{", "[1, 2]", '{"hidden_size": "many"}', "{}"])
def test_so_is_one_whose_configuration_is_broken(model, content):
    folder = model()
    (folder / "config.json").write_text(content)
    with pytest.raises(DefinitionError, match="not a sentence-transformers model"):
        ModelFolder(folder)


def test_code_in_a_model_is_never_run(model):
    folder = model()
    (folder / "modules.json").write_text(json.dumps([{"path": "", "type": "evil.Transformer"}]))
    with pytest.raises(DefinitionError, match=r"evil\.Transformer is code of its own, which is never run"):
        ModelFolder(folder)


def test_a_tokenizer_that_cannot_be_read_is_named(model):
    folder = ModelFolder(model())
    (folder.path / "tokenizer.json").write_text("{}")
    with pytest.raises(DefinitionError, match=r"tokenizer\.json: the tokenizer cannot be read"):
        folder.count_tokens("w1")
