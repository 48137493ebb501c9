"""Messages are written with the change that they tell, and tried until they are accepted; nothing is lost."""

import asyncio
import json
import random
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.errors import StoreError, StoreUnavailable
from genops.monitoring.alerts import Channel, Message, NotAccepted, Outbox, look, verify_signature, write
from genops.monitoring.alerts.delivery import delay
from genops.monitoring.alerts.state import SECOND
from genops.store import Store
from tests.monitoring.alerts.channels.made import channel_of
from tests.monitoring.alerts.messages import BAD, GOOD, NOW, rule_of
from tests.servers.http_receiver import Behaviour, HttpReceiver
from tests.servers.smtp_receiver import SmtpReceiver

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def outbox_of(store, clock, **channels):
    return Outbox(store, "live", channels, clock=clock, rng=random.Random(7))


def enter(store, channels, measure=BAD, now=NOW, raw="error_rate > 5%"):
    """A look at a rule, with the messages that it wants."""
    rule = rule_of(raw)
    before = [one for one in store.alerts("live") if one.rule == rule.text]
    known = before[0] if before else None
    record, notice = look(known, rule, measure, now, "live")
    messages = {}
    if notice is not None:
        messages = {name: [Message.of(notice, record, rule, measure, over=86_400.0, channel=name)] for name in channels}
    assert write(store, before, [record], messages, now)
    return [one.id for several in messages.values() for one in several]


def waits(store, channel):
    (record,) = store.deliveries(channel=channel)
    return record


class TestWriting:
    def test_the_change_and_its_messages_are_one_commit(self, store):
        ids = enter(store, ["ops", "chat"])
        assert [one.id for one in store.deliveries()] == ids
        assert [one.state for one in store.alerts("live")] == ["alert"]

    def test_what_cannot_be_written_is_not_written_in_part(self, store):
        rule = rule_of()
        record, notice = look(None, rule, BAD, NOW, "live")
        broken = Message.of(notice, record, rule, BAD, over=86_400.0)
        object.__setattr__(broken, "monitor", None)
        with pytest.raises(StoreError):
            write(store, [], [record], {"ops": [broken]}, NOW)
        assert store.alerts("live") == []
        assert store.deliveries() == []

    def test_two_processes_that_look_at_once_write_one_message(self, store):
        enter(store, ["ops"])
        rule, known = rule_of(), store.alerts("live")[0]
        for now, is_first in ((NOW + 1, True), (NOW + 2, False)):
            record, notice = look(known, rule, GOOD, now, "live")
            message = Message.of(notice, record, rule, GOOD, over=86_400.0, channel="ops")
            assert write(store, [known], [record], {"ops": [message]}, now) == is_first
        assert [one.body["state"] for one in store.deliveries()] == ["alert", "ok"]


class TestAttempts:
    async def test_an_accepted_message_is_sent_once(self, store, clock, receiver):
        enter(store, ["ops"])
        outbox = outbox_of(store, clock, ops=channel_of({"webhook": receiver.url}))
        assert (await outbox.deliver()).accepted == 1
        clock.now += 24 * HOUR
        assert (await outbox.deliver()).accepted == 0
        assert len(receiver.received) == 1
        (record,) = store.deliveries(accepted=True)
        assert (record.accepted, record.attempts, record.error) == (NOW, 1, "")

    async def test_one_that_is_not_accepted_is_tried_until_it_is(self, store, clock, receiver, monkeypatch):
        monkeypatch.setenv("SECRET", "correct horse")
        (identity,) = enter(store, ["ops"])
        receiver.plan = [
            Behaviour(status=500),
            Behaviour(status=400),
            Behaviour(status=429, headers={"Retry-After": "3000"}),
            Behaviour("drop"),
            Behaviour("middle"),
            Behaviour("stall"),
        ]
        entry = {"webhook": receiver.url, "secret_env": "SECRET", "timeout": 1.5}
        outbox = outbox_of(store, clock, ops=channel_of(entry))
        pauses = []
        while store.deliveries():
            clock.now = waits(store, "ops").due - 1
            assert (await outbox.deliver()).failed == 0  # not before it is due
            clock.now += 1
            await outbox.deliver()
            if store.deliveries():
                pauses.append((waits(store, "ops").due - clock.now) / SECOND)
        assert len(receiver.received) == 7
        for number, pause in enumerate(pauses):
            longest = 30 * 2**number
            assert pause == 3_000 if number == 2 else longest / 2 <= pause <= longest
        assert {one.headers["Idempotency-Key"] for one in receiver.received} == {identity}
        assert len({one.body for one in receiver.received}) == 1
        assert all(
            verify_signature("correct horse", one.headers["X-Genops-Signature"], one.body) for one in receiver.received
        )
        (record,) = store.deliveries(accepted=True)
        assert (record.attempts, record.error) == (7, "")

    async def test_why_it_waits_is_kept(self, store, clock, receiver):
        enter(store, ["ops"])
        receiver.plan = [Behaviour(status=403, text="who are you?")]
        await outbox_of(store, clock, ops=channel_of({"webhook": receiver.url})).deliver()
        record = waits(store, "ops")
        assert record.error == "the receiver answered 403: who are you?"
        assert (record.attempts, record.accepted) == (1, None)

    async def test_a_message_that_one_receiver_never_takes_holds_up_no_other(self, store, clock, receiver):
        enter(store, ["ops"])
        enter(store, ["ops"], raw="error_rate > 6%")
        receiver.plan = [Behaviour(status=400)]
        outbox = outbox_of(store, clock, ops=channel_of({"webhook": receiver.url}))
        tally = await outbox.deliver()
        assert (tally.accepted, tally.failed) == (1, 1)

    async def test_a_variable_that_is_not_set_is_a_failure_like_any(self, store, clock, monkeypatch, receiver):
        enter(store, ["ops"])
        outbox = outbox_of(store, clock, ops=channel_of({"webhook_env": "OPS_URL"}))
        await outbox.deliver()
        assert waits(store, "ops").error == "the environment variable OPS_URL is not set"
        monkeypatch.setenv("OPS_URL", receiver.url)
        clock.now += HOUR
        assert (await outbox.deliver()).accepted == 1

    async def test_a_channel_that_breaks_is_a_failure_like_any(self, store, clock):
        class Broken(Channel):
            async def send(self, message, *, late=False):
                raise ZeroDivisionError("of a plug-in\x1b[31m")

        enter(store, ["ops"])
        await outbox_of(store, clock, ops=Broken()).deliver()
        assert waits(store, "ops").error == "ZeroDivisionError: of a plug-in [31m"

    async def test_a_mail_goes_again_to_those_alone_who_did_not_get_it(self, store, clock):
        enter(store, ["mail"])
        async with SmtpReceiver() as server:
            server.refused = {"b@x.example": "450 later"}
            to = ["a@x.example", "b@x.example", "c@x.example"]
            entry = {"to": to, "from": "g@y.example", "host": "127.0.0.1", "port": server.port}
            outbox = outbox_of(store, clock, mail=channel_of({"email": entry}))
            for answers in (server.refused, server.refused, {}):
                server.refused = answers
                await outbox.deliver()
                clock.now += HOUR
            assert server.envelopes == [["a@x.example", "c@x.example"], ["b@x.example"]]
        (record,) = store.deliveries(accepted=True)
        assert record.attempts == 3

    async def test_a_command_that_fails_is_run_again(self, store, clock, tmp_path):
        enter(store, ["run"])
        (tmp_path / "once.sh").write_text("#!/bin/sh\n[ -e tried ] || { touch tried; exit 1; }\ncat > got.json\n")
        (tmp_path / "once.sh").chmod(0o755)
        outbox = outbox_of(store, clock, run=channel_of({"command": ["./once.sh"]}, tmp_path))
        assert (await outbox.deliver()).failed == 1
        clock.now += MINUTE
        assert (await outbox.deliver()).accepted == 1
        assert json.loads((tmp_path / "got.json").read_text())["state"] == "alert"

    async def test_what_is_over_when_it_is_sent_says_so(self, store, clock, receiver):
        enter(store, ["chat"])
        receiver.plan = [Behaviour(status=500)]
        outbox = outbox_of(store, clock, chat=channel_of({"slack": receiver.url}))
        await outbox.deliver()
        enter(store, ["chat"], GOOD, NOW + MINUTE)
        clock.now += HOUR
        assert (await outbox.deliver()).accepted == 2
        texts = [json.loads(one.body)["text"] for one in receiver.received]
        assert ["Late: " in text for text in texts] == [False, True, False]

    async def test_so_does_what_was_said_of_a_rule_that_is_gone(self, store, clock, receiver):
        enter(store, ["am"])
        assert store.keep_alerts(store.alerts("live"), [])
        await outbox_of(store, clock, am=channel_of({"alertmanager": receiver.url})).deliver()
        (alert,) = json.loads(receiver.received[0].body)
        assert alert["endsAt"] == alert["startsAt"]


class TestChannelsAreIndependent:
    async def test_one_that_hangs_holds_up_no_other(self, store, clock, receiver):
        enter(store, ["slow", "ops"])
        async with HttpReceiver() as slow:
            slow.plan = [Behaviour("stall")]
            channels = {
                "slow": channel_of({"webhook": slow.url, "timeout": 60}),
                "ops": channel_of({"webhook": receiver.url}),
            }
            task = asyncio.create_task(outbox_of(store, clock, **channels).run(0.05))
            await until(lambda: slow.received and not store.deliveries(channel="ops"))
            enter(store, ["ops"], GOOD, NOW + 1)
            clock.now += 1
            await until(lambda: len(receiver.received) == 2)
            assert waits(store, "slow").accepted is None
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    async def test_a_long_queue_of_one_holds_up_no_other(self, store, clock, receiver):
        for number in range(130):
            enter(store, ["away"], raw=f"score.n{number} < 0.5")
        enter(store, ["ops"], raw="error_rate > 6%")
        away = channel_of({"webhook": "http://127.0.0.1:1/"})
        outbox = outbox_of(store, clock, away=away, ops=channel_of({"webhook": receiver.url}))
        tally = await outbox.deliver()
        assert (tally.accepted, tally.failed) == (1, 1)  # one that is away is asked once at a time
        assert len(store.deliveries(channel="away", limit=1_000)) == 130
        outbox = outbox_of(store, clock, away=channel_of({"webhook": receiver.url}))
        assert (await outbox.deliver()).accepted == 129
        clock.now += MINUTE
        assert (await outbox.deliver()).accepted == 1

    async def test_a_channel_that_is_defined_no_longer_keeps_its_messages(self, store, clock, receiver):
        enter(store, ["gone", "ops"])
        await outbox_of(store, clock, ops=channel_of({"webhook": receiver.url})).deliver()
        assert waits(store, "gone").attempts == 0

    async def test_a_store_that_is_away_for_now_is_waited_for(self, store, clock, receiver, monkeypatch):
        enter(store, ["ops"])
        fails = [StoreUnavailable("the disk is full")] * 2
        claim = store.claim_delivery

        def claim_or_fail(*arguments):
            if fails:
                raise fails.pop()
            return claim(*arguments)

        monkeypatch.setattr(store, "claim_delivery", claim_or_fail)
        outbox = outbox_of(store, clock, ops=channel_of({"webhook": receiver.url}))
        task = asyncio.create_task(outbox.run(0.01))
        await until(lambda: receiver.received)
        task.cancel()


class TestSeveralProcesses:
    async def test_they_do_not_send_the_same_at_once(self, store, clock, receiver, tmp_path):
        enter(store, ["ops"])
        ops = channel_of({"webhook": receiver.url})
        with Store.open(f"sqlite:///{tmp_path / 'genops.db'}") as other:
            outboxes = [outbox_of(one, clock, ops=ops) for one in (store, other, store, other)]
            tallies = await asyncio.gather(*(outbox.deliver() for outbox in outboxes))
        assert sum(tally.accepted for tally in tallies) == 1
        assert len(receiver.received) == 1

    async def test_an_attempt_that_is_cut_off_is_made_again(self, store, clock, receiver):
        enter(store, ["ops"])
        receiver.plan = [Behaviour("stall")]
        outbox = outbox_of(store, clock, ops=channel_of({"webhook": receiver.url}))
        task = asyncio.create_task(outbox.deliver())
        await until(lambda: receiver.received)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        clock.now += 44 * SECOND
        assert (await outbox.deliver()).accepted == 0  # it might still be on its way
        clock.now += 2 * SECOND
        assert (await outbox.deliver()).accepted == 1
        assert store.deliveries(accepted=True)[0].attempts == 2

    @pytest.mark.slow
    async def test_a_process_that_is_killed_loses_nothing(self, store, clock, receiver, tmp_path):
        (identity,) = enter(store, ["ops"])
        receiver.plan = [Behaviour("stall")]
        program = f"""
            import asyncio, time
            from genops.store import Store
            from genops.monitoring.alerts import Outbox
            from genops.monitoring.alerts.channels.webhook import Webhook
            with Store.open("sqlite:///{tmp_path / "genops.db"}") as store:
                outbox = Outbox(store, "live", {{"ops": Webhook(webhook="{receiver.url}")}}, clock=lambda: {NOW})
                asyncio.run(outbox.deliver())
        """
        root = Path(__file__).parents[3]
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", textwrap.dedent(program), cwd=root)
        await until(lambda: receiver.received, 60)
        process.kill()
        await process.wait()
        clock.now += MINUTE
        outbox = outbox_of(store, clock, ops=channel_of({"webhook": receiver.url}))
        assert (await outbox.deliver()).accepted == 1
        assert [one.headers["Idempotency-Key"] for one in receiver.received] == [identity] * 2


class TestDelay:
    def test_it_doubles_up_to_an_hour(self):
        rng = random.Random(1)
        for attempt in range(1, 200):
            longest = min(3_600, 30 * 2 ** (attempt - 1))
            assert longest / 2 <= delay(attempt, NotAccepted("no"), rng) <= longest

    def test_of_what_is_refused_up_to_six_hours(self):
        rng = random.Random(1)
        longest = max(delay(100, NotAccepted("no", refused=True), rng) for _ in range(1_000))
        assert 6 * 3_600 * 0.95 < longest <= 6 * 3_600

    def test_what_a_receiver_asks_is_waited_up_to_a_day(self):
        rng = random.Random(1)
        assert delay(1, NotAccepted("no", retry_after=3_000.0), rng) == 3_000.0
        assert delay(1, NotAccepted("no", retry_after=float("inf")), rng) == 86_400.0
        assert delay(1, NotAccepted("no", retry_after=0.0), rng) >= 15.0

    @given(st.integers(1, 10_000), st.floats(min_value=0), st.booleans(), st.integers())
    def test_it_is_never_none_and_never_too_long(self, attempts, asked, refused, seed):
        failure = NotAccepted("no", refused=refused, retry_after=asked)
        assert 15.0 <= delay(attempts, failure, random.Random(seed)) <= 86_400.0


async def until(holds, seconds=20.0):
    """Waits until something holds; the bound is against hangs."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for is in other threads and processes
            await asyncio.sleep(0.01)
