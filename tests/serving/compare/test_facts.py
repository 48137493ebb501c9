"""What is known of an alias without asking it: the settings first, then its files, then the price table."""

import pytest

from genops.models import resolve_model
from genops.serving.compare.facts import Fact, facts_of
from genops.settings import ModelAlias, Price, Settings
from genops.store import Store
from genops.store.records.serving import LoadTestRecord, PriceRecord
from tests.serving.folders import make_model


@pytest.fixture
def store(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'genops.db'}") as store:
        yield store


@pytest.fixture
def facts(tmp_path, store):
    def known(**alias):
        settings = Settings(root=tmp_path, models={"m": ModelAlias.model_validate(alias)})
        return facts_of(settings, store, resolve_model(settings, "m"))

    return known


def test_licence_and_context_are_those_of_the_files(facts, tmp_path):
    make_model(tmp_path / "model")
    found = facts(model="vllm/tiny", vllm={"path": "model"})
    assert found.licence == Fact("apache-2.0", "model's files")
    assert found.context == Fact(512, "model's files")


def test_the_settings_go_before_the_files(facts, tmp_path):
    make_model(tmp_path / "model")
    stated = {"licence": "ours", "region": "eu"}
    found = facts(model="vllm/tiny", vllm={"path": "model", "max_model_len": 256}, facts=stated)
    assert found.licence == Fact("ours", "settings")
    assert found.context == Fact(256, "settings")
    assert found.others == {"region": "eu"}


def test_files_that_are_not_there_leave_it_unknown(facts):
    found = facts(model="vllm/tiny", vllm={"path": "gone"})
    assert (found.licence, found.context) == (Fact(None), Fact(None))


def test_a_providers_model_is_looked_up_in_the_table(facts):
    found = facts(model="openai/gpt-4o-mini")
    assert found.context.source == "price table"
    assert found.context.value >= 100_000
    assert found.price.source == "price table"
    assert found.price.value.output > found.price.value.input > 0


def test_a_price_is_that_by_which_calls_are_billed(facts, store):
    test = LoadTestRecord("a" * 32, "m", 5, {}, {})
    store.keep_load_test(test, PriceRecord("m", 0.5, 2.0, None, test.id, 5, "openai/tiny"))
    server = {"model": "openai/tiny", "base_url": "http://127.0.0.1:9/v1"}
    assert facts(**server).price == Fact(Price(input=0.5, output=2.0), "load test aaaaaaaaaaaa")
    own = facts(**server, price={"input": 3, "output": 4})
    assert own.price == Fact(Price(input=3, output=4), "settings")


def test_what_another_server_asks_for_the_same_name_is_not_known(facts):
    assert facts(model="openai/gpt-4o-mini", base_url="http://127.0.0.1:9/v1").price == Fact(None)
