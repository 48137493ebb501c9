"""``genops model compare``: aliases side by side, by quality, speed, cost, licence and context."""

import json

import pytest

from tests.pages import assert_self_contained, dom, in_a_browser, said
from tests.servers.engine import Engine

SETTINGS = """
[models.polite]
model = "scripted/polite"
file = "polite.yaml"
context_length = 4096
facts = {licence = "mit", region = "eu"}

[models.rude]
model = "scripted/rude"
file = "rude.yaml"
price = {input = 1.0, output = 2.0}

[models.local]
model = "openai/tiny"
base_url = "URL"
"""
SUITE = """
kind: suite
chain: say
dataset: cases.jsonl
scorers:
  - contains: hello
"""


@pytest.fixture
def site(site):
    with Engine(first=0.002, gap=0.001) as engine:
        with (site / "genops.toml").open("a") as settings:
            settings.write(SETTINGS.replace("URL", engine.url))
        (site / "polite.yaml").write_text('rules:\n  - {text: "hello <img src=x onerror=alert(1)>"}\n')
        (site / "rude.yaml").write_text("rules:\n  - {text: go away}\n")
        (site / "evals").mkdir()
        (site / "evals" / "manners.yaml").write_text(SUITE)
        rows = [json.dumps({"id": str(number), "what": f"word {number}"}) for number in range(30)]
        (site / "evals" / "cases.jsonl").write_text("\n".join(rows))
        yield site


def candidates(done):
    return {one["alias"]: one for one in json.loads(done.out)["candidates"]}


def test_quality_is_that_of_each_alias_in_place_of_the_chains_model(site, genops):
    found = candidates(genops("model", "compare", "polite", "rude", "--suite", "manners", "--json"))
    good, bad = (found[name]["scores"]["contains"] for name in ("polite", "rude"))
    assert (good["value"]["value"], good["value"]["n"], good["difference"]) == (1.0, 30, None)
    assert good["value"]["low"] > 0.8
    assert bad["value"]["value"] == 0.0
    assert bad["difference"]["value"] == -1.0
    assert bad["difference"]["high"] < 0
    assert (bad["direction"], bad["p"] < 0.001) == ("worse", True)
    assert found["rude"]["failed"] == [0, 30]


def test_facts_say_where_they_are_known_from(site, genops):
    found = candidates(genops("model", "compare", "polite", "rude", "--json"))
    assert found["polite"]["facts"]["licence"] == {"value": "mit", "source": "settings"}
    assert found["polite"]["facts"]["context"] == {"value": 4096, "source": "settings"}
    assert found["polite"]["facts"]["others"] == {"region": "eu"}
    assert found["polite"]["facts"]["price"]["source"] == "built in"
    assert found["rude"]["facts"]["price"]["value"]["output"] == 2.0
    assert found["rude"]["facts"]["licence"] == {"value": None, "source": ""}


def test_latency_is_of_the_newest_load_test_or_of_one_that_is_made_now(site, genops):
    quick = ("--requests", "20", "--input-tokens", "20", "--output-tokens", "4")
    done = genops("model", "compare", "local", "polite")
    assert "no load test of local, polite" in done.out
    genops("model", "bench", "local", "--concurrency", "2", *quick, "--gpu-hour", "1", "--split", "3")
    found = candidates(genops("model", "compare", "local", "polite", "--json"))
    assert found["local"]["figures"]["ttft_p95"]["value"] > 0
    assert found["local"]["load"].startswith("2 at once, 20 tokens in, 4 out, load test ")
    assert found["local"]["facts"]["price"]["source"].startswith("load test ")
    assert found["polite"]["figures"] == {}
    found = candidates(genops("model", "compare", "local", "polite", "--bench", "3", *quick, "--json"))
    assert all(one["load"].startswith("3 at once") for one in found.values())


def test_one_that_does_not_answer_is_told_beside_the_others(site, genops):
    with (site / "genops.toml").open("a") as settings:
        settings.write('\n[models.away]\nmodel = "openai/tiny"\nbase_url = "http://127.0.0.1:9/v1"\n')
    quick = ("--bench", "1", "--requests", "10", "--input-tokens", "5", "--output-tokens", "2", "--json")
    done = genops("model", "compare", "local", "away", *quick)
    assert candidates(done)["local"]["figures"]["ttft_p50"]["n"] == 10
    (told,) = json.loads(done.out)["notes"]
    assert told.startswith("away could not be loaded: the model does not answer: no answer from http://127.0.0.1:9")


def test_where_none_answers_the_comparison_is_shown_and_ends_with_4(site, genops):
    with (site / "genops.toml").open("a") as settings:
        for name in ("gone", "lost"):
            settings.write(f'\n[models.{name}]\nmodel = "openai/{name}"\nbase_url = "http://127.0.0.1:9/v1"\n')
    done = genops("model", "compare", "gone", "lost", "--bench", "1", "--requests", "10", "--json", code=4)
    assert len(json.loads(done.out)["notes"]) == 2
    assert "none of them answers" in done.err


def test_reports_have_every_row_and_no_markup_of_models(site, genops):
    done = genops(
        *("model", "compare", "polite", "rude", "--suite", "manners"),
        *("--report", "markdown=m.md", "--report", "html=m.html"),
    )
    for row in ("contains", "against polite", "failed runs", "input, per million tokens", "licence", "region"):
        assert row in done.out
        assert row in (site / "m.md").read_text()
    page = (site / "m.html").read_text()
    assert_self_contained(page)
    assert "<img" not in page


@in_a_browser
def test_the_page_draws_each_alias_in_each_chart(site, genops, tmp_path):
    genops("model", "compare", "polite", "rude", "--suite", "manners", "--report", "html=m.html")
    asked = (
        "[document.title, document.querySelectorAll('.chart').length,"
        " document.querySelectorAll('.chart circle').length,"
        " document.querySelectorAll('.sides thead th').length, document.body.innerText.includes('null')]"
    )
    title, charts, circles, columns, null = said(dom((site / "m.html").read_text(), tmp_path, asked))
    assert title == "models: polite, rude on 30 cases of manners"
    assert charts >= 2
    assert circles == 2 * charts
    assert columns == 3
    assert not null


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("polite",), "two aliases or more"),
        (("polite", "polite"), "two aliases or more"),
        (("polite", "police"), "polite"),
        (("polite", "rude", "--suite", "manner"), "manners"),
        (("polite", "rude", "--suite", "manners", "--model", "tape"), "does not ask 'tape'"),
    ],
)
def test_wrong_usage_is_said(site, genops, arguments, message):
    assert message in genops("model", "compare", *arguments, code=2).err
