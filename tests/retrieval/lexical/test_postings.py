import numpy as np
import pytest

from genops.errors import SnapshotError
from genops.retrieval.lexical import Analyzer, Postings
from genops.retrieval.lexical import postings as module

TEXTS = ["replay replay trace", "", "trace of a lock", '\u2028 lock "quoted" lock lock']


def as_lists(postings):
    return (
        list(postings.terms),
        *(getattr(postings, name).tolist() for name in ("starts", "holders", "counts", "lengths")),
    )


@pytest.fixture
def analyzer():
    return Analyzer.of("und")


def test_a_term_knows_its_passages_and_how_often_it_is_there(analyzer):
    postings = Postings.of(TEXTS, analyzer)
    assert postings.rows == 4
    assert postings.terms == ["lock", "of", "quoted", "replay", "trace"]
    lock = slice(postings.starts[0], postings.starts[1])
    assert postings.holders[lock].tolist() == [2, 3]
    assert postings.counts[lock].tolist() == [1, 3]
    assert postings.lengths.tolist() == [3, 0, 3, 4]


def test_what_is_saved_is_loaded(analyzer, tmp_path):
    postings = Postings.of(TEXTS, analyzer)
    names = postings.save(tmp_path)
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    loaded = Postings.load(tmp_path)
    assert as_lists(loaded) == as_lists(postings)
    assert isinstance(loaded.holders, np.memmap)


@pytest.mark.parametrize("texts", [[], ["", "!"]])
def test_nothing_to_count_is_no_error(texts, analyzer, tmp_path):
    Postings.of(texts, analyzer).save(tmp_path)
    loaded = Postings.load(tmp_path)
    assert (loaded.rows, list(loaded.terms)) == (len(texts), [])


def test_the_same_texts_give_the_same_bytes(analyzer, tmp_path, monkeypatch):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    names = Postings.of(iter(TEXTS * 5), analyzer).save(tmp_path / "a")
    monkeypatch.setattr(module, "_BLOCK_WORDS", 4)  # counted in many blocks
    Postings.of(TEXTS * 5, analyzer).save(tmp_path / "b")
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_parts_join_into_what_all_their_texts_give(analyzer):
    whole = Postings.of([*TEXTS, "lock new"], analyzer)
    joined = Postings.joined([Postings.of(TEXTS[:1], analyzer), Postings.of([*TEXTS[1:], "lock new"], analyzer)])
    assert as_lists(joined) == as_lists(whole)


def test_dead_passages_are_left_out_of_what_is_joined(analyzer):
    parts = [Postings.of(TEXTS, analyzer), Postings.of(["lock new"], analyzer)]
    alive = np.array([True, False, False, True, True])
    assert as_lists(Postings.joined(parts, alive)) == as_lists(Postings.of([TEXTS[0], TEXTS[3], "lock new"], analyzer))


def test_a_term_may_be_very_frequent(analyzer):
    postings = Postings.of(["trace " * 70_000, "trace"], analyzer)
    assert postings.counts.tolist() == [70_000, 1]
    assert Postings.joined([Postings.of(["trace"], analyzer), postings]).counts.tolist() == [1, 70_000, 1]


@pytest.mark.parametrize("damage", ["missing", "empty", "other", "short"])
def test_damaged_files_are_an_error(damage, analyzer, tmp_path):
    names = Postings.of(TEXTS, analyzer).save(tmp_path)
    path = tmp_path / names[2]
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "other":
        np.save(path, np.zeros(2, dtype=np.int32))
    else:
        path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SnapshotError):
        Postings.load(tmp_path)


def test_pickled_arrays_are_refused(analyzer, tmp_path):
    names = Postings.of(TEXTS, analyzer).save(tmp_path)
    np.save(tmp_path / names[2], np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(SnapshotError):
        Postings.load(tmp_path)
