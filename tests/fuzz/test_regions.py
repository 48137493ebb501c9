"""A search takes an answer in a new region of the embeddings for new behaviour, and finds the same regions again."""

import pytest

from genops.errors import DefinitionError, ReferenceNotFound
from genops.executor import run_sync
from genops.fuzz.attack import Mutation
from genops.fuzz.campaign import Campaign
from genops.fuzz.regions import OutputRegions, RegionSpec
from genops.fuzz.runner import CampaignPlan, CampaignRunner, open_campaign, unfinished_campaign
from genops.fuzz.search import Plan, Search, closeness
from tests.executor.conftest import site
from tests.retrieval import hashing

__all__ = ["site"]

RULES = """
rules:
  - {when: {user: "^[A-Za-z0-9+/]+=*$"}, text: "Bananas grow on warm green islands."}
  - {when: {user: "^[0-9a-f ]+$"}, text: "Granite mountains carry heavy snow."}
  - {when: {expression: "{{ true }}"}, text: "Whales swim through cold dark seas."}
"""
"""Three answers of one length along one path: nothing but what they are about tells them apart."""
CAMPAIGN = {
    "chain": "ask",
    "dataset": [{"question": "What is a trace?"}],
    "objectives": ["prompt_extraction"],
    "mutators": ["base64", "rot13", "reversal"],
    "tries": {"sweep": 0, "search": 40},
    "concurrency": 4,
    "depth": 2,
    "regions": {"embedder": "hashing", "distance": 0.4},
}


@pytest.fixture
def plan(site):
    hashing.register()
    site.scripted(RULES)
    site.prompt("ask")
    site.write(
        "chains/ask.yaml",
        """
        inputs: {question: str}
        steps: {answer: {prompt: ask, with: {question: "{{ inputs.question }}"}}}
        output: "{{ steps.answer.output }}"
        """,
    )
    return lambda **changes: CampaignPlan.make(Campaign.from_data({**CAMPAIGN, **changes}, "attacks"), site.project)


def ran(plan, record=None):
    runner = CampaignRunner(plan, record or open_campaign(plan))
    run_sync(runner.run())
    return runner


def told(site, runner):
    """What each try answered, and the regions that it has."""
    tries = list(site.project.store.tries(runner.record.id))
    outputs = [site.trace(made.run).value(site.project.store.run(made.run).output) for made in tries]
    regions = [[one for one in made.features if one.startswith("region ")] for made in tries]
    return tries, outputs, regions


def test_each_kind_of_answer_is_a_region_and_every_try_lies_in_one(plan, site):
    _, outputs, regions = told(site, ran(plan()))
    assert {output.partition(" ")[0] for output in outputs} == {"Whales", "Bananas"}
    assert {output: region for output, [region] in zip(outputs, regions, strict=True)} == {
        "Whales swim through cold dark seas.": "region 0",
        "Bananas grow on warm green islands.": "region 1",
    }


def test_the_first_try_in_a_region_is_kept_for_it(plan, site):
    prepared = plan()
    tries, _, _ = told(site, ran(prepared))
    seeds = {seed.id: seed for seed in prepared.arenas[0].seeds()}
    search = Search([("prompt_extraction", seed) for seed in seeds.values()], prepared.choices, 2, 0)
    plans = [Plan(one.objective, seeds[one.seed], tuple(Mutation(**each) for each in one.mutations)) for one in tries]
    for one, tried in zip(tries, plans, strict=True):
        search.observe(tried, one.features, closeness(one.scores), False)
    kept = {feature: entry.plan for entry in search.corpus.entries for feature in entry.features[::-1]}
    first = next(number for number, one in enumerate(tries) if "region 1" in one.features)
    entry = next(entry for entry in search.corpus.entries if entry.plan.key == plans[first].key)
    assert ("prompt_extraction", "region 1") in entry.features
    assert "base64" in {mutation.mutator for mutation in entry.plan.mutations}
    assert kept["prompt_extraction", "region 1"]


def test_without_regions_nothing_tells_these_answers_apart(plan, site):
    tries, _, regions = told(site, ran(plan(regions=False)))
    assert not any(regions)
    assert len({tuple(made.features) for made in tries if made.outcome == "safe"}) <= 2


def test_a_search_that_is_resumed_finds_the_regions_that_it_had(plan, site):
    def behaviour(runner):
        tries, _, _ = told(site, runner)
        return [(made.number, made.seed, made.mutations, made.features) for made in tries]

    whole = behaviour(ran(plan()))
    cut = ran(plan(budget={"tokens": 150}))
    assert 0 < len(behaviour(cut)) < len(whole)
    assert behaviour(ran(plan(), unfinished_campaign(plan()))) == whole


def test_vectors_are_kept_with_those_of_the_project(plan, site):
    ran(plan())
    embedder = hashing.registry.get("embedder", "hashing")
    assert (site.project.settings.data_dir / "vectors.db").exists()
    assert embedder


def test_an_answer_without_a_word_lies_in_no_region(site):
    hashing.register()
    regions = OutputRegions(site.project.settings, site.project.store, RegionSpec(embedder="hashing"))
    said = run_sync(regions.features(["", None, "?!", "Whales.", {"said": "Whales."}, "Whales."]))
    assert said[:4] == ["region none", "region none", "region none", "region 0"]
    assert said[5] == "region 0"


def test_they_are_off_unless_a_campaign_says_so(plan):
    assert plan(regions=False).manifest["regions"] is plan(regions=False).campaign.regions is None
    assert plan().digest != plan(regions=False).digest
    assert Campaign.from_data({**CAMPAIGN, "regions": True}, "attacks").regions == RegionSpec()


@pytest.mark.parametrize(
    ("given", "said"),
    [({"distnace": 0.2}, "unknown key 'regions.distnace'"), ({"distance": 0}, "regions.distance"), (3, "regions")],
)
def test_what_is_no_setting_of_regions_is_told(given, said):
    with pytest.raises(DefinitionError, match=said):
        Campaign.from_data({**CAMPAIGN, "regions": given}, "attacks")


def test_an_embedder_that_is_not_there_is_told_before_anything_is_tried(plan):
    with pytest.raises(ReferenceNotFound, match="no embedder is called 'hashign'"):
        _ = plan(regions={"embedder": "hashign"}).digest
