"""The tables of docs/robustness.md name every relation, setting and strategy with what the code says of it."""

import inspect
import re
from dataclasses import fields

from genops.fuzz.robustness.relation import find_relation
from genops.fuzz.robustness.spec import RobustnessSpec
from genops.fuzz.strategies import STRATEGIES
from genops.plugins import Registry
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")


def rows(head: str) -> dict[str, list[str]]:
    """The rows of a table by their first cells."""
    table = PAGE.partition(f"\n| {head} |")[2].partition("\n\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {first.strip("`"): rest for first, *rest in cells}


def test_every_built_in_relation_stands_there_with_what_it_does():
    expected = {name: [find_relation(name).description] for name in Registry().names("relation")}
    assert rows("relation") == expected


def test_every_key_stands_there_with_its_default():
    keys = rows("key")
    assert list(keys) == [{"allowed": "at_most"}.get(one.name, one.name) for one in fields(RobustnessSpec)]
    spec = RobustnessSpec()
    assert (keys["cases"][-1], keys["changes"][-1]) == (str(spec.cases), str(spec.changes))


def test_every_strategy_stands_there_with_its_settings():
    for name, row in rows("strategy").items():
        assert re.findall(r"`(\w+)`", row[-1]) == list(inspect.signature(STRATEGIES[name]).parameters)
    assert set(rows("strategy")) == set(STRATEGIES)
