"""The gate of a campaign: whole seeds in a drawn order, the sweep alone, worst-case bounds, seldom wrong."""

import random
from types import SimpleNamespace

import pytest

from genops.artifacts import digest_of
from genops.errors import DefinitionError, UsageError
from genops.fuzz import Seed
from genops.fuzz.campaign import Campaign
from genops.fuzz.fuzzing import define_campaign, fuzz, reproduce
from genops.fuzz.runner import CampaignPlan
from genops.fuzz.runner.gate import CampaignGate
from genops.fuzz.summary import summarise
from genops.store.records.campaigns import TryRecord
from tests.fuzz.weak_site import site, weak

__all__ = ["site", "weak"]

LEAK, CRASH = "prompt_extraction", "crash"
RUNS, MOST_FALSE = 500, 39  # at alpha 0.05: 25 and three standard errors


def plan_of(*rules, seeds=20, each=5, seed=0, **gate):
    """The plan of a campaign on a chain that is not there."""
    data = {
        "chain": "desk",
        "dataset": [{"question": "When?"}],
        "objectives": [LEAK, CRASH],
        "mutators": ["base64"],
        "tries": {"sweep": seeds * each, "search": 7},
        "seed": seed,
        "gate": {"rules": list(rules), **gate},
    }
    campaign = Campaign.from_data(data, "attacks")
    there = [Seed(f"s{number}", "Show me.") for number in range(seeds)]
    arenas = tuple(SimpleNamespace(objective=one, seeds=lambda _: there) for one in campaign.objectives)
    baselines = {(rule.metric, rule.baseline): arenas[0] for rule in campaign.rules if rule.baseline}
    plan = CampaignPlan(campaign, None, arenas, None, None, None, baselines=baselines)
    vars(plan)["digest"] = digest_of([seed, list(rules), gate])
    return plan


def tried(number, outcome, phase="sweep", objective=LEAK):
    return TryRecord(number, phase, objective, f"s{number}", "input", [], outcome)


def verdict_of(plan, outcome, other=None):
    """The verdict when each objective's sweep is made in the gate's order until it is certain.

    ``outcome`` is told the seed and the number of the try at it; ``other`` is the same for the chain of comparison.
    """
    gate = CampaignGate.of(plan)
    sweep, seeds = plan.campaign.tries.sweep, len(plan.arenas[0].seeds(0))
    for place, arena in enumerate(plan.arenas):
        name, first = arena.objective.name, place * plan.each
        for number, (seed, turn) in gate.in_turn(name, [(first + n, (n % seeds, n // seeds)) for n in range(sweep)]):
            gate.add(tried(number, outcome(seed, turn), objective=name))
            for theirs, _ in plan.beside(arena, number):
                gate.add(tried(theirs, other(seed, turn), "baseline", name))
    return gate.verdict()


def breach_at(*seeds):
    return lambda seed, _: "breach" if seed in seeds else "safe"


def test_seeds_are_tried_in_an_order_that_follows_from_all_that_is_compared():
    def order(plan):
        return [members[0] for members in CampaignGate.of(plan).processes[LEAK].units]

    one, again, other = plan_of(f"{LEAK} <= 0.1"), plan_of(f"{LEAK} <= 0.1"), plan_of(f"{LEAK} <= 0.1")
    vars(other)["digest"] = digest_of("a mended chain")
    assert order(one) == order(again) != order(other)
    assert sorted(order(one)) == sorted(order(other))


class TestVerdicts:
    @pytest.mark.parametrize(("broken", "outcome", "code"), [((), "pass", 0), ((3,), "fail", 1)])
    def test_a_whole_sweep_leaves_no_doubt_about_itself(self, broken, outcome, code):
        verdict = verdict_of(plan_of(f"{LEAK} <= 0.04"), breach_at(*broken))
        assert (verdict.outcome, verdict.exit_code, verdict.about) == (outcome, code, "sweep")
        assert verdict.rules[0].exact

    def test_it_ends_as_soon_as_it_is_certain(self):
        verdict = verdict_of(plan_of(f"{LEAK} <= 0.04"), lambda *_: "breach")
        assert verdict.outcome == "fail"
        assert verdict.used <= 10 < verdict.samples
        assert verdict.rules[0].low > 0.04

    def test_tries_of_one_seed_count_together(self):
        verdict = verdict_of(plan_of(f"{LEAK} <= 0.5", seeds=20, each=50), breach_at(1, 2))
        assert verdict.outcome == "pass"
        assert (verdict.units, verdict.rules[0].n) == (20, verdict.seen)
        assert verdict.seen >= 6  # six seeds are no three hundred tries

    def test_of_the_population_of_seeds_a_sweep_says_little(self):
        verdict = verdict_of(plan_of(f"{LEAK} <= 0.02", about="population"), breach_at())
        assert (verdict.outcome, verdict.exit_code, verdict.seen) == ("undecided", 3, 20)

    def test_all_rules_must_hold_and_each_objective_has_its_own_sweep(self):
        plan = plan_of(f"{LEAK} <= 0.04", f"{CRASH} <= 0.1")
        assert verdict_of(plan, breach_at()).outcome == "pass"
        gate = CampaignGate.of(plan)
        for number, _ in gate.in_turn(LEAK, [(number, None) for number in range(100)]):
            gate.add(tried(number, "breach"))
        assert gate.verdict().outcome == "fail"
        assert gate.processes[CRASH].seen == 0
        assert list(gate.in_turn(LEAK, [(99, None)])) == []
        assert list(gate.in_turn(CRASH, [(plan.each, None)])) == [(plan.each, None)]

    def test_what_is_led_to_breaches_never_enters(self):
        gate = CampaignGate.of(plan_of(f"{LEAK} <= 0.04"))
        for phase in ("search", "strategy", "robustness"):
            gate.add(tried(100, "breach", phase))
        gate.add(tried(500, "breach", objective="another"))
        assert gate.verdict().used == 0

    def test_an_objective_without_a_rule_is_swept_as_ever(self):
        gate = CampaignGate.of(plan_of(f"{LEAK} <= 0.04"))
        drawn = [(107 + number, None) for number in range(5)]
        assert list(gate.in_turn(CRASH, drawn)) == drawn

    def test_the_order_is_drawn_with_the_campaign_s_seed(self):
        def order(seed):
            return list(CampaignGate.of(plan_of(f"{LEAK} <= 0.04", seed=seed)).in_turn(LEAK, enumerate("x" * 100)))

        assert order(0) == order(0) != order(1)
        assert [number for number, _ in order(0)] != sorted(number for number, _ in order(0))
        assert len({number % 20 for number, _ in order(0)[:5]}) == 1


class TestMissing:
    @pytest.mark.parametrize("kind", ["infrastructure", "unscored", "crashed"])
    def test_what_has_no_score_lies_anywhere(self, kind):
        def outcome(seed, _):
            return kind if seed < 4 else "safe"

        verdict = verdict_of(plan_of(f"{LEAK} <= 0.1"), outcome)
        assert (verdict.outcome, verdict.exit_code) == ("undecided", 3)
        assert verdict.rules[0].missing == 20
        assert verdict_of(plan_of(f"{LEAK} <= 0.2"), outcome).outcome == "pass"

    def test_a_sweep_that_could_not_be_scored_is_never_safe(self):
        verdict = verdict_of(plan_of(f"{LEAK} <= 0.9"), lambda *_: "unscored")
        assert verdict.outcome == "undecided"
        assert (verdict.rules[0].low, verdict.rules[0].high) == (0, 1)

    def test_it_does_not_hold_up_what_is_certain_without_it(self):
        verdict = verdict_of(plan_of(f"{LEAK} <= 0.1"), lambda seed, _: "infrastructure" if seed < 3 else "breach")
        assert verdict.outcome == "fail"


class TestComparisons:
    def test_pairs_of_the_same_attack_decide(self):
        rule = f"{LEAK} not worse than desk@1 by 0.05"
        half, more = breach_at(*range(10)), breach_at(*range(13))
        assert verdict_of(plan_of(rule), half, half).outcome == "pass"
        verdict = verdict_of(plan_of(rule), more, half)
        assert verdict.outcome == "fail"
        assert verdict.rules[0].estimate == pytest.approx(-0.15, abs=0.2)

    def test_better_is_less_often_broken(self):
        rule = f"{LEAK} better than desk@1 by 0.2"
        assert verdict_of(plan_of(rule), breach_at(), breach_at(*range(10))).outcome == "pass"
        assert verdict_of(plan_of(rule), breach_at(*range(10)), breach_at()).outcome == "fail"

    def test_numbers_of_tries_are_never_shared(self):
        plan = plan_of(f"{LEAK} not worse than desk@1 by 0.05", f"{LEAK} not worse than desk@2 by 0.05")
        (leak, crash), tries = plan.arenas, plan.campaign.tries
        assert plan.references == ("desk@1", "desk@2")
        theirs = [other for number in range(tries.sweep) for other, _ in plan.beside(leak, number)]
        assert sorted(theirs) == list(range(tries.sweep + tries.search, plan.each))
        assert plan.beside(crash, plan.each) == []
        for number in (0, tries.sweep - 1):
            found = [plan.tried_on(tried(other, "safe", "baseline")) for other, _ in plan.beside(leak, number)]
            assert found == [("desk@1", number), ("desk@2", number)]


class TestReading:
    @pytest.mark.parametrize(
        ("rule", "message"),
        [
            ("prompt_extractoin <= 0.02", "no objective is called 'prompt_extractoin'"),
            (f"{LEAK} >= 0.02", "the smaller values are better"),
            (f"{LEAK} <= -1", "can never hold"),
            (f"{LEAK} <= 0.5 for 95%", "a try is a breach or none"),
            (f"{LEAK} not worse than desk by 0.1", "compares the chain with itself"),
            ("never", "is not a rule"),
        ],
    )
    def test_a_rule_that_cannot_be_tested_is_told(self, rule, message):
        with pytest.raises(DefinitionError, match=message):
            plan_of(rule)

    def test_it_is_about_the_sweep_or_the_population_of_seeds(self):
        assert plan_of(f"{LEAK} <= 0.1").campaign.gate.about == "sweep"
        with pytest.raises(DefinitionError, match="it is the 'sweep' or the 'population'"):
            plan_of(f"{LEAK} <= 0.1", about="dataset")

    def test_without_a_sweep_there_is_nothing_to_gate(self):
        with pytest.raises(DefinitionError, match="a gate is about the sweeps"):
            plan_of(f"{LEAK} <= 0.1", each=0)


class TestCampaigns:
    """On chains that run."""

    @pytest.fixture
    def run(self, weak):
        def go(*rules, chain="leaks_in_base64", objectives=(LEAK,), gate=True, **more):
            campaign = define_campaign(
                "attacks",
                chain=chain,
                dataset=[{"question": "When is the office open?"}],
                objectives=list(objectives),
                mutators=["base64", "rot13"],
                tries={"sweep": 68, "search": 0},
                gate=list(rules),
            )
            done = fuzz(campaign, weak.project, gate=gate, **more)
            return done, summarise(weak.project.store, done.record)

        return go

    def test_the_gate_decides_and_findings_are_still_listed(self, run):
        done, summary = run(f"{LEAK} <= 0.9")
        assert (done.gate.outcome, summary.verdict.outcome, summary.verdict.exit_code) == ("pass", "good", 0)
        assert len(summary.findings) == 1
        assert summary.verdict.reasons[0].startswith("passed: prompt_extraction <= 0.9: 0.")
        assert summary.objectives[0].standing.outcome == "bad"

    def test_it_ends_a_sweep_early_and_nothing_is_missing_by_that(self, run):
        done, summary = run(f"{LEAK} <= 0.001")
        assert (done.gate.outcome, summary.verdict.exit_code, done.record.status) == ("fail", 1, "finished")
        assert done.progress.done < 68
        assert summary.objectives[0].planned == summary.objectives[0].sweep.made

    def test_a_twin_passes(self, run):
        done, summary = run(f"{LEAK} <= 0.02", chain="leaks_in_base64_hardened")
        assert (done.gate.outcome, summary.verdict.exit_code) == ("pass", 0)

    def test_what_was_decided_is_not_tried_again_unless_it_is_wanted(self, run):
        first, _ = run(f"{LEAK} <= 0.001")
        again, _ = run(f"{LEAK} <= 0.001")
        assert again.record.id == first.record.id
        assert (again.gate, again.progress.done) == (first.gate, again.progress.resumed)
        anew, _ = run(f"{LEAK} <= 0.001", fresh=True)
        assert anew.record.id != first.record.id
        assert anew.gate == first.gate

    def test_without_asking_for_it_any_breach_is_bad(self, run):
        done, summary = run(f"{LEAK} <= 0.9", gate=False)
        assert (done.gate, summary.gate, summary.verdict.exit_code, done.progress.done) == (None, None, 1, 68)

    def test_one_without_a_gate_has_none_to_ask(self, weak):
        campaign = define_campaign("attacks", chain="leaks_in_base64", dataset=[{"question": "?"}], objectives=[LEAK])
        with pytest.raises(UsageError, match="the campaign 'attacks' has no gate"):
            fuzz(campaign, weak.project, gate=True)

    def test_two_versions_meet_the_same_attacks(self, run, weak):
        weak_one, hard = "leaks_in_base64", "leaks_in_base64_hardened"
        done, summary = run(f"{LEAK} better than {weak_one} by 0.05", chain=hard)
        assert done.gate.outcome == "pass"
        tries = list(weak.project.store.tries(done.record.id))
        mine, theirs = ([made for made in tries if made.phase == phase] for phase in ("sweep", "baseline"))
        assert [(made.seed, made.mutations) for made in mine] == [(made.seed, made.mutations) for made in theirs]
        assert {made.outcome for made in mine} == {"safe"}
        assert {made.outcome for made in theirs} == {"safe", "breach"}
        assert summary.objectives[0].sweep.made == len(mine)
        assert summary.findings == ()
        assert run(f"{LEAK} not worse than {hard} by 0.02", chain=weak_one)[0].gate.outcome == "fail"

    def test_a_finding_is_run_again_although_the_other_version_is_gone(self, run, weak):
        _, summary = run(f"{LEAK} not worse than leaks_in_base64_hardened by 0.9")
        (weak.root / "chains" / "leaks_in_base64_hardened.yaml").unlink()
        assert reproduce(weak.project, summary.findings[0].id)[1].outcome == "breach"


@pytest.mark.slow
@pytest.mark.timeout(600)
class TestFalseVerdicts:
    """Every try of a seed goes the same way; the gate is looked at after every try of many orders or draws."""

    def count(self, outcome, *rules, drawn=lambda _: breach_at(), other=None, **more):
        found = [verdict_of(plan_of(*rules, seed=run, **more), drawn(random.Random(run)), other) for run in range(RUNS)]
        return sum(verdict.outcome == outcome for verdict in found)

    def test_a_sweep_just_above_the_bound_seldom_passes(self):
        def broken(_):
            return breach_at(*range(11))

        assert self.count("pass", f"{LEAK} <= 0.27", seeds=40, each=3, drawn=broken) <= MOST_FALSE

    def test_a_sweep_at_the_bound_seldom_fails(self):
        def broken(_):
            return breach_at(*range(10))

        assert self.count("fail", f"{LEAK} <= 0.25", seeds=40, each=3, drawn=broken) <= MOST_FALSE

    @pytest.mark.parametrize("outcome", ["pass", "fail"])
    def test_a_population_of_seeds_at_the_bound_seldom_passes_or_fails(self, outcome):
        def drawn(rng):
            return breach_at(*(seed for seed in range(40) if rng.random() < 0.3))

        assert self.count(outcome, f"{LEAK} <= 0.3", seeds=40, each=3, about="population", drawn=drawn) <= MOST_FALSE

    def test_one_that_is_just_too_much_worse_seldom_passes(self):
        def worse(_):
            return breach_at(*range(15))

        rule = f"{LEAK} not worse than desk@1 by 0.12"
        assert self.count("pass", rule, seeds=40, each=3, drawn=worse, other=breach_at(*range(10))) <= MOST_FALSE

    def test_one_of_two_objectives_at_their_bounds_seldom_fails(self):
        def drawn(rng):
            return breach_at(*(seed for seed in range(40) if rng.random() < 0.3))

        rules = (f"{LEAK} <= 0.3", f"{CRASH} <= 0.3")
        assert self.count("fail", *rules, seeds=40, each=3, about="population", drawn=drawn) <= MOST_FALSE
