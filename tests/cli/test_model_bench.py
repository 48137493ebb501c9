"""``genops model bench``: loads an alias, keeps what came of it, and the price."""

import json

import pytest

from genops.store import Store
from tests.servers.engine import Engine
from tests.servers.served import served


@pytest.fixture
def engine(site):
    with Engine(first=0.002, gap=0.001) as engine:
        with (site / "genops.toml").open("a") as settings:
            settings.write(f'\n[models.local]\nmodel = "openai/tiny"\nbase_url = "{engine.url}"\n')
            settings.write('\n[models.away]\nmodel = "openai/tiny"\nbase_url = "http://127.0.0.1:9/v1"\n')
        yield engine


def stored(site, read):
    with Store.open(f"sqlite:///{site / '.genops' / 'genops.db'}") as store:
        return read(store)


QUICK = ("--concurrency", "1,2", "--requests", "20", "--input-tokens", "20", "--output-tokens", "4")


def test_a_load_test_is_shown_and_kept(engine, genops, site):
    done = genops("model", "bench", "local", *QUICK)
    assert "1 at once" in done.out
    assert "20 tokens in, 4 out" in done.out
    (record,) = stored(site, lambda store: store.load_tests("local"))
    assert record.manifest["asked"] == "20 tokens in, 4 out"
    assert [load["level"] for load in record.summary["loads"]] == [1.0, 2.0]
    assert stored(site, lambda store: store.measured_prices()) == []


def test_a_price_of_a_gpu_hour_gives_that_of_tokens(engine, genops, site):
    done = genops("model", "bench", "local", *QUICK, "--gpu-hour", "2", "--split", "4")
    assert "kept as the price of local" in done.err
    (price,) = stored(site, lambda store: store.measured_prices())
    assert price.output == pytest.approx(4 * price.input)
    genops("model", "bench", "local", *QUICK, "--gpu-hour", "20", "--split", "4", "--no-price")
    assert stored(site, lambda store: store.measured_prices()) == [price]


def test_objectives_decide_how_it_ends(engine, genops):
    genops("model", "bench", "local", *QUICK, "--objective", "ttft.p50 < 20s", "--confidence", "0.9")
    genops("model", "bench", "local", *QUICK, "--objective", "ttft.p50 < 1ms", code=1)
    genops("model", "bench", "local", *QUICK, "--objective", "ttft.p99 < 20s", code=3)


def test_reports_are_written_beside_json_on_stdout(engine, genops, site):
    reports = ("--report", "html=load.html", "--report", "markdown=load.md")
    data = json.loads(genops("model", "bench", "local", *QUICK, "--json", *reports).out)
    assert data["alias"] == "local"
    assert data["id"][:12] in (site / "load.html").read_text()
    assert "### Load test" in (site / "load.md").read_text()


def test_prompts_of_a_file_are_asked(engine, genops, site):
    (site / "questions.txt").write_text("What is tea?\nWhat is the sea?\n")
    genops("model", "bench", "local", "--prompts", "questions.txt", "--concurrency", "1", "--requests", "5")
    asked = {body["messages"][0]["content"] for body in engine.requests}
    assert asked == {"What is tea?", "What is the sea?"}


def test_models_that_are_no_server_are_loaded_too(engine, genops):
    assert "1 at once" in genops("model", "bench", "talker", "--concurrency", "1", "--requests", "5").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--concurrency", "1", "--rate", "2"), "give one of the two"),
        (("--concurrency", "one"), "no list of numbers"),
        (("--find",), "needs an objective"),
        (("--objective", "fast"), "no objective"),
        (("--chain", "say"), "no trace of 'say'"),
        (("--chain", "say", "--prompts", "x.txt"), "give one of"),
        (("--prompts", "none.txt"), "cannot read"),
        (("--report", "pdf=x"), "there is no format"),
    ],
)
def test_wrong_usage_is_said_before_any_request(engine, genops, arguments, message):
    assert message in genops("model", "bench", "local", *arguments, code=2).err
    assert engine.requests == []


def test_a_server_that_is_away_is_said(engine, genops):
    assert "does not answer" in genops("model", "bench", "away", *QUICK, code=4).err


def test_vllms_own_tool_needs_an_environment_that_has_it(engine, genops, site):
    assert "has no vllm block" in genops("model", "bench", "local", *QUICK, "--with-vllm", code=2).err
    with (site / "genops.toml").open("a") as settings:
        settings.write(f'\n[models.own]\nmodel = "vllm/tiny"\nbase_url = "{engine.url}"\nvllm = {{python = "none"}}\n')
    assert "there is no" in genops("model", "bench", "own", *QUICK, "--with-vllm", code=2).err
    assert engine.requests == []


def test_a_model_that_genops_serves_is_loaded_on_all_of_its_servers(engine, genops, site):
    with (site / "genops.toml").open("a") as settings:
        settings.write(
            '\n[models.own]\nmodel = "vllm/tiny"\nvllm = {replicas = 2, gpu_hour = 2.0, tensor_parallel = 3}\n'
        )
    with Engine(first=0.002, gap=0.001) as other:
        with Store.open(f"sqlite:///{site / '.genops' / 'genops.db'}") as store:
            for replica, url in enumerate((engine.url, other.url)):
                store.keep_served(served(url, id=f"{replica:032x}", alias="own", replica=replica))
        done = genops("model", "bench", "own", *QUICK, "--split", "4")
        assert len(engine.requests) >= 10
        assert len(other.requests) >= 10
    assert "$2.00 for a GPU hour, 6 GPUs" in done.out
