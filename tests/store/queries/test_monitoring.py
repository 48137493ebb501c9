"""Feedback, scored runs, rules and messages are kept, and read back as they were written."""

from dataclasses import replace

from genops.store.records.alerts import AlertRecord, DeliveryRecord
from genops.store.records.monitoring import FeedbackRecord, MonitoredRecord, MonitorRecord
from genops.store.records.runs import RunRecord


def said(number, run="a" * 32):
    return FeedbackRecord(run, "feedback", number / 10, f"number {number} \x00", "ann", 1_000 + number)


def scored(number):
    return MonitoredRecord(f"{number:032x}", 1_000 + number // 2, "m" * 64, "all", 0.1, {"contains": {"value": 1.0}})


def test_feedback_comes_newest_first_and_may_be_of_some_runs(store):
    for number in range(4):
        store.add_feedback(said(number, run="ab"[number % 2] * 32))
    assert [one.value for one in store.feedback()] == [0.3, 0.2, 0.1, 0.0]
    assert [one.value for one in store.feedback(["a" * 32])] == [0.2, 0.0]
    assert [one.value for one in store.feedback(["a" * 32, "b" * 32], since=1_001, limit=2)] == [0.3, 0.2]
    assert store.feedback([]) == []


def test_a_monitor_advances_with_the_runs_that_it_scored(store):
    assert store.monitor("live") is None
    record = MonitorRecord("live", "m" * 64, 1, 5, 2, 9)
    assert store.advance_monitor(record, [scored(number) for number in range(5)], None)
    again = replace(scored(4), scores={"contains": {"value": 0.0}})
    assert store.advance_monitor(replace(record, cursor=7), [again], record)
    assert store.monitor("live").cursor == 7
    assert store.monitors() == [replace(record, cursor=7)]
    found = list(store.monitored("live"))
    assert [one.run for one in found] == [f"{number:032x}" for number in range(5)]
    assert found[4].scores == {"contains": {"value": 0.0}}
    assert len(list(store.monitored("live", since=1_002))) == 1
    assert list(store.monitored("other")) == []


def test_a_monitor_does_not_advance_from_where_it_does_not_stand(store):
    record = MonitorRecord("live", "m" * 64, 1, 5, 2, 9)
    assert store.advance_monitor(record, [], None)
    assert not store.advance_monitor(replace(record, seen=4), [scored(1)], None)
    assert not store.advance_monitor(replace(record, seen=4), [scored(1)], replace(record, cursor=4))
    assert store.monitor("live") == record
    assert list(store.monitored("live")) == []


def test_a_monitor_that_moves_on_what_it_keeps_forgets_what_lies_before(store):
    record = MonitorRecord("live", "m" * 64, 1, 5, 2, 9)
    other = replace(record, monitor="other")
    for each in (record, other):
        assert store.advance_monitor(each, [scored(number) for number in range(6)], None)
    messages = [DeliveryRecord(name * 32, "live", "error_rate > 0.05", "ops", {}, 9, 9) for name in "abc"]
    assert store.keep_alerts([], [], messages)
    store.change_delivery("a" * 32, accepted=1_000)
    store.change_delivery("b" * 32, accepted=1_001)
    assert store.advance_monitor(replace(record, seen=3, kept=1_001), [], record)
    assert [one.started for one in store.monitored("live")] == [1_001, 1_001, 1_002, 1_002]
    assert len(list(store.monitored("other"))) == 6
    assert [one.id[0] for one in store.deliveries(accepted=None)] == ["b", "c"]


def test_one_process_at_a_time_has_the_lease_of_a_monitor(store):
    record = MonitorRecord("live", "m" * 64, 1, 5, 2, 9)
    assert not store.lease_monitor("live", 0, 10, 40)
    assert store.advance_monitor(record, [], None)
    assert store.lease_monitor("live", 0, 10, 40)
    assert not store.lease_monitor("live", 0, 20, 50)
    assert store.lease_monitor("live", 40, 30, 60)  # renewed
    assert not store.lease_monitor("live", 40, 45, 0)  # by one who had it before
    assert store.advance_monitor(replace(record, seen=3), [], record)
    assert store.monitor("live").lease == 60
    assert store.lease_monitor("live", 60, 45, 0)
    assert store.lease_monitor("live", 0, 46, 76)
    assert store.lease_monitor("live", 0, 76, 106)  # who had it has died


def test_runs_that_ended_are_told_in_the_order_of_their_start(store):
    for number, (chain, mode, ended) in enumerate(
        [("a", "run", 50), ("a", "eval", 50), ("b", "run", 50), ("a", "batch", None), ("a", "batch", 99)]
    ):
        identity, status = f"{number:032x}", "running" if ended is None else "error" if ended > 60 else "ok"
        store.writer.run(RunRecord(identity, identity, chain, 40 + number, mode=mode, status=status, ended=ended))
    store.writer.flush(10.0)
    first, last = store.ended_runs("a", ["eval"], 0)
    assert first == (40, 10, False, 0.0, 0, None)
    assert last == (44, 55, True, 0.0, 0, None)
    assert store.ended_runs("a", ["eval"], 41) == [last]
    assert store.ended_runs("a", ["eval"], 0, 44) == [first]
    assert store.count_ended_runs("a", ["eval"], 0, 44) == 1
    assert store.run_ids([44, 7, 40]) == [f"{4:032x}", f"{0:032x}"]


def test_feedback_of_a_chain_comes_with_the_session_of_its_run(store):
    for number, session in enumerate(["s", None]):
        identity = f"{number:032x}"
        store.writer.run(RunRecord(identity, identity, "a", 40 + number, ended=50, status="ok", session=session))
    store.writer.flush(10.0)
    for number in range(3):
        store.add_feedback(replace(said(number), run=f"{number:032x}"))
    found = store.feedback_of_chain("a", ["eval"], 0, 0)
    assert [(one.value, session) for one, session in found] == [(0.0, "s"), (0.1, f"{1:032x}")]
    assert len(store.feedback_of_chain("a", ["eval"], 41, 0)) == 1
    assert len(store.feedback_of_chain("a", ["eval"], 0, 1_001)) == 1
    assert store.feedback_of_chain("a", ["run"], 0, 0) == []


def test_rules_and_their_messages_are_kept_at_once(store):
    alert = AlertRecord("live", "error_rate > 0.05", "alert", 5, 9, measure={"value": 0.2, "n": 40})
    message = DeliveryRecord("d" * 32, "live", alert.rule, "ops", {"state": "alert"}, 9, 9)
    assert store.keep_alerts([], [alert], [message])
    well = replace(alert, state="ok", looked=10)
    assert store.keep_alerts([alert], [well])
    assert store.alerts("live") == [well]
    store.silence_alert("live", alert.rule, 99)
    assert store.keep_alerts([well], [replace(well, looked=11)])  # as it was read before the silence
    assert store.alerts("live") == [replace(well, looked=11, silenced=99)]
    assert store.keep_alerts(store.alerts("live"), [])
    assert store.alerts("live") == []
    assert store.deliveries(due=8) == []
    assert store.deliveries(due=9) == [message]
    others = [replace(message, channel="other"), replace(message, id="e" * 32, channel="mail")]
    assert store.keep_alerts([], [], others)
    assert [(one.id[0], one.channel) for one in store.deliveries()] == [("d", "ops"), ("e", "mail")]
    assert [one.channel for one in store.deliveries(monitor="live", channel="mail")] == ["mail"]
    assert store.deliveries(monitor="other") == []
    assert (store.count_deliveries("live"), store.count_deliveries("other")) == (2, 0)
    store.change_delivery("e" * 32, accepted=11)
    store.change_delivery(message.id, attempts=2, accepted=11)
    assert store.deliveries() == []
    assert store.count_deliveries("live") == 0
    assert store.deliveries(accepted=True)[0].attempts == 2


def test_of_two_that_looked_at_a_rule_at_once_the_first_is_kept_with_its_messages(store):
    stood = [AlertRecord("live", rule, "ok", 5, 9, measure={}) for rule in ("error_rate > 0.05", "traces < 1")]
    message = DeliveryRecord("d" * 32, "live", stood[0].rule, "ops", {"state": "alert"}, 9, 9)
    assert store.keep_alerts([], stood)
    assert not store.keep_alerts([], stood, [message])
    first = [replace(stood[0], looked=10), stood[1]]
    assert store.keep_alerts(stood, first)
    late = [replace(one, state="alert", looked=11) for one in stood]
    assert not store.keep_alerts(stood, list(reversed(late)), [message])
    assert not store.keep_alerts(stood, [])
    assert store.alerts("live") == first
    assert store.deliveries() == []


def test_messages_that_wait_are_counted_by_channel_and_dropped_by_their_ids(store):
    messages = [
        DeliveryRecord(name * 32, "live", "error_rate > 0.05", channel, {}, 9, 9)
        for name, channel in zip("abcd", ("ops", "old", "old", "old"), strict=True)
    ]
    assert store.keep_alerts([], [], messages)
    assert store.count_waiting() == {("live", "old"): 3, ("live", "ops"): 1}
    store.change_delivery("d" * 32, accepted=11)
    assert store.count_waiting() == {("live", "old"): 2, ("live", "ops"): 1}
    assert sorted(store.drop_deliveries(["b" * 32, "c" * 32, "d" * 32, "e" * 32])) == ["b" * 32, "c" * 32]
    assert [one.id[0] for one in store.deliveries(accepted=None)] == ["a", "d"]
    assert store.drop_deliveries([]) == []


def test_an_attempt_at_a_message_is_made_by_one_process(store):
    message = DeliveryRecord("d" * 32, "live", "error_rate > 0.05", "ops", {}, 9, 9)
    assert store.keep_alerts([], [], [message])
    assert store.claim_delivery(message.id, 9, 50)
    assert not store.claim_delivery(message.id, 9, 50)
    assert store.deliveries() == [replace(message, due=50, attempts=1)]
    store.change_delivery(message.id, accepted=60)
    assert not store.claim_delivery(message.id, 50, 90)
