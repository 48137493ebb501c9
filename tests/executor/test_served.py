"""A chain over a model that genops serves: the base and an adapter side by side, pinned, named and replayed."""

import pytest

from benchmarks.loopback_server import LoopbackServer, Reply
from genops.artifacts import adapter_component
from genops.errors import NotServed
from tests.models.served_world import record

METRICS = {"queue_time_ms": 5.0, "time_to_first_token_ms": 20.0, "generation_time_ms": 30.0}
CHAIN = """
    inputs: {q: str}
    steps:
      base: {prompt: ask, with: {question: "{{ inputs.q }}"}}
      adapted: {prompt: ask, model: supported, with: {question: "{{ inputs.q }}"}}
    output: "{{ [steps.base.output, steps.adapted.output] }}"
    """


@pytest.fixture
def server():
    def answer(body):
        return Reply(text=f"{body['model']}: {body['messages'][-1]['content']}", metrics=METRICS)

    with LoopbackServer(answer=answer) as running:
        yield running


@pytest.fixture
def served(site, server):
    """A project with the model ``m``, its adapter ``support`` under the alias ``supported``, and a server of both."""
    site.prompt("ask")
    write_adapter(site, "weights")
    site.settings(
        """
        [models.m]
        model = "vllm/tiny"
        [models.m.vllm.adapters.support]
        path = "support"
        [models.supported]
        model = "vllm/tiny"
        adapter = "support"
        served_by = "m"
        """
    )
    serve(site, server)
    return site


def write_adapter(site, weights):
    site.write("support/adapter_config.json", "{}")
    site.write("support/adapter_model.safetensors", weights)


def serve(site, server, **changed):
    digest = adapter_component("support", site.root / "support").digest
    adapters = {"support": digest}
    known = {"adapters": adapters, "sampling": {"temperature": 1.0}, **changed}
    site.project.store.keep_served(record(server.url, alias="m", **known))
    return digest


def adapter_spans(trace):
    return {span.path: span.attributes for span in trace.spans if span.kind == "model"}


def test_base_and_adapter_answer_side_by_side(served):
    result = served.chain(CHAIN).run(q="why")
    assert result.output == ["tiny: why", "support: why"]


def test_the_lock_pins_the_adapter_and_what_uses_it(served):
    chain = served.chain(CHAIN)
    digest = adapter_component("support", served.root / "support").digest
    entry = chain.lock.find("adapter", "support")
    assert entry.digest == digest
    assert chain.lock.find("model", "supported").uses == (f"adapter:support#{digest}",)
    assert chain.lock.find("model", "m").uses == ()
    write_adapter(served, "trained again")
    changes = chain.lock.differences(served.chain(CHAIN).lock)
    assert [change.partition(":")[0] for change in changes] == ["adapter support", "model supported"]


def test_the_trace_names_the_adapter_the_engine_and_its_times(served):
    trace = served.trace(served.chain(CHAIN).run(q="why"))
    spans = adapter_spans(trace)
    digest = adapter_component("support", served.root / "support").digest
    assert "genops.adapter.name" not in spans["base/model"]
    adapted = spans["adapted/model"]
    assert (adapted["genops.adapter.name"], adapted["genops.adapter.digest"]) == ("support", digest)
    assert adapted["genops.engine.adapter"] == digest
    for span in spans.values():
        assert span["genops.engine.name"] == "vllm 0.32.0"
        assert span["genops.engine.weights"] == "a" * 64
        assert span["genops.engine.queue_s"] == 0.005
        assert span["genops.engine.time_to_first_token_s"] == 0.025
        assert span["genops.engine.sampling"]["temperature"] == 1.0


def test_a_replay_needs_no_server_and_gives_the_same_lock(served):
    result = served.chain(CHAIN).run(q="why")
    served.project.store.keep_served(record("http://127.0.0.1:9/v1", alias="m", state="stopped", ended=1))
    found = served.replay(result)
    assert (found.identical, found.performed, found.lock_changes) == (True, (), ())


def test_a_replay_with_the_adapter_trained_again_asks_only_where_it_is_used(served, server):
    result = served.chain(CHAIN).run(q="why")
    write_adapter(served, "trained again")
    serve(served, server, engine_pid=77)
    served.reopen()
    found = served.replay(result, "model:supported")
    assert sorted(found.performed) == ["adapted/model"]


def test_a_run_under_the_old_lock_is_not_answered_by_another_adapter(served, server):
    chain = served.chain(CHAIN)
    write_adapter(served, "trained again")
    serve(served, server, engine_pid=77)
    with pytest.raises(NotServed, match="asks for the adapter 'support'"):
        chain.run(q="why")


def test_with_no_server_a_run_fails_with_one_clear_error(served, server):
    chain = served.chain(CHAIN)
    served.project.store.keep_served(record(server.url, alias="m", state="stopped", ended=1))
    with pytest.raises(NotServed, match="no server of the model alias 'm' runs") as caught:
        chain.run(q="why")
    assert "genops model serve m" in caught.value.hint
    trace = served.trace(caught.value.run)
    assert "error" in {span.status for span in trace.spans if span.kind == "model"}


def test_the_doctor_asks_no_other_server_for_it(served):
    from genops.executor.doctor import diagnose

    found = {one.name: one.state for one in diagnose(served.project.settings) if one.area == "model"}
    assert found["m"] == found["supported"] == "ok"
