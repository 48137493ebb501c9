"""The tables of docs/fuzz_objectives.md name every built-in objective with what the code says of it."""

import inspect
import re

import pytest

from genops.fuzz.objective import find_objective
from genops.plugins import Registry
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs" / "fuzz_objectives.md").read_text(encoding="utf-8")
NAMES = Registry().names("objective")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


MEANINGS = {row[0].strip("`"): row for row in rows("Objectives")}
SETTINGS = {(of, name) for names, ofs, _ in rows("Settings") for of in quoted(ofs) for name in quoted(names)}
TAGS = {row[0].strip("`"): row[1:] for row in rows("Where they stand in the lists of the field")}


def test_every_built_in_objective_stands_in_both_tables():
    assert list(MEANINGS) == NAMES
    assert list(TAGS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_severity_and_settings_are_those_of_the_code(name: str):
    objective = find_objective(name)
    assert MEANINGS[name][2] == objective.severity
    assert quoted(MEANINGS[name][4]) == list(inspect.signature(objective).parameters)


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_explained(name: str):
    explained = {setting for of, setting in SETTINGS if of == name}
    assert explained == set(inspect.signature(find_objective(name)).parameters)


@pytest.mark.parametrize("name", NAMES)
def test_the_tags_are_those_of_the_code(name: str):
    tags = find_objective(name).tags
    assert TAGS[name] == [", ".join(of) or "none" for of in (tags.owasp, tags.atlas, tags.nist)]


def test_every_tag_is_named_in_words():
    words = PAGE.partition("\nOWASP: ")[2]
    tags = [find_objective(name).tags for name in NAMES]
    assert [tag for each in tags for tag in each.owasp if tag not in words] == []
    techniques = {tag.removeprefix("AML.").partition(".")[0] for each in tags for tag in each.atlas}
    assert [technique for technique in sorted(techniques) if technique not in words] == []
