"""A monitor scores what arrives, once, by the rates that it is given, and goes on where it was left."""

import time
from dataclasses import replace

import pytest

from benchmarks.loopback_server import Fault, LoopbackServer, Reply
from genops.errors import DefinitionError
from genops.executor import Chain
from genops.monitoring.feedback import add_feedback
from genops.monitoring.monitor import Look, Monitor
from genops.monitoring.spec import MonitorSpec

HOUR = 3_600.0


@pytest.fixture
def server():
    with LoopbackServer() as running:
        yield running


def spec(**more):
    data = {"kind": "monitor", "chain": "echo", "sample": {"rate": 1.0}, "scorers": [{"contains": "yes"}], **more}
    return MonitorSpec.from_data(data, "live")


def arrive(lab, *texts):
    chain = Chain.load("echo", project=lab.site.project)
    ids = []
    for text in texts:
        try:
            ids.append(chain.run_sync({"text": text}).id)
        except Exception as error:
            ids.append(error.run)
    lab.site.project.store.writer.flush(10.0)
    return ids


def test_what_arrives_is_scored_as_in_a_suite_and_told_with_its_interval(lab):
    monitor = Monitor(spec(), lab.site.project)
    arrive(lab, "yes", "oh yes", "no")
    assert monitor.look().drawn == 3
    found = monitor.reading().figures(HOUR)["score.contains"]
    assert found.value == pytest.approx(2 / 3)
    assert found.n == 3
    assert 0 <= found.low < found.value < found.high <= 1


def test_nothing_is_scored_twice_and_a_restart_goes_on(lab):
    first = Monitor(spec(), lab.site.project)
    arrive(lab, "yes")
    assert first.look().runs == 1
    assert first.look().runs == 0
    arrive(lab, "no")
    second = Monitor(spec(), lab.site.project)
    assert (second.seen, second.look().runs) == (1, 1)
    assert len(list(lab.site.project.store.monitored("live"))) == 2


def test_a_run_whose_record_comes_late_is_scored_too_and_none_twice(lab):
    monitor = Monitor(spec(), lab.site.project)
    arrive(lab, "yes", "no")
    store = lab.site.project.store
    late = replace(store.runs()[0], id="e" * 32, trace_id="e" * 32)
    late.started, late.ended = late.started - 1, late.ended
    assert monitor.look().runs == 2
    store.writer.run(late)
    store.writer.flush(10.0)
    assert monitor.look().runs == 1
    assert Monitor(spec(), lab.site.project).look().runs == 0
    assert monitor.seen == 3


def test_a_run_of_a_clock_that_is_ahead_holds_up_no_other(lab):
    monitor = Monitor(spec(), lab.site.project)
    (first,) = arrive(lab, "yes")
    store = lab.site.project.store
    ahead = replace(store.run(first), id="e" * 32, trace_id="e" * 32)
    ahead.started, ahead.ended = ahead.started + 3_600 * 10**9, ahead.ended + 3_600 * 10**9
    store.writer.run(ahead)
    store.writer.flush(10.0)
    assert monitor.look().runs == 2
    arrive(lab, "no")
    assert monitor.look().runs == 1
    assert monitor.look().runs == 0


def test_two_processes_share_the_work(lab):
    one, other = (Monitor(spec(), lab.site.project) for _ in range(2))
    arrive(lab, "yes")
    assert (one.look().runs, other.look().runs) == (1, 0)
    arrive(lab, "no", "yes")
    assert (other.look().runs, one.look().runs) == (2, 0)
    assert one.seen == other.seen == 3
    assert one.reading().figures(HOUR)["traces"].value == 3


@pytest.fixture
def meanwhile(monkeypatch):
    """Has something done while a monitor scores; the monitor's own look afterwards."""

    def look(monitor, do):
        drawn = monitor._drawn

        def first(runs):
            if runs:
                monkeypatch.setattr(monitor, "_drawn", drawn)
                do()
            return drawn(runs)

        monkeypatch.setattr(monitor, "_drawn", first)
        return monitor.look()

    return look


def test_while_one_scores_another_does_not_so_that_no_judge_is_paid_twice(lab, meanwhile):
    one, other = (Monitor(spec(), lab.site.project) for _ in range(2))
    one.look()
    arrive(lab, "yes")
    found = []
    assert meanwhile(one, lambda: found.append(other.look())).drawn == 1
    assert [(look.is_busy, look.runs) for look in found] == [(True, 0)]
    assert other.look() == Look(0, 0)
    assert Monitor(spec(), lab.site.project).seen == 1


def test_one_that_died_while_it_scored_is_waited_for_until_its_lease_is_over(lab, monkeypatch):
    store = lab.site.project.store
    monitor = Monitor(spec(), lab.site.project)
    monitor.look()
    arrive(lab, "yes")
    now = time.time_ns()
    assert store.lease_monitor("live", 0, now, now + int(2e9))
    assert monitor.look().is_busy
    time.sleep(2.1)
    assert monitor.look().drawn == 1


def test_a_lease_lasts_for_as_long_as_scoring_does(lab, meanwhile, monkeypatch):
    monkeypatch.setattr("genops.monitoring.lease.LEASE", 1.5)
    one, other = (Monitor(spec(), lab.site.project) for _ in range(2))
    one.look()
    arrive(lab, "yes")
    found = []

    def long():
        time.sleep(2.0)
        found.append(other.look())

    assert meanwhile(one, long).drawn == 1
    assert [look.is_busy for look in found] == [True]
    assert lab.site.project.store.monitor("live").lease == 0


def test_of_two_that_score_at_once_all_the_same_one_result_is_kept(lab, meanwhile):
    one, other = (Monitor(spec(), lab.site.project) for _ in range(2))
    one.look()
    arrive(lab, "yes")
    store = lab.site.project.store

    def as_by_a_clock_that_is_ahead():
        assert store.lease_monitor("live", 0, time.time_ns() + 3_600 * 10**9, 0)
        assert other.look().drawn == 1

    assert meanwhile(one, as_by_a_clock_that_is_ahead).drawn == 0
    assert one.look().drawn == 0
    assert Monitor(spec(), lab.site.project).seen == 1
    assert len(list(store.monitored("live"))) == 1


def test_what_is_older_than_it_keeps_is_forgotten_and_not_scored_again(lab):
    store = lab.site.project.store
    monitor = Monitor(spec(over="2s", keep="2s"), lab.site.project)
    monitor.look()
    (old,) = arrive(lab, "yes")
    assert monitor.look().drawn == 1
    began = replace(store.monitor("live"), kept=1)
    assert store.advance_monitor(began, [], store.monitor("live"))
    time.sleep(2.1)
    arrive(lab, "no")
    monitor.look()
    assert old not in {one.run for one in store.monitored("live")}
    add_feedback(lab.site.project, old, 0.0)
    for keep in ("2s", "90d"):
        look = Monitor(spec(over="2s", keep=keep), lab.site.project).look()
        assert (look.drawn, look.again) == (0, 0)
    assert Monitor(spec(), lab.site.project).seen == 2


def test_scores_are_kept_as_long_as_any_window_wants_them():
    assert spec().keep == 90 * 86_400
    assert spec(over="180d").keep == 180 * 86_400
    assert spec(rules=["error_rate > 5% over 100d"]).keep == 100 * 86_400
    with pytest.raises(DefinitionError, match="`keep` is 86400 s, and a figure is of 172800 s"):
        spec(keep="1d", rules=["error_rate > 5% over 2d"])


def test_what_was_there_before_it_began_is_not_its_concern(lab):
    arrive(lab, "yes")
    monitor = Monitor(spec(), lab.site.project)
    assert monitor.look().runs == 0
    assert monitor.reading().figures(HOUR)["traces"].value == 0


def test_runs_of_evaluations_are_left_alone(lab):
    monitor = Monitor(spec(), lab.site.project)
    lab.run(lab.suite(["yes"]))
    lab.site.project.store.writer.flush(10.0)
    assert monitor.look().runs == 0


def test_failed_runs_are_drawn_counted_and_have_no_score(lab):
    lab.replies["bad"] = ValueError("no")
    monitor = Monitor(spec(sample={"rate": 0.0}), lab.site.project)
    arrive(lab, "yes", "bad")
    assert monitor.look().drawn == 1
    (kept,) = lab.site.project.store.monitored("live")
    assert (kept.stratum, kept.probability, kept.scores) == ("errors", 1.0, {})
    assert monitor.reading().figures(HOUR)["error_rate"].value == 0.5


def test_a_run_that_gets_bad_feedback_later_is_scored_then(lab):
    monitor = Monitor(spec(sample={"rate": 0.0}), lab.site.project)
    good, bad = arrive(lab, "yes", "no")
    assert monitor.look().drawn == 0
    add_feedback(lab.site.project, good, 1.0)
    add_feedback(lab.site.project, bad, 0.0)
    assert (found := monitor.look()).again == 1, found
    (kept,) = lab.site.project.store.monitored("live")
    assert (kept.run, kept.stratum) == (bad, "feedback")
    assert monitor.reading().figures(HOUR)["feedback.feedback"].value == 0.5


def test_a_run_that_was_scored_is_not_scored_again_for_bad_feedback_but_counts_as_surely_drawn(lab, monkeypatch):
    monitor = Monitor(spec(sample={"rate": 0.999}), lab.site.project)
    (run,) = arrive(lab, "yes")
    monitor.look()
    (before,) = lab.site.project.store.monitored("live")

    async def scores(runs):
        assert not runs
        return []

    monkeypatch.setattr(monitor._scorer, "scores", scores)
    for _ in range(2):
        add_feedback(lab.site.project, run, 0.0)
        assert monitor.look().again == 0
    assert list(lab.site.project.store.monitored("live")) == [replace(before, stratum="feedback", probability=1.0)]


def test_a_stratum_has_its_own_rate(lab):
    strata = {"{{ inputs.text == 'yes' }}": 1.0, "{{ run.user == 'ann' }}": 1.0, "{{ steps.say.output == 'no' }}": 0.0}
    monitor = Monitor(spec(sample={"rate": 0.0, "strata": strata}), lab.site.project)
    yes, _ = arrive(lab, "yes", "no")
    assert monitor.look().drawn == 1
    (kept,) = lab.site.project.store.monitored("live")
    assert (kept.run, kept.stratum, kept.probability) == (yes, "{{ inputs.text == 'yes' }}", 1.0)


def test_judges_of_suites_score_it_and_one_that_is_away_is_asked_again(lab, server):
    lab.site.served(server.url, alias="judge", more="limits = {timeout = 2.0, retries = 0}\n")
    server.answer = lambda body: Reply(text='{"quotes": [], "reasoning": "fine", "score": 4}')
    judged = {"scorers": [{"rubric": "Is it polite?"}], "judge": "judge"}
    monitor = Monitor(spec(**judged), lab.site.project)
    arrive(lab, "yes")
    server.fail(Fault("status", 500))
    found = monitor.look()
    assert (found.drawn, found.again, found.unscored) == (1, 0, 1)
    assert monitor.reading().figures(HOUR)["score.rubric"].missing == "1 of 1 drawn run unscored"
    found = monitor.look()
    assert (found.drawn, found.again, found.unscored) == (0, 1, 0)
    assert monitor.look().again == 0
    (kept,) = lab.site.project.store.monitored("live")
    suite = lab.run(lab.suite([{"text": "yes"}], judged["scorers"], judge="judge"))
    (sample,) = suite.samples
    assert kept.scores["rubric"]["value"] == sample.scores["rubric"]["value"] == 0.75
    assert kept.judged["calls"] == 2  # that of the time before is paid too


def test_a_window_in_which_all_runs_failed_has_an_error_rate_and_no_scores(lab):
    lab.replies["bad"] = ValueError("no")
    monitor = Monitor(spec(), lab.site.project)
    arrive(lab, *["bad"] * 5)
    assert monitor.look().drawn == 5
    found = monitor.reading().figures(HOUR)
    assert (found["error_rate"].value, found["error_rate"].high) == (1.0, 1.0)
    assert "score.contains" not in found
    assert found["latency.p50"].n == 5


def test_other_scorers_begin_another_series(lab):
    monitor = Monitor(spec(), lab.site.project)
    arrive(lab, "yes")
    monitor.look()
    changed = Monitor(spec(scorers=[{"contains": "no"}]), lab.site.project)
    assert "score.contains" not in changed.reading().figures(HOUR)
    arrive(lab, "no")
    changed.look()
    assert changed.reading().figures(HOUR)["score.contains"].n == 1


def test_a_judge_that_fails_leaves_runs_unscored_and_the_figure_without_them(lab):
    monitor = Monitor(spec(scorers=[{"regex": {"pattern": "{{ inputs.nothing.there }}"}}]), lab.site.project)
    arrive(lab, "yes")
    assert monitor.look().drawn == 1
    (kept,) = lab.site.project.store.monitored("live")
    assert "unscored" in kept.scores["regex"]
    found = monitor.reading().figures(HOUR)["score.regex"]
    assert (found.value, found.missing) == (None, "1 of 1 drawn run unscored")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"chain": None}, "chain"),
        ({"scorers": ["contians"]}, "contains"),
        ({"sample": {"rat": 1}}, "rate"),
        ({"sample": {"rate": 2}}, "rate"),
        ({"over": "a day"}, "no duration"),
        ({"alert": []}, "unknown key"),
    ],
)
def test_a_broken_definition_is_one_clear_error(change, message):
    with pytest.raises(DefinitionError) as refused:
        spec(**change)
    assert message in str(refused.value)
