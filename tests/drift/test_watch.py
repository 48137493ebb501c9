"""A watch looks at every trace once, alarms when what arrives has changed, and goes on where it was left."""

import json
from dataclasses import replace

import pytest

from genops.drift.spec import DriftSpec
from genops.drift.watch import Watch
from genops.errors import DefinitionError, InputError, Undecided, UsageError
from genops.executor import Chain
from genops.executor.engine import RunOptions
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


def arrive(lab, texts, **options):
    chain = Chain.load("echo", project=lab.site.project)
    for text in texts:
        chain.run_sync({"text": text}, RunOptions(**options))
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


def test_a_changed_definition_begins_anew_and_says_so(watched):
    assert Watch(spec(watched), watched.site.project).anew == ""
    assert Watch(spec(watched), watched.site.project).resumed
    changed = Watch(spec(watched, seed=1), watched.site.project)
    assert (changed.resumed, changed.anew) == (False, "its definition has changed")
    assert not Watch(spec(watched, seed=1), watched.site.project, fresh=True).resumed
    assert not Watch(spec(watched, seed=1, smallest=0.2), watched.site.project).resumed


def test_other_rows_in_the_reference_begin_anew_and_it_says_so(watched):
    Watch(spec(watched), watched.site.project)
    rows = [{"text": text} for text in sentences(FOOD, 300, 1)]
    watched.site.write("reference.jsonl", "\n".join(map(json.dumps, rows)))
    changed = Watch(spec(watched), watched.site.project)
    assert (changed.resumed, changed.anew) == (False, "the rows of reference.jsonl have changed")
    assert Watch(spec(watched), watched.site.project).resumed


def test_a_reference_of_traces_is_that_of_when_it_began(watched):
    arrive(watched, sentences(COLOURS, 40, 1))
    Watch(spec(watched, reference="traces:chain=echo"), watched.site.project)
    arrive(watched, sentences(COLOURS, 5, 2))
    assert Watch(spec(watched, reference="traces:chain=echo"), watched.site.project).resumed


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


def rare_kind(lab, **more):
    """A watch of categories of which one in ten sessions is of the kind "rare"."""
    rows = [
        {"text": "rare" if number % 10 == 0 else "often", "session": f"s{number}", "run": {"user": f"u{number}"}}
        for number in range(300)
    ]
    lab.site.write("kinds.jsonl", "\n".join(json.dumps(row) for row in rows for _ in range(3)))
    return Watch(spec(lab, reference="kinds.jsonl", **{"as": "category", **more}), lab.site.project)


def test_a_long_session_counts_once_also_after_a_restart(watched):
    watch = rare_kind(watched)
    assert watch.unit == "traces"
    for _ in range(2):
        arrive(watched, ["rare"] * 20, session="a long one")
        look = rare_kind(watched).look()
        assert (look.runs, look.items, look.raised) == (20, {"inputs": 1}, ())
    watch = rare_kind(watched)
    assert (watch.resumed, watch.unit, watch.seen) == (True, "sessions", 40)
    for number in range(40):
        arrive(watched, ["rare"], session=f"another {number}")
    (raised, *_) = watch.look(explain=False).raised
    assert (raised.unit, raised.alarm.witness) == ("sessions", "rare")
    assert raised.alarm.item < 41


def test_what_the_check_groups_by_is_the_item(watched):
    watch = rare_kind(watched, group="run.user")
    for user in ("ann", "bob"):
        arrive(watched, ["rare", "often"], user=user)
    look = watch.look()
    assert (watch.unit, look.items) == ("groups", {"inputs": 2})


def test_runs_that_stand_alone_are_items_of_which_nothing_is_remembered(watched):
    watch = rare_kind(watched)
    arrive(watched, ["often"] * 5)
    assert watch.look().items == {"inputs": 5}
    kept = watched.site.project.store.drift_watch("questions").state["groups"]["inputs"]
    assert (watch.unit, kept["shape"]) == ("traces", [0])


def test_a_change_that_is_not_beyond_the_smallest_effect_does_not_alarm(watched):
    assert rare_kind(watched).smallest_changes["inputs"] > 0.1
    watch = rare_kind(watched, smallest=0.9)
    arrive(watched, ["rare"] * 60)
    assert watch.look().raised == ()
    loud = rare_kind(watched, smallest=0.05, current="traces:chain=echo,since=1h")
    assert loud.look(explain=False).raised


def test_a_group_that_no_run_of_the_reference_has_is_named(watched):
    arrive(watched, sentences(COLOURS, 40, 1))
    with pytest.raises(InputError, match="`group` can be read of no row of traces:chain=echo") as error:
        Watch(spec(watched, reference="traces:chain=echo", group="run.sesion"), watched.site.project)
    assert "run.session" in error.value.hint


def test_what_cannot_be_watched_is_one_clear_error(watched):
    project = watched.site.project
    with pytest.raises(DefinitionError, match="looks at traces"):
        Watch(spec(watched, current="reference.jsonl"), project)
    with pytest.raises(UsageError, match="did you mean echo"):
        Watch(spec(watched, current="traces:chain=ecko"), project)
    with pytest.raises(UsageError, match="name"):
        Watch(spec(watched, name=""), project)
    with pytest.raises(DefinitionError, match="mix of contexts"):
        Watch(spec(watched, context="inputs.text"), project)
    watched.site.write("one.jsonl", '{"text": "one", "session": "a"}\n' * 50)
    with pytest.raises(Undecided, match="not 1, as rows of one group count as one"):
        Watch(spec(watched, reference="one.jsonl"), project)
    watched.site.write("few.jsonl", '{"text": "one"}\n{"text": "two"}\n')
    with pytest.raises(Undecided, match="at least"):
        Watch(spec(watched, reference="few.jsonl"), project)
