"""The tables of docs/scorers.md name every built-in scorer once, with the range and the setting that the code has."""

import math
import re

import pytest

from genops.evals import find_scorer
from genops.plugins import Registry
from tests.docs.pages import ROOT

ROW = re.compile(
    r"^\| (?P<names>`\w+`(?:, `\w+`)*) \| (?P<needs>[^|]+) \| (?P<range>[^|]+) \| (?P<why>[^|]+) \|$", re.M
)
ROWS = [
    (name, row["needs"], row["range"])
    for row in ROW.finditer((ROOT / "docs" / "scorers.md").read_text(encoding="utf-8"))
    for name in re.findall(r"\w+", row["names"])
]


def test_every_built_in_scorer_has_one_row():
    assert sorted(name for name, _, _ in ROWS) == Registry().names("scorer")


@pytest.mark.parametrize(("name", "needs", "told"), ROWS, ids=[name for name, _, _ in ROWS])
def test_the_range_is_that_of_the_code(name: str, needs: str, told: str):
    values = find_scorer(name).range
    assert ("lower is better" in told) is values.lower_is_better
    numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", told)]
    if math.isinf(values.high):
        assert max(numbers, default=0) == 0
    else:
        assert (min(numbers), max(numbers)) == (values.low, values.high)


@pytest.mark.parametrize(("name", "needs", "told"), ROWS, ids=[name for name, _, _ in ROWS])
def test_what_it_needs_are_settings(name: str, needs: str, told: str):
    settings = find_scorer(name).settings
    assert set(re.findall(r"`(\w+)`", needs)) <= set(settings)
    assert {setting for setting, known in settings.items() if known.required} - {"expression"} <= set(
        re.findall(r"`(\w+)`", needs)
    )
