"""Every format says the same of a load test; nothing that a server said acts in any of them."""

import io
import json
from collections import Counter

import pytest

from genops.errors import UsageError
from genops.serving.load.asking import Texts
from genops.serving.load.bench import BenchPlan
from genops.serving.load.cost import Hardware
from genops.serving.load.objective import Objective
from genops.serving.load.reports import FORMATS, writer
from tests.pages import Elements, assert_self_contained, dom, in_a_browser, said
from tests.servers.engine import Engine

HOSTILE = "</script><img src=x onerror=alert(1)> @channel \x1b[2J"


class Hostile(Engine):
    """Fails every tenth request with a message that would act in a page."""

    async def _chat(self, request):
        from aiohttp import web

        if (len(self.requests) + 1) % 10 == 0:
            self.requests.append({})
            return web.json_response({"error": {"message": HOSTILE}}, status=500)
        return await super()._chat(request)


@pytest.fixture
async def result(benched):
    with Hostile(first=0.002, gap=0.001) as engine:
        objectives = (Objective.parse("ttft.p50 < 3s"), Objective.parse("itl.p50 < 3s"))
        plan = BenchPlan(levels=(1, 2, 4), requests=30, objectives=objectives, hardware=Hardware(2.0, 2), ratio=4)
        chats = [[{"role": "user", "content": f"question {number}"}] for number in range(9)]
        return await benched(engine.url, plan, Texts("9 prompts of hostile | <b>.txt", chats, {"max_tokens": 6}))


def written(result, form):
    out = io.StringIO()
    writer(form)(result, out)
    return out.getvalue()


def data_of(page):
    return json.loads(page.split('id="report">')[1].split("</script>")[0])


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_texts_have_every_load_its_failures_its_objectives_and_the_cost(result, form):
    text = written(result, form)
    for part in (
        "1 at once",
        "4 at once",
        "ServerFailed",
        "per million tokens",
        "met",
        "2 GPUs",
    ):
        assert part in text
    assert "Latencies count from the moment a request was due" in text


def test_markdown_has_no_markup_of_servers(result):
    text = written(result, "markdown")
    assert "<img" not in text
    assert "<b>" not in text
    assert " @channel" not in text


def test_json_is_the_whole_result_in_ascii_with_every_figure(result):
    text = written(result, "json")
    assert text.isascii()
    data = json.loads(text)
    load = data["loads"][0]
    assert load["figures"]["ttft_p99"]["unit"] == "s"
    assert {"value", "unit", "n", "low", "high", "level", "method", "missing"} <= set(load["figures"]["ttft_p50"])
    assert load["errors"] == {"ServerFailed": load["requests"] - load["answered"]}
    assert [ruling["objective"] for ruling in load["rulings"]] == ["ttft.p50 < 3s", "inter_token.p50 < 3s"]
    assert data["cost"]["split"]


def test_what_is_kept_is_what_is_reported(result):
    assert result.record().summary == json.loads(written(result, "json"))


def test_a_format_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(UsageError, match="html"):
        writer("htlm")
    assert all(writer(form) for form in FORMATS)


class TestPage:
    def test_is_self_contained_and_servers_add_no_element(self, result):
        page = written(result, "html")
        assert_self_contained(page)
        assert Counter(tag for tag, _ in Elements(page).found)["script"] == 2

    @in_a_browser
    def test_draws_a_curve_for_each_latency_and_the_throughput(self, result, tmp_path):
        asked = (
            "[document.title, document.querySelectorAll('img').length, document.querySelectorAll('.curve').length,"
            " document.querySelectorAll('.curve circle').length, document.querySelectorAll('.figures tbody tr').length,"
            " [...document.querySelectorAll('.curve line')].every((line) => !line.getAttribute('y1').includes('N')),"
            " document.body.innerText.includes('null') || document.body.innerText.includes('undefined')]"
        )
        title, images, curves, circles, rows, placed, holes = said(dom(written(result, "html"), tmp_path, asked))
        assert title.startswith("load test of local · ")
        assert (images, curves, circles, rows) == (0, 4, 24, 3)
        assert placed
        assert not holes
