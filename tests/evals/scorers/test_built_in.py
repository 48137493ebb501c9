"""What holds for every built-in scorer."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from genops.evals import find_scorer
from genops.plugins import Registry

ROOT = Path(__file__).parents[3]
NAMES = Registry().names("scorer")
COMMON = {"name", "of", "threshold", "weight", "when", "timeout"}
HEAVY = "rouge_score nltk sacrebleu rapidfuzz sqlglot jsonpath jsonschema lxml bs4 numpy torch litellm aiohttp regex"


@pytest.mark.parametrize("name", NAMES)
def test_its_settings_have_names_of_their_own_and_are_documented(name: str):
    scorer = find_scorer(name)
    assert scorer.name == name
    assert scorer.description
    assert not COMMON & set(scorer.settings)
    documented = set(re.findall(r"^ {4}(\w+):", inspect.getdoc(scorer.function).partition("Args:")[2], re.MULTILINE))
    assert {scorer.subject, *scorer.settings} <= documented


def test_every_scorer_of_text_takes_an_empty_output():
    for name in ("equals", "contains", "regex", "starts_with", "ends_with", "length", "refusal", "is_json", "sql"):
        scorer = find_scorer(name)
        needed = {
            setting.name: "x" for setting in scorer.settings.values() if setting.required or setting.name == "expected"
        }
        assert scorer("", **needed).value in (0, 1)


def test_a_scorer_costs_nothing_before_it_scores():
    modules = [f"genops.evals.scorers.{path.stem}" for path in (ROOT / "genops/evals/scorers").glob("*.py")]
    code = (
        "import genops.evals, genops.evals.judges.verdicts, sys; before = set(sys.modules)\n"
        f"for name in {modules!r}: __import__(name)\n"
        f"print(sorted(set({HEAVY.split()!r}) & "
        "(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
