"""From a start to the end of a server: ready after a real answer, watched, started again, drained."""

import asyncio
import os
import signal
import socket
from dataclasses import replace

import aiohttp
import pytest

from genops.errors import DefinitionError, Unfinished, UsageError
from genops.models.adapter_place import kept_adapters
from genops.models.servers import NEUTRAL_SAMPLING
from genops.serving.supervisor.watcher import members
from tests.serving.faked import gone
from tests.serving.folders import make_adapter
from tests.serving.supervisor.conftest import QUICK

pytestmark = pytest.mark.timeout(120)


async def asked(record, key, **body):
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
        body = {"model": "tiny", "messages": [{"role": "user", "content": "Hi"}], **body}
        async with session.post(f"{record.url}/chat/completions", json=body) as answer:
            return answer.status, await answer.text()


async def under_way(record):
    """Waits until the server works on a request."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            async with session.get(f"{record.url.removesuffix('/v1')}/metrics") as answer:
                if "num_requests_running 1" in await answer.text():
                    return
            await asyncio.sleep(0.02)


async def test_a_server_is_ready_after_a_real_answer_and_on_record_with_all_that_identifies_it(served):
    async with served() as one:
        await one.ready()
        await one.until(lambda: one.record.digests)
        record = one.record
        assert (record.alias, record.state, record.phase, record.ended) == ("tiny", "ready", "", None)
        assert (record.host, record.supervisor) == (socket.gethostname(), os.getpid())
        assert (record.engine, record.model) == ("vllm 0.32.0", str(one.root / "model"))
        assert {"weights", "tokenizer", "config"} <= set(record.digests)
        assert record.engine_pid in members(record.engine_pid)
        key = (one.root / ".genops" / "serving" / "tiny" / "key").read_text()
        assert record.key_file.endswith("tiny/key")
        assert (await asked(record, key))[0] == 200
        assert (await asked(record, "wrong"))[0] == 401
        assert key not in " ".join(record.arguments)
        assert one.fake.environment["VLLM_API_KEY"] == key
        assert record.url.startswith("http://127.0.0.1:")


async def test_the_phases_of_the_start_are_told_with_their_times(served):
    async with served(hang="compile") as one:
        await one.until(lambda: "compile …" in one.said)
        await one.until(lambda: one.record.phase == "compile")
        assert one.record.state == "starting"
        one.fake.behave()
        await one.ready()
    assert one.said.count("first answer …") == 1, "however soon the port opens after vLLM says that it does"
    (line,) = [line for line in one.said if line.startswith("ready at")]
    assert all(phase in line for phase in ("start", "load", "compile", "KV cache", "graphs", "first answer"))


async def test_a_phase_that_does_not_end_is_ended_with_what_it_usually_means(served):
    async with served("start_timeout = 1.0\n", hang="load") as one:
        with pytest.raises(Unfinished, match="'load' showed no progress for 1 s") as raised:
            await one.run
    assert "network disk" in raised.value.hint
    assert [line for line in one.said if "usually the weights come from a slow" in line]
    assert one.record.state == "failed"


async def test_a_server_that_listens_and_does_not_answer_is_not_ready(served):
    async with served("start_timeout = 1.0\n", answers="dead") as one:
        with pytest.raises(Unfinished, match="was not answered within 1 s"):
            await one.run
    assert one.record.ready is None


@pytest.mark.parametrize(
    ("answers", "message"),
    [("error", "500"), ("refuses", "no chat template"), ("nonsense", "no JSON")],
)
async def test_a_first_answer_that_is_none_says_what_came(served, answers, message):
    async with served(answers=answers) as one:
        with pytest.raises(Unfinished, match=message):
            await one.run
    assert one.record.state == "failed"
    assert message in one.record.reason


async def test_every_adapter_answers_before_the_server_is_ready(served, tmp_path):
    make_adapter(tmp_path / "terse")
    more = 'adapters = {terse = {path = "terse"}}\n'
    async with served(more, adapters=False) as one:
        with pytest.raises(Unfinished, match=r"terse: .*500"):
            await one.run
    async with served() as one:
        one.fake.behave()
        await one.ready()
        (record,) = one.store.served("tiny")
        assert len(record.adapters["terse"]) == 64


async def test_an_adapter_other_than_the_pinned_one_is_not_served(served, tmp_path):
    make_adapter(tmp_path / "terse")
    async with served('adapters = {terse = {path = "terse", digest = "00000000"}}\n') as one:
        with pytest.raises(DefinitionError, match="the settings pin 00000000"):
            await one.run
    assert one.store.served("tiny", live=False) == []


@pytest.mark.parametrize("ending", ["bin", "pt"])
async def test_an_adapter_that_is_a_pickle_is_not_served_and_nothing_of_it_is_kept(served, tmp_path, ending):
    folder = make_adapter(tmp_path / "terse")
    (folder / "adapter_model.safetensors").rename(folder / f"adapter_model.{ending}")
    async with served('adapters = {terse = {path = "terse"}}\n') as one:
        with pytest.raises(DefinitionError, match="adapter 'terse': its weights are a pickle") as caught:
            await one.run
    assert "allow_pickle = true" in caught.value.hint
    assert one.store.served("tiny", live=False) == []
    assert not kept_adapters(one.settings).exists()


async def test_an_adapter_that_is_a_pickle_is_served_where_that_is_allowed(served, tmp_path):
    folder = make_adapter(tmp_path / "terse")
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    async with served('adapters = {terse = {path = "terse"}}\nallow_pickle = true\n') as one:
        await one.ready()
        assert list(one.record.adapters) == ["terse"]


async def test_an_adapter_that_is_loaded_while_it_runs_is_on_record_and_loaded_again_after_a_crash(served, tmp_path):
    make_adapter(tmp_path / "late")
    async with served() as one:
        await one.ready()
        key = (one.root / ".genops" / "serving" / "tiny" / "key").read_text()
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
            body = {"lora_name": "late", "lora_path": str(tmp_path / "late")}
            async with session.post(f"{one.record.url}/load_lora_adapter", json=body) as answer:
                assert answer.status == 200
        await one.until(lambda: "late" in one.record.adapters)
        os.kill(one.record.engine_pid, signal.SIGKILL)
        await one.ready(2)
        assert len(one.record.adapters["late"]) == 64


async def test_a_crash_at_the_start_says_the_cause_and_is_not_tried_again(served):
    says = ["torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."]
    async with served(crash="load", says=says) as one:
        with pytest.raises(Unfinished, match="the GPU ran out of memory") as raised:
            await one.run
    assert "replica-0.log" in raised.value.hint
    assert (one.record.state, one.record.restarts) == ("failed", 0)
    assert says[0] in (one.root / ".genops/serving/tiny/replica-0.log").read_text()


async def test_a_killed_engine_is_started_again_with_its_record_and_nothing_of_it_is_left(served):
    async with served(engine=True) as one:
        await one.ready()
        before, engine = one.record, one.fake.engine
        os.kill(before.engine_pid, signal.SIGKILL)
        await one.ready(2)
        after = one.record
        assert (after.id, after.restarts, after.state) == (before.id, 1, "ready")
        assert after.engine_pid != before.engine_pid
        assert gone(engine)
        assert [line for line in one.said if "vLLM was killed (SIGKILL) while it served" in line]


async def test_restarts_have_an_end(served):
    async with served() as one:
        await one.ready()
        one.fake.behave(crash="start", says=["RuntimeError: something new"])
        os.kill(one.record.engine_pid, signal.SIGKILL)
        with pytest.raises(Unfinished, match="RuntimeError: something new"):
            await one.run
    assert (one.record.state, one.record.restarts) == ("failed", 3)
    assert [line for line in one.said if "starts again in 0.4 s" in line]


async def test_what_nobody_knows_is_shown_with_the_last_it_wrote(served):
    async with served(crash="load", says=["I cannot go on"], exit=3) as one:
        with pytest.raises(Unfinished, match=r"exit code 3 .*its last line was: I cannot go on"):
            await one.run
    assert [line for line in one.said if line.startswith("it wrote last:") and "I cannot go on" in line]


async def test_a_download_is_progress_though_vllm_says_nothing(served, tmp_path):
    blobs = tmp_path / "cache" / "models--tiny" / "blobs"
    blobs.mkdir(parents=True)
    more = f'start_timeout = 2.0\nenvironment = {{HF_HUB_CACHE = "{tmp_path / "cache"}"}}\n'
    async with served(more, hang="load") as one:
        for size in range(1, 30):
            (blobs / "aa.incomplete").write_bytes(b"0" * size)
            await asyncio.sleep(0.1)
        assert one.record.phase == "download"
        one.fake.behave()
        await one.ready()


async def test_a_cause_that_does_not_heal_ends_the_restarts(served):
    async with served() as one:
        await one.ready()
        one.fake.behave(crash="load", says=["OSError: [Errno 28] No space left on device"])
        os.kill(one.record.engine_pid, signal.SIGKILL)
        with pytest.raises(Unfinished, match="the disk is full"):
            await one.run
    assert one.record.restarts == 1


async def test_a_server_that_is_healthy_but_dead_is_started_again(served):
    async with served() as one:
        await one.ready()
        one.fake.behave(answers="error")
        await one.until(lambda: one.record.state == "failing")
        assert "answers no request" in one.record.reason
        one.fake.behave()
        await one.ready(2)


async def test_a_server_whose_engine_hangs_is_started_again(served):
    async with served(pace=replace(QUICK, answer=0.4)) as one:
        await one.ready()
        one.fake.behave(answers="dead")
        await one.until(lambda: one.record.state == "failing")
        assert "was not answered within 0.4 s" in one.record.reason
        one.fake.behave()
        await one.ready(2)


async def test_a_caller_that_does_not_know_yet_that_it_stops_is_answered(served):
    async with served(pace=replace(QUICK, leave=2.0)) as one:
        await one.ready()
        key = (one.root / ".genops" / "serving" / "tiny" / "key").read_text()
        one.supervisor.stop()
        await one.until(lambda: one.record.state == "stopping")
        assert (await asked(one.record, key))[0] == 200


async def test_a_server_that_is_busy_is_not_taken_to_be_dead(served):
    async with served() as one:
        await one.ready()
        key = (one.root / ".genops" / "serving" / "tiny" / "key").read_text()
        one.fake.behave(slow=2.0)
        assert (await asked(one.record, key, max_tokens=9))[0] == 200
        assert one.record.restarts == 0


async def test_requests_under_way_finish_before_the_server_goes_and_no_new_ones_come(served):
    async with served(slow=2.0) as one:
        await one.ready()
        record = one.record
        key = (one.root / ".genops" / "serving" / "tiny" / "key").read_text()
        request = asyncio.create_task(asked(record, key, max_tokens=9))
        await under_way(record)
        one.supervisor.stop()
        await one.until(lambda: one.record.state == "stopping")
        assert not request.done()
        assert (await request)[0] == 200
        await one.run
        assert one.record.state == "stopped"
        assert one.record.ended is not None
        assert gone(record.engine_pid)


async def test_told_to_stop_before_the_first_start_it_ends_without_a_word(served):
    async with served() as one:
        (one.fake.folder / "vllm_help.txt").unlink()  # as Ctrl-C ends the vLLM that is asked for its flags
        one.supervisor.stop()
        await one.run
        assert one.store.served("tiny", live=False) == []
    assert one.said == []


async def test_the_second_stop_does_not_wait(served):
    async with served(slow=30.0) as one:
        await one.ready()
        key = (one.root / ".genops" / "serving" / "tiny" / "key").read_text()
        request = asyncio.create_task(asked(one.record, key, max_tokens=9))
        await under_way(one.record)
        one.supervisor.stop()
        await one.until(lambda: one.record.state == "stopping")
        one.supervisor.stop()
        await asyncio.wait_for(one.run, 10)
        with pytest.raises(aiohttp.ClientError):
            await request
        assert one.supervisor.hurried
        assert one.record.state == "stopped"


async def test_requests_that_take_longer_than_the_drain_are_cut_off_and_counted(served):
    async with served("drain_timeout = 0.5\n", slow=30.0) as one:
        await one.ready()
        key = (one.root / ".genops" / "serving" / "tiny" / "key").read_text()
        request = asyncio.create_task(asked(one.record, key, max_tokens=9))
        await under_way(one.record)
        one.supervisor.stop()
        await one.run
        assert "1 request was cut off" in one.said
        with pytest.raises(aiohttp.ClientError):
            await request


async def test_several_replicas_have_a_port_and_a_record_each(served):
    async with served("replicas = 2\n") as one:
        await one.ready(2)
        await one.until(lambda: one.states() == ["ready", "ready"])
        first, second = one.store.served("tiny")
        assert (first.replica, second.replica) == (0, 1)
        assert first.url != second.url
        os.kill(first.engine_pid, signal.SIGKILL)
        await one.until(lambda: "ready" in one.states() and "failing" in one.states())
        await one.ready(3)


async def test_a_second_serve_of_an_alias_is_refused(served):
    async with served() as one:
        await one.ready()
        async with served() as two:
            with pytest.raises(UsageError, match=f"'tiny' is served already, by process {os.getpid()}"):
                await two.run
        assert one.record.state == "ready"


async def test_a_port_that_is_taken_is_named_with_who_has_it(served):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with served(f"port = {port}\n") as one:
            with pytest.raises(Unfinished, match=f"port {port} is taken by process {os.getpid()}"):
                await one.run


async def test_a_store_that_is_away_is_told_once_and_the_server_goes_on(served, monkeypatch):
    from genops.errors import StoreUnavailable
    from genops.store import Store

    async with served() as one:
        await one.ready()
        whole = Store.keep_served

        def fails(self, record):
            raise StoreUnavailable("the disk is full")

        monkeypatch.setattr(Store, "keep_served", fails)
        await asyncio.sleep(0.5)
        assert [line for line in one.said if "the disk is full" in line] == [
            "where it stands cannot be written: the disk is full"
        ]
        beat = one.record.beat
        monkeypatch.setattr(Store, "keep_served", whole)
        await one.until(lambda: one.record.beat > beat)


async def test_a_server_says_what_it_samples_with_where_a_request_does_not(served):
    async with served() as one:
        await one.ready()
        assert one.record.sampling == NEUTRAL_SAMPLING


async def test_sampling_that_a_model_brings_and_the_log_does_not_say_is_not_known(served):
    async with served('generation_config = "auto"\n') as one:
        await one.ready()
        assert one.record.sampling == {}


async def test_a_bug_ends_the_servers_and_is_told_as_one(served, monkeypatch):
    from genops.serving.supervisor.replica import Replica

    async def fails(self, probe):
        raise KeyError("a bug")

    monkeypatch.setattr(Replica, "_become_ready", fails)
    async with served(engine=True) as one:
        with pytest.raises(KeyError, match="a bug"):
            await one.run
    assert one.record.state == "stopped"
    assert gone(one.fake.engine)
