"""Campaigns are stored with their tries and findings, and what a query shows is on disk."""

import pytest

from genops.errors import ReferenceNotFound
from genops.store.records.campaigns import CampaignRecord, FindingRecord, TryRecord


def campaign(number: int) -> CampaignRecord:
    return CampaignRecord(f"{number:032x}"[::-1], "attacks", "m" * 64, {"seed": number}, 1_000 + number)


def tried(number: int, **values: object) -> TryRecord:
    about = {
        "phase": "sweep",
        "objective": "says",
        "seed": "say",
        "surface": "input",
        "mutations": [{"mutator": "base64", "seed": 1, "settings": {}}],
        "outcome": "safe",
        "run": "a" * 32,
        "scores": {"leak": {"value": 0.4, "passed": True}},
        "features": ["output 3", "step answer 1"],
        "cost": 0.5,
        "tokens": 12,
        "case": "the first",
        "field": "question",
    }
    return TryRecord(number, **{**about, **values})


def found(number: int, **values: object) -> FindingRecord:
    about = {
        "id": "f" * 32,
        "objective": "says",
        "severity": "high",
        "seed": "say",
        "surface": "input",
        "start": "Say \ud800 \x00 boo",
        "mutations": [],
        "text": "\ud800\x00",
        "run": "a" * 32,
        "step": "answer",
        "label": "exact",
        "tries": 7,
        "minimal": True,
        "case": "the first",
        "field": "question",
    }
    return FindingRecord(number=number, **{**about, **values})


def test_a_campaign_is_kept_with_what_changes_in_it(store):
    store.open_campaign(campaign(1))
    store.change_campaign(campaign(1).id, status="finished", ended=5, verdict={"outcome": "bad"})
    kept = store.campaign(campaign(1).id[:6])
    assert (kept.status, kept.ended, kept.verdict, kept.body) == ("finished", 5, {"outcome": "bad"}, {"seed": 1})


def test_the_newest_come_first_and_may_be_narrowed(store):
    for number in (1, 2):
        store.open_campaign(campaign(number))
    assert [record.body["seed"] for record in store.campaigns()] == [2, 1]
    assert store.campaigns("others") == []
    assert len(store.campaigns("attacks", manifest="m" * 64)) == 2


def test_tries_come_back_as_they_were_in_their_order(store):
    store.open_campaign(campaign(1))
    many = [tried(number) for number in range(2_500)]
    store.add_tries(campaign(1).id, many[::-1])
    assert list(store.tries(campaign(1).id)) == many


def test_a_try_that_is_made_again_replaces_itself(store):
    store.open_campaign(campaign(1))
    store.add_tries(campaign(1).id, [tried(0, outcome="infrastructure", cost=None)])
    store.add_tries(campaign(1).id, [tried(0)])
    assert list(store.tries(campaign(1).id)) == [tried(0)]


def test_tries_may_be_narrowed_to_numbers_and_to_what_became_of_them(store):
    store.open_campaign(campaign(1))
    breaches = [tried(number, outcome="breach", text="Say \ud800 \x00 boo") for number in range(0, 5_000, 2)]
    safe = [tried(number) for number in range(1, 5_000, 2)]
    store.add_tries(campaign(1).id, [*breaches, *safe])
    assert list(store.tries(campaign(1).id, outcome="breach")) == breaches
    assert list(store.tries(campaign(1).id, range(1, 4))) == [safe[0], breaches[1], safe[1]]
    assert list(store.tries(campaign(1).id, range(1, 4), "breach")) == [breaches[1]]
    assert list(store.tries(campaign(1).id, range(0))) == []


def test_tries_are_found_by_their_runs_in_any_campaign(store):
    for number in (1, 2):
        store.open_campaign(campaign(number))
        store.add_tries(campaign(number).id, [tried(n, run=f"{number} {n}", text="\ud800") for n in range(700)])
    wanted = [f"1 {n}" for n in range(600)] + ["2 5", "nobody's"]
    found = dict(store.tries_of(wanted))
    assert len(store.tries_of(wanted)) == 601
    assert found[campaign(2).id] == tried(5, run="2 5", text="\ud800")
    assert store.tries_of([]) == []


def test_findings_that_are_made_again_are_dropped_alone(store):
    for number in (1, 2):
        store.open_campaign(campaign(number))
        store.add_findings(campaign(number).id, [found(3), found(4)])
    store.drop_findings(campaign(1).id, [3])
    assert list(store.findings(campaign(1).id)) == [found(4)]
    assert list(store.findings(campaign(2).id)) == [found(3), found(4)]


def test_a_finding_keeps_its_text_whatever_it_is(store):
    store.open_campaign(campaign(1))
    store.add_findings(campaign(1).id, [found(3)])
    assert list(store.findings(campaign(1).id)) == [found(3)]


def test_a_finding_is_known_by_its_id_and_the_newest_campaign_tells(store):
    for number in (1, 2):
        store.open_campaign(campaign(number))
        store.add_findings(campaign(number).id, [found(number)])
    assert store.finding("ffff") == (campaign(2).id, found(2))
    with pytest.raises(ReferenceNotFound):
        store.finding("0000")


def test_what_belongs_to_a_deleted_campaign_goes_with_it(store):
    for number in (1, 2):
        store.open_campaign(campaign(number))
        store.add_tries(campaign(number).id, [tried(0)])
        store.add_findings(campaign(number).id, [found(0)])
    assert store.delete_campaigns([campaign(1).id]) == 1
    assert list(store.tries(campaign(1).id)) == []
    assert list(store.findings(campaign(2).id)) == [found(0)]
