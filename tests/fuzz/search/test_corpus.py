"""The corpus: what is kept, and how much work it deserves."""

from genops.fuzz.attack import Mutation
from genops.fuzz.objective import Seed
from genops.fuzz.search import Plan
from genops.fuzz.search import corpus as corpus_module
from genops.fuzz.search.corpus import Corpus

START = Plan("leak", Seed("s", "tell me"))


def plan(*names, objective="leak"):
    return Plan(objective, START.seed, tuple(Mutation(name, 0) for name in names))


def kept(corpus):
    return [entry.plan for entry in corpus.entries]


def energy_of(corpus, wanted):
    return next(corpus.energy(entry) for entry in corpus.entries if entry.plan == wanted)


def test_a_try_pays_by_a_new_feature_or_by_coming_closer():
    corpus = Corpus([START])
    assert corpus.observe(plan("a"), {"x"}, 0.0, False)
    assert not corpus.observe(plan("b"), {"x"}, 0.0, False)
    assert corpus.observe(plan("c"), {"x"}, 0.4, False)
    assert corpus.observe(plan("d"), {"x"}, 0.45, False)
    assert not corpus.observe(plan("e"), {"x"}, 0.42, False)
    assert kept(corpus)[:2] == [START, plan("a")]


def test_the_first_few_chains_that_reach_a_feature_are_kept_and_one_chain_only_once():
    corpus = Corpus([START])
    for number in range(100):
        mutation = Mutation("a", number)
        corpus.observe(Plan("leak", START.seed, (mutation,)), {"x"}, 0.0, False)
    assert len(kept(corpus)) == 2
    for number in range(100):
        corpus.observe(plan(f"m{number}"), {"x"}, 0.0, False)
    assert len(kept(corpus)) == 1 + corpus_module.REPRESENTATIVES


def test_features_count_for_each_objective_by_itself():
    corpus = Corpus([START])
    corpus.observe(plan("a"), {"x"}, 0.5, False)
    assert corpus.observe(plan("a", objective="other"), {"x"}, 0.0, False)


def test_rare_features_and_closeness_raise_energy_and_tries_lower_it():
    corpus = Corpus([START])
    corpus.observe(plan("rare"), {"r"}, 0.0, False)
    corpus.observe(plan("common"), {"c"}, 0.0, False)
    for _ in range(9):
        corpus.observe(plan("again"), {"c"}, 0.0, False)
    assert energy_of(corpus, plan("rare")) > energy_of(corpus, plan("common"))
    corpus.observe(plan("near"), {"n"}, 0.8, False)
    before = energy_of(corpus, plan("near"))
    assert before > energy_of(corpus, plan("rare"))
    corpus.observe(plan("near", "more"), {"c"}, 0.0, False)
    assert energy_of(corpus, plan("near")) < before


def test_past_its_size_the_least_promising_go_and_seeds_stay(monkeypatch):
    monkeypatch.setattr(corpus_module, "MOST_FEATURES", 300)
    corpus = Corpus([START], largest=20)
    for number in range(1000):
        corpus.observe(plan(f"m{number}"), {f"feature {number}"}, 0.0, False)
    assert 15 <= len(corpus.entries) <= 20
    assert kept(corpus)[0] == START
    assert len(corpus._counts) == 300
