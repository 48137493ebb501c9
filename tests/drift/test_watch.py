"""A watch looks at every trace once, alarms when what arrives has changed, and goes on where it was left."""

import json
from dataclasses import replace

import pytest

from genops.drift.spec import DriftSpec
from genops.drift.watch import Watch
from genops.errors import DefinitionError, Undecided, UsageError
from genops.executor import Chain
from tests.drift.small_talk import COLOURS, FOOD, sentences


@pytest.fixture
def watched(lab):
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'
    rows = "\n".join(f'{{"text": "{text}"}}' for text in sentences(COLOURS, 300, 1))
    lab.site.write("reference.jsonl", rows)
    return lab


def spec(lab, name="questions", **more):
    data = {
        "kind": "drift",
        "reference": "reference.jsonl",
        "current": "traces:chain=echo",
        "embedder": "hashing",
        "watch": {"average_run": 1_000},
        "descriptors": False,
        "relabellings": 99,
        **more,
    }
    return DriftSpec.from_data(data, name, lab.site.root)


def arrive(lab, texts):
    chain = Chain.load("echo", project=lab.site.project)
    for text in texts:
        chain.run_sync({"text": text})
    lab.site.project.store.writer.flush(10.0)


@pytest.mark.slow
def test_what_is_as_before_raises_nothing_and_what_is_new_is_told_with_a_check(watched):
    watch = Watch(spec(watched), watched.site.project)
    arrive(watched, sentences(COLOURS, 60, 2))
    quiet = watch.look()
    assert (quiet.runs, quiet.raised) == (60, ())
    arrive(watched, sentences(FOOD, 60, 3))
    loud = watch.look()
    assert loud.seen == 120
    first = loud.raised[0]
    assert first.state == "inputs"
    assert first.alarm.change > 0.3
    assert 60 <= first.alarm.since <= first.alarm.item < 120
    made = watched.site.project.store.drift_check(first.check)
    assert made.body["states"][0]["current"]["rows"] >= 1


@pytest.mark.slow
def test_it_goes_on_where_it_was_left_to_the_last_bit(watched):
    whole = Watch(spec(watched, "whole"), watched.site.project)
    parts = Watch(spec(watched, "parts"), watched.site.project)
    texts = sentences(COLOURS, 30, 2) + sentences(FOOD, 30, 3)
    for start in range(0, 60, 20):
        arrive(watched, texts[start : start + 20])
        parts = Watch(spec(watched, "parts"), watched.site.project)
        assert parts.resumed
        assert parts.look(explain=False).runs == 20
    whole.look(explain=False)
    kept = [watched.site.project.store.drift_watch(name) for name in ("whole", "parts")]
    assert kept[0].state["detectors"] == kept[1].state["detectors"]
    assert kept[0].seen == kept[1].seen == 60


def test_a_changed_reference_or_state_begins_anew(watched):
    Watch(spec(watched), watched.site.project)
    assert Watch(spec(watched), watched.site.project).resumed
    assert not Watch(spec(watched, seed=1), watched.site.project).resumed
    assert not Watch(spec(watched, seed=1), watched.site.project, fresh=True).resumed


def test_a_run_that_has_not_ended_holds_up_those_behind_it(watched):
    watch = Watch(spec(watched), watched.site.project)
    arrive(watched, ["red red"])
    store = watched.site.project.store
    (run,) = store.runs()
    hanging = replace(run, id="f" * 32, trace_id="f" * 32, started=run.started + 1, ended=None, status="running")
    store.writer.run(hanging)
    arrive(watched, ["blue"])
    assert watch.look().runs == 1


def test_alarms_of_one_look_share_a_check(watched):
    watch = Watch(spec(watched, watch={"average_run": 100}), watched.site.project)
    arrive(watched, sentences(FOOD, 120, 3))
    raised = watch.look().raised
    assert len(raised) > 1
    assert len({one.check for one in raised}) == 1


def test_a_run_whose_record_comes_late_is_looked_at_and_none_twice(watched):
    watch = Watch(spec(watched), watched.site.project)
    arrive(watched, ["red red", "blue"])
    store = watched.site.project.store
    (last, _) = store.runs()
    assert watch.look().runs == 2
    store.writer.run(replace(last, id="f" * 32, trace_id="f" * 32, started=last.started - 1))
    store.writer.flush(10.0)
    assert watch.look().runs == 1
    assert Watch(spec(watched), watched.site.project).look().runs == 0


def test_a_run_of_a_clock_that_is_ahead_holds_up_no_other(watched):
    watch = Watch(spec(watched), watched.site.project)
    arrive(watched, ["red red"])
    store = watched.site.project.store
    (first,) = store.runs()
    hour = 3_600 * 10**9
    store.writer.run(
        replace(first, id="e" * 32, trace_id="e" * 32, started=first.started + hour, ended=first.ended + hour)
    )
    store.writer.flush(10.0)
    assert watch.look().runs == 2
    arrive(watched, ["blue"])
    assert watch.look().runs == 1
    assert watch.look().runs == 0


def test_what_started_before_a_watch_began_is_not_looked_at(watched):
    arrive(watched, ["red red"])
    assert Watch(spec(watched), watched.site.project).look().runs == 0


def test_what_cannot_be_read_of_what_arrives_is_told_and_the_watch_goes_on(watched):
    rows = [{"inputs": {"text": text}, "output": {"words": 6}} for text in sentences(COLOURS, 300, 1)]
    watched.site.write("reference.jsonl", "\n".join(map(json.dumps, rows)))
    watch = Watch(spec(watched, of={"text": "inputs.text", "words": "output.words"}), watched.site.project)
    arrive(watched, sentences(COLOURS, 3, 2))
    look = watch.look()
    assert look.runs == 3
    assert list(look.unread) == ["words"]
    assert "has no attribute 'words'" in look.unread["words"]
    arrive(watched, sentences(COLOURS, 2, 3))
    assert watch.look().runs == 2


def test_two_at_once_are_refused_and_the_first_goes_on(watched):
    first, second = (Watch(spec(watched), watched.site.project) for _ in range(2))
    arrive(watched, ["red red"])
    first.look()
    with pytest.raises(UsageError, match="another process"):
        second.look()
    arrive(watched, ["blue"])
    assert first.look().seen == 2


def test_categories_are_watched_by_their_shares(watched):
    kinds = sentences(COLOURS[:2], 300, 4)
    watched.site.write("kinds.jsonl", "\n".join(json.dumps({"text": text.split()[0]}) for text in kinds))
    watch = Watch(spec(watched, reference="kinds.jsonl", **{"as": "category"}), watched.site.project)
    arrive(watched, [text.split()[0] for text in sentences(COLOURS[:2], 40, 5)])
    assert watch.look().raised == ()
    arrive(watched, ["blue"] * 30)
    (raised, *_) = (
        Watch(spec(watched, reference="kinds.jsonl", **{"as": "category"}), watched.site.project)
        .look(explain=False)
        .raised
    )
    assert (raised.alarm.witness, raised.alarm.reading) == ("any other category", "share")
    assert raised.alarm.change > 0.5


def test_what_cannot_be_watched_is_one_clear_error(watched):
    project = watched.site.project
    with pytest.raises(DefinitionError, match="looks at traces"):
        Watch(spec(watched, current="reference.jsonl"), project)
    with pytest.raises(UsageError, match="did you mean echo"):
        Watch(spec(watched, current="traces:chain=ecko"), project)
    with pytest.raises(UsageError, match="name"):
        Watch(spec(watched, name=""), project)
    watched.site.write("few.jsonl", '{"text": "one"}\n{"text": "two"}\n')
    with pytest.raises(Undecided, match="at least"):
        Watch(spec(watched, reference="few.jsonl"), project)
