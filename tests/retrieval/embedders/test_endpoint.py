import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.loopback_server import Fault, LoopbackServer
from genops.errors import InputError, ModelRefused, RateLimited, ServerFailed, Unfinished, UsageError
from genops.index_settings import EmbedderSettings
from genops.models import retry
from genops.retrieval import VectorCache, build_index, embed_texts, embedder_named, open_index
from genops.retrieval.embedders.endpoint import EndpointEmbedder
from genops.settings import Settings

ROOT = Path(__file__).parents[3]
TEXTS = [f"text number {number}" for number in range(10)]


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(retry, "FIRST_DELAY", 0.001)
    with LoopbackServer() as server:
        yield server


@pytest.fixture
def embedder(server, tmp_path):
    """Makes an embedder on the server."""

    def made(**fields):
        settings = {"model": "vllm/BAAI/bge-m3", "base_url": server.url, "window": 512, **fields}
        return EndpointEmbedder(Settings(root=tmp_path), "mine", EmbedderSettings(**settings))

    return made


def asked(server):
    return [request.body["input"] for request in server.requests]


def test_vectors_come_in_batches_in_the_order_of_the_texts(embedder, server):
    vectors = embedder(batch=3).encode(TEXTS)
    assert vectors == pytest.approx(embedder().encode(TEXTS), abs=1e-6)
    assert vectors.shape == (10, 16)
    assert vectors.dtype == np.float32
    assert sorted(map(len, asked(server)[:4])) == [1, 3, 3, 3]
    assert server.requests[0].body["model"] == "BAAI/bge-m3"


def test_batches_are_under_way_together_and_not_all_at_once(embedder, server):
    server.latency = 0.05
    embedder(batch=1).encode([f"text {number}" for number in range(24)])
    assert server.busiest == 8


def test_vectors_are_brought_to_unit_length(embedder, server):
    server.embed = lambda body: {"data": [{"index": 0, "embedding": [3.0, 4.0]}]}
    assert embedder().encode(["text"]).tolist() == [[pytest.approx(0.6), pytest.approx(0.8)]]


def test_a_vector_of_zeros_points_nowhere(embedder, server):
    server.embed = lambda body: {"data": [{"index": 0, "embedding": [0.0, 0.0]}]}
    with pytest.raises(Unfinished, match="'mine' gave a vector of zeros"):
        embedder().encode(["text"])


def test_each_role_has_its_prefix_which_counts(embedder, server):
    prefixed = embedder(query_prefix="query: ", passage_prefix="passage: ")
    prefixed.encode(["text"], "query")
    prefixed.encode(["text"])
    assert asked(server) == [["query: text"], ["passage: text"]]
    assert prefixed.count_tokens("text") == embedder().count_tokens("passage: text")


def test_a_dimension_is_asked_for_when_it_is_set(embedder, server):
    short = embedder(dimension=4)
    assert short.dimension == 4
    assert short.encode(["text"]).shape == (1, 4)
    assert server.requests[0].body["dimensions"] == 4


def test_a_dimension_that_is_not_known_is_asked_once(embedder, server):
    plain = embedder()
    assert (plain.dimension, plain.dimension) == (16, 16)
    assert len(server.requests) == 1
    other = embedder()
    other.encode(["text"])
    assert other.dimension == 16
    assert len(server.requests) == 2
    assert "dimensions" not in server.requests[0].body


def test_what_is_listed_of_a_model_needs_no_setting(tmp_path):
    known = EndpointEmbedder(Settings(root=tmp_path), "small", EmbedderSettings(model="openai/text-embedding-3-small"))
    assert (known.dimension, known.window) == (1536, 8191)
    assert known.count_tokens("Hello, world!") == 4


def test_identity_is_what_decides_vectors_and_nothing_else(embedder):
    identity = embedder().identity()
    elsewhere = embedder(base_url="http://elsewhere/v1", api_key_env="OTHER", batch=1, languages=["pt"])
    assert elsewhere.identity() == identity
    for change in ({"dimension": 4}, {"query_prefix": "q"}, {"passage_prefix": "p"}, {"revision": "r"}, {"window": 64}):
        assert embedder(**change).identity() == {**identity, **change}
    assert embedder(model="vllm/other").identity() != identity


def test_the_key_comes_from_the_named_variable_and_is_missed_by_name(embedder, server, monkeypatch):
    keyed = embedder(api_key_env="LOOPBACK_KEY")
    monkeypatch.delenv("LOOPBACK_KEY", raising=False)
    with pytest.raises(
        UsageError, match=r"embedder 'mine'.*LOOPBACK_KEY is not set\n.*\[tool\.genops\.embedders\.mine\]"
    ):
        keyed.encode(["text"])
    assert server.requests == []
    monkeypatch.setenv("LOOPBACK_KEY", "s3cret")
    keyed.encode(["text"])
    assert server.requests[0].headers["Authorization"] == "Bearer s3cret"


def test_what_heals_is_tried_again(embedder, server):
    server.fail(Fault("status", 429, headers={"Retry-After": "0.01"}), Fault("status", 500), Fault("not_json"))
    assert embedder().encode(["text"]).shape == (1, 16)
    assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("fault", "error", "hint"),
    [
        (Fault("status", 429), RateLimited, "try again later"),
        (Fault("status", 500), ServerFailed, "try again later"),
        (Fault("status", 400), ModelRefused, "correct the embedder in the settings"),
        (Fault("not_json"), ServerFailed, "check that base_url"),
        (Fault("reset"), Unfinished, "base_url of the embedder 'mine'"),
    ],
    ids=lambda value: f"{value.kind}-{value.status}" if isinstance(value, Fault) else "",
)
def test_what_does_not_heal_is_one_error_that_says_what_to_do(embedder, server, fault, error, hint):
    server.fail(*[fault] * 100)
    with pytest.raises(error, match=hint):
        embedder(batch=2).encode(TEXTS)


def test_fewer_vectors_than_texts_are_a_failure(embedder, server):
    server.embed = lambda body: {"data": [{"index": 0, "embedding": [1.0]}]}
    with pytest.raises(ServerFailed, match=r"1 vectors numbered .* for 2 texts"):
        embedder().encode(["one", "two"])


def test_vectors_of_several_lengths_are_a_failure(embedder, server):
    server.embed = lambda body: {"data": [{"index": 0, "embedding": [1.0] * len(body["input"][0])}]}
    with pytest.raises(ServerFailed, match="vectors of 2 different lengths"):
        embedder(batch=1).encode(["a", "bb"])


def test_a_text_beyond_the_window_is_not_sent(embedder, server):
    with pytest.raises(InputError, match="a text of 514 tokens, and mine reads 512"):
        embedder().encode(["1" * 512])
    assert server.requests == []
    assert embed_texts(embedder(), ["1" * 2000]).shape == (1, 16)
    assert all(len(text) <= 510 for texts in asked(server) for text in texts)


def test_a_provider_without_vectors_says_so(embedder):
    with pytest.raises(UsageError, match=r"embedder 'mine' \(offline/extractive\): its provider gives no vectors"):
        embedder(model="offline/extractive", base_url=None).encode(["text"])


def test_an_index_over_a_server_asks_once_for_each_text(project, server):
    (project / "genops.toml").write_text(
        f'[embedders.served]\nmodel = "vllm/bge"\nbase_url = "{server.url}"\nwindow = 64\nquery_prefix = "query: "\n'
        '[indexes.docs]\nsources = ["docs/*"]\nembedder = "served"\nchunk_tokens = 32\noverlap_tokens = 8\n'
    )
    from genops.settings import load_settings

    settings = load_settings(project)
    build_index(settings, "docs")
    passages = [text for texts in asked(server) for text in texts]
    assert len(passages) == len(set(passages))
    assert open_index(settings, "docs").search("bread is baked from flour and water", 1)[0].uri == "docs/notes.txt"
    assert asked(server)[-1] == ["query: bread is baked from flour and water"]


def test_the_cache_saves_calls(embedder, server, tmp_path):
    cache = VectorCache(tmp_path / "vectors.db")
    first = embed_texts(embedder(), TEXTS, cache=cache)
    calls = len(server.requests)
    assert np.array_equal(embed_texts(embedder(), TEXTS, cache=cache), first)
    assert len(server.requests) == calls


async def test_a_running_loop_is_no_hindrance(embedder):
    assert embedder().encode(["text"]).shape == (1, 16)


@pytest.mark.slow
def test_a_process_that_embedded_ends_without_a_word(server, tmp_path):
    code = """
import sys
from pathlib import Path
from genops.index_settings import EmbedderSettings
from genops.retrieval.embedders.endpoint import EndpointEmbedder
from genops.settings import Settings
embedder = EmbedderSettings(model="vllm/bge", base_url=sys.argv[1], window=64)
print(EndpointEmbedder(Settings(root=Path(sys.argv[2])), "mine", embedder).encode(["text"]).shape)
print("torch" in sys.modules, "litellm" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", code, server.url, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert (done.stdout, done.stderr) == ("(1, 16)\nFalse False\n", "")


@pytest.mark.slow
def test_other_providers_are_reached_through_litellm(server, tmp_path, monkeypatch):
    monkeypatch.setenv("LOOPBACK_KEY", "s3cret")
    settings = Settings(
        root=tmp_path,
        embedders={
            "mine": EmbedderSettings(
                model="litellm/openai/bge", base_url=server.url, api_key_env="LOOPBACK_KEY", window=64
            )
        },
    )
    found = embedder_named(settings, "mine")
    server.fail(Fault("status", 503))
    assert found.encode(TEXTS).shape == (10, 16)
    assert server.requests[0].headers["Authorization"] == "Bearer s3cret"
