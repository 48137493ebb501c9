import pytest

from genops.errors import InputError
from genops.index_settings import SearchSettings
from genops.retrieval import Document, build_index, current_digest, list_snapshots, open_index
from genops.retrieval.experiment import run_of, tune_search
from genops.retrieval.quality import JudgedQueries

TOPICS = ("tea", "whales", "bread", "locks", "rain", "glass", "rust", "maps")


@pytest.fixture
def judged(settings_for, project):
    """An index of records, one for each topic, and two queries for each."""
    lines = (f'{{"_id": "{topic}", "text": "All that is known of {topic} and nothing else."}}' for topic in TOPICS)
    (project / "corpus.jsonl").write_text("\n".join(lines))
    settings = settings_for(sources=[{"path": "corpus.jsonl", "id": "_id", "text": "text"}])
    build_index(settings, "docs")
    queries = {f"{topic}-{n}": text for topic in TOPICS for n, text in enumerate((topic, f"what is known of {topic}"))}
    return settings, JudgedQueries(queries, {query: {query.partition("-")[0]: 1} for query in queries})


def test_a_run_names_documents_as_the_judgements_do(judged):
    settings, queries = judged
    run = run_of(open_index(settings, "docs"), queries.queries, TOPICS)
    assert run.keys() == queries.queries.keys()
    assert all(max(found, key=found.get) == query.partition("-")[0] for query, found in run.items())
    assert set(run["tea-0"]) <= set(TOPICS)


def test_other_settings_give_another_run(judged):
    settings, queries = judged
    index = open_index(settings, "docs")
    words = run_of(index, queries.queries, TOPICS, SearchSettings(mode="bm25"))
    assert set(words["tea-0"]) == {"tea"}
    assert len(run_of(index, queries.queries, TOPICS)["tea-0"]) > 1


def test_tuning_tries_every_configuration_and_leaves_nothing_behind(judged):
    settings, queries = judged
    before = current_digest(settings, "docs")
    tuning = tune_search(settings, "docs", queries, chunk_tokens=[24])
    tried = [trial.configuration for trial in tuning.trials]
    assert {configuration["chunk_tokens"] for configuration in tried} == {24, 32}
    assert {configuration["mode"] for configuration in tried} == {"dense", "bm25", "hybrid"}
    assert tuning.best in tried
    assert tuning.default["dense_weight"] == SearchSettings().dense_weight
    assert current_digest(settings, "docs") == before
    assert len(list_snapshots(settings, "docs")) == 1


@pytest.mark.parametrize("size", [-1, 0, 5, 15])
def test_a_size_that_the_settings_refuse_is_not_tried(judged, size):
    settings, queries = judged
    with pytest.raises(InputError, match=f"chunk_tokens cannot be {size}: .*greater than or equal to 16"):
        tune_search(settings, "docs", queries, chunk_tokens=[size])


def test_sizes_of_chunks_need_sources(settings_for, judged):
    _, queries = judged
    settings = settings_for(sources=[])
    build_index(settings, "docs", [Document("tea", "tea", "Tea.")])
    with pytest.raises(InputError, match="no other sizes of chunks can be tried"):
        tune_search(settings, "docs", queries, chunk_tokens=[24])
