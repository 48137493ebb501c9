import logging
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from genops.retrieval import VectorCache, embed_texts
from genops.retrieval.embedders import vector_cache
from genops.settings import Settings
from tests.retrieval.hashing import HashingEmbedder, salted

ROOT = Path(__file__).parents[3]
WARNING = "the cache of vectors is not used"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vectors.db"


@pytest.fixture
def cache(path):
    cache = VectorCache(path)
    yield cache
    cache.close()


def keep(cache, texts, embedder=None):
    embedder = embedder or HashingEmbedder()
    vectors = embedder.encode(texts)
    cache.put(embedder, "passage", texts, vectors)
    return dict(zip(texts, vectors, strict=True))


def known(cache, texts, embedder=None):
    return set(cache.get(embedder or HashingEmbedder(), "passage", texts))


def test_a_vector_comes_back_bit_by_bit_also_from_another_process(cache, path):
    kept = keep(cache, ["one", "two"])
    found = VectorCache(path).get(HashingEmbedder(), "passage", ["two", "three", "one"])
    assert found.keys() == {"one", "two"}
    assert all(np.array_equal(found[text], kept[text]) for text in found)
    assert found["one"].dtype == np.float32


def test_a_cache_without_a_file_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cache, embedder = VectorCache(None), HashingEmbedder()
    for _ in range(2):
        embed_texts(embedder, ["one", "two"], cache=cache)
    assert sorted(embedder.encoded) == ["one", "one", "two", "two"]
    assert list(tmp_path.iterdir()) == []


def test_vectors_belong_to_an_embedder_and_a_role(cache):
    keep(cache, ["one"])
    assert known(cache, ["one"], salted()) == set()
    assert cache.get(HashingEmbedder(), "query", ["one"]) == {}


def test_the_cache_of_a_project_is_in_its_data_folder(tmp_path):
    keep(VectorCache.of(Settings(root=tmp_path)), ["one"])
    assert (tmp_path / ".genops/vectors.db").is_file()


def test_any_text_can_be_kept(cache):
    texts = ["", "\0", "\ud800", "😀", "x" * 100_000, "a\nb"]
    cache.put(HashingEmbedder(), "passage", texts, np.ones((6, 64), dtype=np.float32))
    assert known(cache, texts) == set(texts)


def test_many_are_asked_for_at_once(cache):
    texts = [f"text {number}" for number in range(2000)]
    keep(cache, texts)
    assert known(cache, texts) == set(texts)


def test_beyond_its_limit_those_that_were_not_used_for_longest_go(path, monkeypatch):
    now = [1_700_000_000.0]
    monkeypatch.setattr(vector_cache.time, "time", lambda: now[0])
    cache = VectorCache(path, limit=250_000)
    texts = [f"text {number}" for number in range(400)]
    keep(cache, texts)
    now[0] += 3 * 86_400
    assert len(known(cache, texts[:100])) == 100
    for start in range(0, 300, 50):
        keep(cache, [f"new {number}" for number in range(start, start + 50)])
    left = known(cache, texts)
    assert set(texts[:100]) <= left < set(texts)
    assert len(known(cache, [f"new {number}" for number in range(250, 300)])) == 50
    cache.close()
    assert path.stat().st_size < 400_000


def test_a_damaged_vector_is_a_miss_and_replaced(cache, path):
    keep(cache, ["one", "two"])
    with sqlite3.connect(path) as database:
        database.execute("UPDATE vectors SET vector = zeroblob(256) WHERE rowid = 1")
    assert known(cache, ["one", "two"]) == {"two"}
    keep(cache, ["one"])
    assert known(cache, ["one", "two"]) == {"one", "two"}


@pytest.mark.parametrize("trouble", ["not a database", "locked", "no folder", "another schema", "read-only"])
def test_trouble_with_the_file_is_one_warning_and_every_text_is_embedded(path, trouble, caplog, monkeypatch):
    monkeypatch.setattr(vector_cache, "_WAIT", 0.05)
    holder = None
    if trouble == "not a database":
        path.write_bytes(b"no database" * 1000)
    elif trouble == "locked":
        keep(VectorCache(path), ["one"])
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
    elif trouble == "no folder":
        path.parent.joinpath("file").touch()
        path = path.parent / "file" / "vectors.db"
    elif trouble == "another schema":
        sqlite3.connect(path).execute("CREATE TABLE vectors (other TEXT)")
    else:
        keep(VectorCache(path), ["one"])
        monkeypatch.setattr(vector_cache, "_open", lambda file: sqlite3.connect(f"file:{file}?mode=ro", uri=True))
    cache, embedder = VectorCache(path), HashingEmbedder()
    texts = [f"text {number}" for number in range(200)]
    with caplog.at_level(logging.WARNING):
        vectors = embed_texts(embedder, texts, cache=cache)
        embed_texts(embedder, texts, cache=cache)
    assert vectors == pytest.approx(HashingEmbedder().encode(texts), abs=1e-6)
    assert len(embedder.encoded) == 400
    assert [WARNING in record.getMessage() for record in caplog.records] == [True]
    assert str(path) in caplog.text
    if holder is not None:
        holder.close()


def test_a_full_disk_is_a_warning_too(cache, caplog):
    keep(cache, ["one"])
    cache._connection.execute("PRAGMA max_page_count = 1")
    with caplog.at_level(logging.WARNING):
        keep(cache, [f"text {number}" for number in range(1000)])
    assert "full" in caplog.text
    assert WARNING in caplog.text
    assert known(cache, ["one"]) == set()


def test_threads_share_one_cache(cache):
    texts = [f"text {number}" for number in range(400)]
    threads = [threading.Thread(target=keep, args=(cache, texts[start::8])) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert known(cache, texts) == set(texts)


@pytest.mark.slow
def test_two_processes_write_at_once(path):
    code = """
import sys
from pathlib import Path
from genops.retrieval import VectorCache
from tests.retrieval.hashing import HashingEmbedder
cache, embedder = VectorCache(Path(sys.argv[1])), HashingEmbedder()
for start in range(0, 2000, 50):
    texts = [f"{sys.argv[2]} {number}" for number in range(start, start + 50)]
    cache.put(embedder, "passage", texts, embedder.encode(texts))
"""
    command = [sys.executable, "-c", code, str(path)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT, stderr=subprocess.PIPE, text=True) for name in "ab"]
    assert [writer.communicate(timeout=60)[1] for writer in writers] == ["", ""]
    texts = [f"{name} {number}" for name in "ab" for number in range(2000)]
    assert known(VectorCache(path), texts) == set(texts)
