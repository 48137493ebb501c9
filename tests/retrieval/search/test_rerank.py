"""Reranking by a cross-encoder: a small one with random weights, made on the spot."""

import numpy as np
import pytest

from genops.errors import DefinitionError, SnapshotError
from genops.index_settings import SearchSettings
from genops.retrieval import build_index, open_index, status
from genops.retrieval.search.rerank import cross_encoder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "lock", "replay", "whales", "bread", "digest", "sea", "command", "model"]


def write_cross_encoder(folder, labels=1):
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = Lowercase(), Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=128, num_labels=labels, initializer_range=1.0,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_best_are_put_into_the_cross_encoders_order(settings, project, passages):
    write_cross_encoder(project / "models" / "reranker")
    snapshot = build_index(settings, "docs")
    index = open_index(settings, "docs")
    plain = index.search("lock digest whales", 10)
    how = SearchSettings(rerank="./models/reranker", rerank_top=3)
    hits = index.search("lock digest whales", 3, how=how)
    assert {hit.chunk_id for hit in hits} == {hit.chunk_id for hit in plain[:3]}
    texts = {passage.id: passage.embedded_text for _, passage in passages(snapshot)}
    model = cross_encoder(str(project / "models" / "reranker"), None)
    logits = model.predict([("lock digest whales", texts[hit.chunk_id]) for hit in hits])
    assert [hit.ranks["rerank"].raw for hit in hits] == pytest.approx(list(logits), abs=1e-4)
    assert [hit.score for hit in hits] == pytest.approx(list(1 / (1 + np.exp(-logits))), abs=1e-4)
    assert [hit.ranks["rerank"].rank for hit in hits] == [hit.rank for hit in hits] == [1, 2, 3]
    assert hits[0].ranks["dense"].raw == pytest.approx(
        next(hit for hit in plain if hit.chunk_id == hits[0].chunk_id).ranks["dense"].raw
    )


def test_a_cross_encoder_that_is_not_there_is_an_error_that_names_it(settings):
    build_index(settings, "docs")
    with pytest.raises(DefinitionError, match=r"there is no cross-encoder in .*models/none"):
        open_index(settings, "docs").search("lock", 1, how=SearchSettings(rerank="./models/none"))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_model_of_the_hub_that_cannot_be_had_says_what_to_name(settings, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    build_index(settings, "docs")
    with pytest.raises(DefinitionError, match=r"cross-encoder/nothing.* cannot be loaded"):
        open_index(settings, "docs").search(
            "lock", 1, how=SearchSettings(rerank="cross-encoder/nothing", rerank_revision="0" * 40)
        )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_cross_encoder_never_leaves_fewer_than_are_asked_for(settings, project):
    write_cross_encoder(project / "models" / "reranker")
    build_index(settings, "docs")
    index = open_index(settings, "docs")
    plain = index.search("lock digest whales", 4)
    hits = index.search("lock digest whales", 4, how=SearchSettings(rerank="./models/reranker", rerank_top=2))
    assert {hit.chunk_id for hit in hits} == {hit.chunk_id for hit in plain}
    assert all(hit.ranks["rerank"].rank == hit.rank for hit in hits)


@pytest.mark.parametrize("revision", [None, "main", "v1.0", "0" * 39])
def test_a_model_of_the_hub_needs_a_commit(settings, settings_for, revision):
    how = SearchSettings(rerank="cross-encoder/some", rerank_revision=revision)
    build_index(settings, "docs")
    with pytest.raises(DefinitionError, match="cross-encoder/some needs a pinned revision") as raised:
        open_index(settings, "docs").search("lock", 1, how=how)
    assert "rerank_revision" in raised.value.hint
    with pytest.raises(DefinitionError, match="needs a pinned revision"):
        build_index(settings_for(search=how), "docs")


def write_weights(folder, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(content)
    (folder / "config.json").write_text("{}")


def test_the_weights_of_a_folder_are_a_part_of_what_is_searched(settings_for, project):
    settings = settings_for(search=SearchSettings(rerank="./models/reranker"))
    write_weights(project / "models/reranker", b"one")
    first = build_index(settings, "docs")
    index = open_index(settings, "docs")
    write_weights(project / "models/reranker", b"two")
    with pytest.raises(SnapshotError, match=r"cross-encoder './models/reranker' is another"):
        index.search("lock", 1)
    assert status(settings, "docs").settings_changed
    assert build_index(settings, "docs").digest != first.digest
    write_weights(project / "models/reranker", b"one")
    assert build_index(settings, "docs").digest == first.digest


def test_a_cross_encoder_that_is_not_there_is_found_when_it_is_built_with(settings_for):
    with pytest.raises(DefinitionError, match=r"there is no cross-encoder in .*models/none"):
        build_index(settings_for(search=SearchSettings(rerank="./models/none")), "docs")
