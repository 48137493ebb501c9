"""Where a rule stands follows from its figure and from what was told; noise does not alarm and nothing ends untold."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from genops.evals.summary import Measure
from genops.monitoring.alerts import look, retire, seen
from genops.monitoring.alerts.state import SECOND
from tests.monitoring.alerts.messages import rule_of

HOUR = 3_600 * SECOND


def share(value, half=0.02, n=500):
    return Measure(value, "share", n, max(0.0, value - half), min(1.0, value + half))


def exact(value):
    return Measure(value, "share", 1)


NOTHING = Measure.none("share", "no runs")


def walk(rule, measures, known=None, step=HOUR, start=HOUR, kept=lambda record: record):
    """Looks one after another, each from what the last one kept; the records and the notices."""
    records, notices = [], []
    for number, measure in enumerate(measures):
        known, notice = look(known, rule, measure, start + number * step, "live")
        known = kept(known)
        records.append(known)
        notices.append(notice)
    return records, notices


def silence(record, until):
    return replace(record, silenced=until)


def told(notices):
    return [(one.before, one.state, one.reminder) for one in notices if one is not None]


class TestWhatAFigureSays:
    rule = rule_of("error_rate > 5%")

    def test_an_alert_where_the_whole_interval_is_beyond(self):
        assert seen(self.rule, share(0.08)) == "alert"
        assert seen(self.rule, share(0.06)) == "warning"
        assert seen(self.rule, share(0.04)) == "ok"

    def test_the_other_way_round_where_small_values_are_bad(self):
        rule = rule_of("score.f < 0.8")
        assert [seen(rule, share(value)) for value in (0.77, 0.79, 0.81)] == ["alert", "warning", "ok"]

    def test_a_milder_bound_warns_where_the_whole_interval_is_beyond_it(self):
        rule = rule_of("score.f < 0.8", warn=0.9)
        assert [seen(rule, share(value)) for value in (0.77, 0.87, 0.89)] == ["alert", "warning", "ok"]

    def test_no_data_without_a_value_or_with_too_few(self):
        assert seen(self.rule, NOTHING) == "no data"
        assert seen(self.rule, share(0.5, n=9)) == "no data"
        assert seen(self.rule, share(float("nan"))) == "no data"
        assert seen(rule_of("error_rate > 5%", least=501), share(0.5)) == "no data"

    def test_what_is_known_exactly_is_an_interval_of_one_value(self):
        rule = rule_of("drift.questions > 1")
        assert seen(rule, exact(1.01)) == "alert"
        assert seen(rule, exact(1.0)) == "ok"
        assert seen(rule_of("drift.questions >= 1"), exact(1.0)) == "alert"

    def test_an_estimate_without_an_interval_warns_at_most(self):
        assert seen(self.rule, Measure(0.9, "share", 20, missing="one cluster")) == "warning"

    def test_a_lower_bound_alarms_where_it_is_beyond_and_says_nothing_of_too_little(self):
        least = Measure(2.0, "USD", 8, low=2.0, missing="a lower bound: 2 of 10 runs without a price")
        assert seen(rule_of("cost.total > $1"), least) == "alert"
        assert seen(rule_of("cost.total > $3"), least) == "ok"
        few = Measure(2.0, "traces", 2, low=2.0, missing="a lower bound: counted since noon")
        assert seen(rule_of("traces < 5"), few) == "no data"
        assert seen(rule_of("traces < 2"), few) == "ok"

    def test_no_traces_at_all_may_be_what_alarms(self):
        assert seen(rule_of("traces < 10"), Measure(0.0, "traces", 0)) == "alert"


class TestWhatIsTold:
    rule = rule_of("error_rate > 5%")

    def test_every_change_once(self):
        looks = [share(v) for v in (0.01, 0.01, 0.08, 0.08, 0.2, 0.01, 0.01)] + [NOTHING, NOTHING, share(0.01)]
        records, notices = walk(self.rule, looks)
        assert told(notices) == [
            ("ok", "alert", False),
            ("alert", "ok", False),
            ("ok", "no data", False),
            ("no data", "ok", False),
        ]
        assert records[4].since == records[2].looked  # since when it is so, not when it was looked at last
        assert records[4].measure["value"] == 0.2

    def test_nobody_needs_to_know_that_a_new_rule_is_well_or_has_no_data_yet(self):
        assert told(walk(self.rule, [NOTHING, NOTHING, share(0.01)])[1]) == []
        assert told(walk(self.rule, [NOTHING, share(0.2)])[1]) == [("", "alert", False)]

    def test_that_data_stopped_is_told_even_where_nothing_else_was(self):
        assert told(walk(self.rule, [share(0.01), NOTHING])[1]) == [("ok", "no data", False)]

    def test_an_alert_is_left_by_the_estimate_and_not_by_a_wider_interval(self):
        records, notices = walk(self.rule, [share(0.08), share(0.06), share(0.055, half=0.05)])
        assert [record.state for record in records] == ["alert"] * 3
        assert told(notices) == [("", "alert", False)]

    def test_an_alert_that_is_nearly_over_is_held_until_it_is_clear(self):
        rule = rule_of("score.f < 0.8", clear=0.82)
        records, _ = walk(rule, [share(0.75), share(0.81), share(0.8199), share(0.82)])
        assert [record.state for record in records] == ["alert", "alert", "alert", "ok"]

    def test_without_clear_there_is_a_margin_of_half_the_uncertainty(self):
        records, _ = walk(self.rule, [share(0.08), share(0.045), share(0.039)])
        assert [record.state for record in records] == ["alert", "alert", "ok"]

    def test_an_alert_may_become_a_warning_by_the_milder_bound(self):
        rule = rule_of("score.f < 0.8", warn=0.9)
        records, notices = walk(rule, [share(0.75), share(0.85), share(0.895), share(0.905)])
        assert [record.state for record in records] == ["alert", "warning", "warning", "ok"]
        assert [state for _, state, _ in told(notices)] == ["alert", "warning", "ok"]

    def test_as_many_looks_in_a_row_as_the_rule_wants(self):
        rule = rule_of("error_rate > 5%", **{"for": 3})
        records, notices = walk(rule, [share(v) for v in (0.2, 0.2, 0.01, 0.2, 0.2)])
        assert told(notices) == []
        assert (records[1].pending, records[1].looks, records[1].state) == ("alert", 2, "no data")
        records, notices = walk(rule, [share(v) for v in (0.2, 0.2, 0.2, 0.01, 0.01, 0.01)])
        assert told(notices) == [("", "alert", False), ("alert", "ok", False)]
        assert records[2].pending == ""

    def test_reminders_while_it_lasts(self):
        rule = rule_of("error_rate > 5%", repeat="4h")
        _, notices = walk(rule, [share(0.2)] * 9 + [share(0.01)] * 9)
        assert [number for number, one in enumerate(notices) if one] == [0, 4, 8, 9]
        assert told(notices)[1:] == [("alert", "alert", True), ("alert", "alert", True), ("alert", "ok", False)]

    def test_without_repeat_there_are_none(self):
        assert len(told(walk(self.rule, [share(0.2)] * 100)[1])) == 1


class TestSilence:
    rule = rule_of("error_rate > 5%", repeat="1h")

    def test_the_state_changes_and_nobody_is_told(self):
        known, _ = look(None, self.rule, share(0.01), HOUR, "live")
        records, notices = walk(self.rule, [share(0.2)] * 3, silence(known, 10 * HOUR), start=2 * HOUR)
        assert told(notices) == []
        assert [record.state for record in records] == ["alert"] * 3

    def test_what_is_news_when_it_ends_is_told_then(self):
        known, _ = look(None, self.rule, share(0.01), HOUR, "live")
        records, notices = walk(self.rule, [share(0.2)] * 3, silence(known, 4 * HOUR), start=2 * HOUR)
        assert [notice is None for notice in notices] == [True, True, False]
        assert told(notices) == [("ok", "alert", False)]
        assert records[-1].since == 2 * HOUR

    def test_what_was_there_and_is_gone_when_it_ends_is_not(self):
        known, _ = look(None, self.rule, share(0.01), HOUR, "live")
        figures = [share(0.2), share(0.2), share(0.01), share(0.01)]
        assert told(walk(self.rule, figures, silence(known, 5 * HOUR), start=2 * HOUR)[1]) == []

    def test_an_alert_that_ended_meanwhile_is_told_to_have_ended(self):
        known, _ = look(None, self.rule, share(0.2), HOUR, "live")
        _, notices = walk(self.rule, [share(0.01)] * 3, silence(known, 4 * HOUR), start=2 * HOUR)
        assert told(notices) == [("alert", "ok", False)]

    def test_there_are_no_reminders_meanwhile(self):
        known, _ = look(None, self.rule, share(0.2), HOUR, "live")
        _, notices = walk(self.rule, [share(0.2)] * 5, silence(known, 5 * HOUR), start=2 * HOUR)
        assert told(notices) == [("alert", "alert", True), ("alert", "alert", True)]


class TestARuleThatIsTakenOut:
    rule = rule_of("error_rate > 5%")

    def test_what_was_told_of_it_is_over(self):
        alert, _ = look(None, self.rule, share(0.2), HOUR, "live")
        assert told([retire(alert)]) == [("alert", "ok", False)]

    def test_what_was_not_needs_no_end(self):
        for measure in (share(0.01), NOTHING):
            assert retire(look(None, self.rule, measure, HOUR, "live")[0]) is None


SIGNS = st.sampled_from(["error_rate > 5%", "error_rate >= 50%", "score.f < 0.8", "score.f <= 0.2"])


@st.composite
def rules(draw):
    text = draw(SIGNS)
    settings = {"for": draw(st.integers(1, 3)), "least": draw(st.sampled_from([0, 10, 30]))}
    if draw(st.booleans()):
        settings["repeat"] = draw(st.integers(1, 20_000))
    above, bound = ">" in text, rule_of(text).bound
    good = 0.0 if above else 1.0
    for key in draw(st.sets(st.sampled_from(["warn", "clear"]))):
        settings[key] = bound + (good - bound) * draw(st.floats(0, 0.9))
    return rule_of(text, **settings)


@st.composite
def measures(draw):
    if draw(st.integers(0, 9)) == 0:
        return NOTHING
    value, n = draw(st.floats(0, 1)), draw(st.integers(0, 100))
    kind = draw(st.integers(0, 2))
    if kind == 0:
        return Measure(value, "share", n)
    if kind == 1:
        return Measure(value, "share", n, missing="one cluster")
    below, above = draw(st.floats(0, 0.5)), draw(st.floats(0, 0.5))
    return Measure(value, "share", n, value - below, value + above)


class TestAlways:
    @given(rules(), st.lists(measures(), max_size=40), st.integers(0, 40))
    def test_messages_are_changes_or_reminders_that_are_due(self, rule, figures, silenced):
        said, last = "", None
        known = None
        for number, measure in enumerate(figures):
            now = (number + 1) * HOUR
            known, notice = look(known, rule, measure, now, "live")
            known = silence(known, silenced * HOUR if number < silenced else None)
            if notice is None:
                continue
            assert now >= silenced * HOUR or number == 0
            if notice.reminder:
                assert notice.state == said in ("warning", "alert")
                assert rule.repeat is not None
                assert now - last >= rule.repeat * SECOND
            else:
                assert notice.state != said
            assert notice.before in (said, "ok", "no data")
            assert notice.state == known.state == known.said
            said, last = notice.state, now

    @given(rules(), st.lists(measures(), max_size=40))
    def test_every_alert_that_was_told_is_told_to_have_ended(self, rule, figures):
        records, notices = walk(rule, figures)
        open_alert = False
        for record, notice in zip(records, notices, strict=True):
            if notice is not None:
                open_alert = notice.state == "alert"
            assert open_alert == (record.state == "alert")

    @given(rules(), st.lists(measures(), max_size=30))
    def test_a_restart_between_looks_changes_nothing(self, rule, figures):
        def restarted(record):
            return replace(record)

        assert walk(rule, figures)[1] == walk(rule, figures, kept=restarted)[1]

    @given(rules(), st.lists(measures(), min_size=1, max_size=20))
    def test_a_look_that_is_made_again_says_the_same(self, rule, figures):
        known = walk(rule, figures[:-1])[0][-1] if len(figures) > 1 else None
        first = look(known, rule, figures[-1], 99 * HOUR, "live")
        assert first == look(known, rule, figures[-1], 99 * HOUR, "live")

    @given(
        SIGNS,
        st.floats(0.01, 0.04),
        st.lists(st.floats(-1, 1), min_size=2, max_size=60),
        st.sampled_from(["estimate", "end"]),
    )
    def test_a_figure_that_jitters_around_a_bound_does_not_flap(self, text, half, jitters, where):
        """By up to half of its own uncertainty, around the bound by its estimate or by the end of its interval."""
        rule = rule_of(text)
        centre = rule.bound if where == "estimate" else rule.bound + (half if rule.above else -half)
        figures = [share_of(centre + jitter * half * 0.45, half) for jitter in jitters]
        states = [record.state for record in walk(rule, figures)[0]]
        changes = sum(one != other for one, other in pairwise(states))
        assert changes <= 2  # from well to warning to alert, and never back
        assert [rank(state) for state in states] == sorted(map(rank, states))


def share_of(value, half):
    return Measure(value, "share", 500, value - half, value + half)


def rank(state):
    return ("ok", "warning", "alert").index(state)
