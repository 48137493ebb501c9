"""Scorers of retrieval with known ids, and of citations."""

import random

import pytest
from ir_measures import RR, P, R, iter_calc, nDCG

from genops.errors import DefinitionError
from genops.evals import Case
from genops.evals.scorers.citations import read_citations
from genops.evals.scorers.context_precision import context_precision
from genops.evals.scorers.context_recall import context_recall
from genops.evals.scorers.mrr import mrr
from genops.evals.scorers.ndcg import ndcg
from genops.executor import run_sync
from tests.evals.scorers.conftest import Bench

DOCUMENTS = (
    "Cats sleep most of the day.",
    "Dogs bark at strangers and cats.",
    "Fish swim in water all day.",
    "Birds sing in the morning.",
)
CHAIN = """
    inputs: {question: str}
    steps:
      search: {retrieve: pets, query: "{{ inputs.question }}", k: 2}
      answer: {prompt: ask, with: {question: go}}
    output: "{{ steps.answer.output }}"
    """


class Retrieved:
    """A context of scorers that have retrieved chunks of these ids."""

    def __init__(self, ids):
        self.ids = ids

    async def retrieved(self):
        return [
            {"chunk_id": name, "document": name, "uri": name, "text": name, "start": 0, "end": 9} for name in self.ids
        ]


@pytest.fixture
def pets(bench: Bench) -> Bench:
    """Asks for cats and finds two documents; the answer is ``said``."""
    bench.site.prompt("ask")
    return bench


def answered(bench: Bench, said: str, **metadata) -> list[dict]:
    """Runs the chain; what it has retrieved."""
    bench.site.scripted(f"rules: [{{text: {said!r}}}]")
    bench.site.index("pets", *DOCUMENTS)
    bench.run(CHAIN, case=Case("c1", {"question": "cats sleep, dogs bark, cats sleep"}, metadata=metadata))
    found = next(span for span in bench.spans if span.kind == "retrieve")
    return bench.site.trace(bench.sample.run.id).value(found.output)


def test_what_should_be_found_is_named_by_chunk_document_uri_or_span(pets: Bench):
    first, second = answered(pets, "Cats sleep.", sources=["pets/0.md", "pets/3.md"])
    assert first["uri"] == "pets/0.md"
    for wanted in (
        first["chunk_id"],
        first["document"],
        "pets/0.md",
        {"uri": "pets/0.md"},
        {"document": first["document"], "start": 0, "end": 10},
        first,
    ):
        assert pets.value({"context_recall": [wanted]}) == 1
        assert pets.value({"context_precision": [wanted]}) == 0.5
        assert pets.value({"mrr": [wanted]}) == 1
    assert pets.value({"mrr": [second["uri"]]}) == 0.5
    assert pets.value({"mrr": [second["uri"]], "k": 1}) == 0
    assert pets.value({"context_recall": ["pets/0.md", "pets/0.md", "pets/9.md"]}) == 0.5
    score = pets.score({"context_recall": "{{ metadata.sources }}"})
    assert (score.value, score.explanation) == (0.5, "not retrieved: pets/3.md")


@pytest.mark.parametrize(("span", "found"), [((0, 27), 1), ((14, 40), 1), ((20, 200), 0), ((27, 40), 0), ((2, 4), 1)])
def test_a_span_is_found_by_a_passage_that_shares_half_of_the_shorter(pets: Bench, span, found):
    answered(pets, "Cats sleep.")
    place = {"uri": "pets/0.md", "start": span[0], "end": span[1]}
    assert pets.value({"context_recall": [place]}) == found


def test_a_span_that_ends_before_its_start_is_no_place(pets: Bench):
    with pytest.raises(DefinitionError, match="a span ends behind its start, not at 0 after 27"):
        pets.value({"context_recall": [{"uri": "pets/0.md", "start": 27, "end": 0}]})


def test_a_case_to_which_nothing_is_relevant_is_unscored(pets: Bench):
    answered(pets, "x", sources=[])
    assert "list what should be found" in pets.unscored({"context_recall": "{{ metadata.sources }}"})
    assert "metadata" in pets.unscored({"context_recall": "{{ metadata.other }}"})


def test_a_run_that_searches_nothing_is_unscored(pets: Bench):
    pets.site.scripted("rules: [{text: x}]")
    pets.run("steps: {say: {prompt: ask, with: {question: go}}}")
    assert "needs a chain that retrieves" in pets.unscored({"context_recall": ["a"]})


@pytest.mark.parametrize("wanted", [{"start": 1, "end": 2}, {"uri": "a", "start": 1}, 3])
def test_a_place_that_is_none_is_refused_when_the_suite_is_read(pets: Bench, wanted):
    with pytest.raises(DefinitionError, match="context_recall"):
        pets.score({"context_recall": [wanted]})


@pytest.mark.parametrize("k", [1, 3, 10])
def test_the_measures_are_those_of_ir_measures(k: int):
    draw = random.Random(3)
    ids = [f"d{number}" for number in range(12)]
    for _ in range(40):
        found, relevant = draw.sample(ids, 10), draw.sample(ids, draw.randint(1, 5))
        run = {"q": {name: float(len(found) - rank) for rank, name in enumerate(found)}}
        qrels = {"q": dict.fromkeys(relevant, 1)}
        wanted = {str(m.measure): m.value for m in iter_calc([R @ k, P @ k, RR @ k, nDCG @ k], qrels, run)}
        ours = [
            run_sync(scorer(None, relevant, k=k, context=Retrieved(found))).value
            for scorer in (context_recall, context_precision, mrr, ndcg)
        ]
        assert ours == pytest.approx([wanted[f"R@{k}"], wanted[f"P@{k}"], wanted[f"RR@{k}"], wanted[f"nDCG@{k}"]])


def test_ndcg_counts_what_is_found_twice_once():
    assert run_sync(ndcg(None, ["a"], context=Retrieved(["b", "a", "a"]))).value == pytest.approx(0.6309, abs=1e-4)


@pytest.mark.parametrize(
    ("said", "precision", "recall"),
    [
        ("Cats sleep. [1] Dogs bark. [2]", 1, 1),
        ("Cats sleep [1]. Dogs bark [1, 2].", 1, 1),
        ("Cats sleep [1]. Dogs bark.", 1, 0.5),
        ("Cats sleep [1]. Dogs bark [3].", 0.5, 0.5),
        ("Cats sleep [0].", 0, 0),
        ("Cats sleep.", 0, 0),
        ("Take `hits[1]`.", 0, 0),
        (f"Cats sleep [1]. Dogs bark [{'9' * 5000}].", 0.5, 0.5),
        ("Take `a. B [5]` now [1].", 1, 0.5),
    ],
)
def test_citations_of_a_text_are_numbers_of_passages(pets: Bench, said, precision, recall):
    answered(pets, said)
    assert pets.value("citation_precision") == precision
    assert pets.value("citation_recall") == recall


def cited(number=1, uri="pets/0.md", start=0, end=10):
    return {"number": number, "uri": uri, "start": start, "end": end}


@pytest.mark.parametrize(
    ("citations", "precision", "recall"),
    [
        ([cited(1), cited(2, "pets/1.md")], 1, 1),
        ([cited(1), cited(2, "pets/9.md")], 0.5, 0.5),
        ([cited(1), cited(2, end=1000)], 0.5, 0.5),
        ([cited(1), cited(2, start=5, end=5)], 0.5, 0.5),
        ([cited(1), "pets/1.md"], 0.5, 0.5),
        ([cited(1)], 0.5, 0.5),
        ([cited(1), cited("2", "pets/1.md")], 1, 1),
        ([cited(1), cited([2], "pets/1.md")], 1, 1),
        ([cited(1), cited(2, "pets/1.md"), cited(3, "pets/9.md")], 2 / 3, 1),
        ([], 0, 0),
    ],
)
def test_citations_of_a_mapping_are_spans_in_passages(pets: Bench, citations, precision, recall):
    found = answered(pets, "x", output={"answer": "Cats sleep [1]. Dogs bark [2].", "citations": citations})
    assert [hit["uri"] for hit in found] == ["pets/0.md", "pets/1.md"]
    entry = {"of": "{{ metadata.output }}"}
    assert pets.value({"citation_precision": None, **entry}) == pytest.approx(precision)
    assert pets.value({"citation_recall": None, **entry}) == pytest.approx(recall)


def test_what_is_no_answer_with_citations_is_unscored(pets: Bench):
    answered(pets, "x", output={"text": "Cats."})
    assert "set `of`" in pets.unscored({"citation_precision": None, "of": "{{ metadata.output }}"})


def test_an_empty_answer_cites_nothing(pets: Bench):
    answered(pets, "x")
    assert pets.value({"citation_recall": None, "of": ""}) == 0
    assert pets.score({"citation_precision": None, "of": ""}).label == "cites nothing"


def test_embedding_similarity_is_the_cosine_to_the_nearest_reference(pets: Bench):
    answered(pets, "Cats sleep.")
    vectors = pets.site.project.vectors(["Cats sleep.", "cats sleep", "dogs bark"])
    score = pets.score({"embedding_similarity": ["dogs bark", "cats sleep"]})
    assert score.value == pytest.approx(max(vectors[1:] @ vectors[0]), abs=1e-6)
    assert score.evidence[0].text == "cats sleep"
    assert pets.value({"embedding_similarity": "Cats sleep."}) == pytest.approx(1)
    assert pets.value({"embedding_similarity": "cats", "of": ""}) == 0
    assert "expected" in pets.unscored("embedding_similarity")


def test_an_answer_of_very_many_signs_is_read():
    for part in ("!", ". [1]", "[1,", "`", "a\n\n"):
        assert read_citations(part * (200_000 // len(part)), []).sentences() is not None
