"""Suites whose variants are judged two by two."""

from __future__ import annotations

import json

import pytest

import genops
from genops.errors import DefinitionError
from genops.evals import define_suite, evaluate
from genops.evals.outcome import infrastructure_failed
from genops.evals.results import Results

CASES = [{"id": f"c{number}", "n": number, "cluster": str(number // 2)} for number in range(12)]
TOOLS = ("good", "fair", "bad")
STEPS = """
inputs: {n: int}
steps:
  a: {tool: good, with: {n: '{{ inputs.n }}'}}
output: {n: '{{ inputs.n }}'}
"""


@pytest.fixture
def arena(site):
    """A chain whose three variants give answers of known quality, and a judge that knows it and looks at nothing else.

    Between ``good`` and ``fair`` it prefers whatever stands first.
    """

    def tool(name):
        def answer(n: int) -> str:
            return f"{name} answer {n}" + " and more" * (name == "bad")

        answer.__name__ = name
        return genops.tool(answer)

    for name in TOOLS:
        tool(name)

    def first_is(name, other, verdict):
        return {
            "when": {"user": rf"(?s)first answer⟧\n{name} .*second answer⟧\n{other} "},
            "text": json.dumps({"reasoning": "so", "verdict": verdict}),
        }

    rules = [
        first_is("good", "fair", "first"),
        first_is("fair", "good", "first"),
        first_is("(good|fair)", "bad", "first"),
        first_is("bad", "(good|fair)", "second"),
    ]
    site.scripted(json.dumps({"rules": rules}))
    site.write("chains/main.yaml", "inputs: {n: int}\nsteps: {a: {tool: good, with: {n: '{{ inputs.n }}'}}}\n")
    return site


def suite(**more):
    variants = [{"name": "good"}, {"name": "fair", "tool": "good=fair"}, {"name": "bad", "tool": "good=bad"}]
    settings = {"chain": "main", "variants": variants, "judge": "m", "pairwise": {"criterion": "truth"}}
    return define_suite("arena", dataset=CASES, scorers=["length"], **{**settings, **more})


def summary_of(site, done):
    results = Results(site.project.store, site.project.settings)
    return results.summary(results.find(done.record.id))


def test_every_two_variants_are_compared_once_a_case_and_rated(arena):
    done = evaluate(suite(), arena.project)
    pairs = summary_of(arena, done).pairs
    assert (pairs.verdicts, pairs.unscored) == (3 * len(CASES), 0)
    assert [rated.variant for rated in pairs.ratings][-1] == "bad"
    tallies = {rated.variant: (rated.wins, rated.ties, rated.losses) for rated in pairs.ratings}
    assert tallies == {"good": (12, 12, 0), "fair": (12, 12, 0), "bad": (0, 0, 24)}
    rates = {frozenset((rate.variant, rate.against)): rate for rate in pairs.win_rates}
    assert rates[frozenset(("good", "fair"))].raw.value == 0.5
    assert pairs.orders_agree.value == pytest.approx(2 / 3)
    assert pairs.ratings[0].strength.clusters == 6


def test_against_one_variant_the_others_are_not_compared(arena):
    done = evaluate(suite(pairwise={"against": "good"}), arena.project)
    pairs = summary_of(arena, done).pairs
    assert pairs.verdicts == 2 * len(CASES)
    assert all("good" in (rate.variant, rate.against) for rate in pairs.win_rates)


def test_the_judges_of_pairs_are_paid_apart_and_traced(arena):
    done = evaluate(suite(), arena.project)
    samples = list(arena.project.store.samples(done.record.id))
    arena.project.store.writer.flush()
    assert sum(sample.judged.get("calls", 0) for sample in samples) == 2 * 3 * len(CASES)
    verdict = next(verdict for sample in samples for verdict in sample.pairs)
    assert {arena.trace(run).run.mode for run in verdict["runs"]} == {"eval"}


def test_pairs_whose_judge_could_not_be_reached_are_there_to_be_judged_again(arena):
    arena.scripted("rules: [{fault: {kind: refuse}}]", "away")
    done = evaluate(suite(judge="away"), arena.project)
    samples = list(arena.project.store.samples(done.record.id))
    assert done.record.status == "stopped"
    assert sum(map(infrastructure_failed, samples)) == 2 * len(CASES)
    summary = summary_of(arena, done)
    assert summary.pairs is None
    (note,) = [note for note in summary.notes if "pairs of answers" in note]
    assert note.startswith(f"{3 * len(CASES)} verdicts on pairs of answers could not be told: the judge gave no answer")


def test_a_suite_of_pairs_needs_no_scorers(arena):
    done = evaluate(suite().__class__.from_data({**suite().file.data, "scorers": []}, "arena"), arena.project)
    assert summary_of(arena, done).pairs.verdicts == 3 * len(CASES)


def test_what_a_step_gave_is_compared_also_with_an_answer_of_an_earlier_session(arena):
    arena.write("chains/main.yaml", STEPS)
    asked = suite(of="{{ steps.a.output }}", budget={"tokens": 1})
    first = evaluate(asked, arena.project, concurrency=1)
    made = first.progress.done
    assert first.record.status == "stopped"
    assert made % 3 > 0, "a case of which not all answers are there"
    rest = evaluate(suite(of="{{ steps.a.output }}"), arena.project, resume=True, concurrency=1)
    assert rest.record.id == first.record.id
    pairs = summary_of(arena, rest).pairs
    assert (pairs.verdicts, pairs.unscored) == (3 * len(CASES), 0)
    assert [rated.variant for rated in pairs.ratings][-1] == "bad"


@pytest.mark.parametrize(
    "more",
    [{"of": "{{ output.text }}"}, {"pairwise": {"criterion": "truth", "reference": "{{ expected.text }}"}}],
    ids=str,
)
def test_where_something_is_not_there_to_be_compared_there_is_no_verdict(arena, more):
    done = evaluate(suite(**more), arena.project)
    summary = summary_of(arena, done)
    assert done.record.status == "finished"
    assert summary.pairs is None
    (note,) = [note for note in summary.notes if "pairs of answers" in note]
    assert note.startswith(f"{3 * len(CASES)} verdicts on pairs of answers could not be told: ")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"variants": None}, "no two variants"),
        ({"pairwise": {"against": "god"}}, "no variant is called 'god'"),
        ({"pairwise": {"criteria": "x"}}, "unknown key 'pairwise.criteria'"),
    ],
    ids=str,
)
def test_what_cannot_be_compared_is_an_error(arena, more, message):
    with pytest.raises(DefinitionError, match=message):
        suite(**more)
