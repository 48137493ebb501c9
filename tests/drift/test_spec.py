"""A check is defined beside suites; what is wrong with it is told with its line."""

import textwrap

import jsonschema
import pytest

from genops.drift.schema import json_schema
from genops.drift.spec import DriftSpec
from genops.errors import DefinitionError, ReferenceNotFound
from genops.syntax import read_yaml

WHOLE = """
    kind: drift
    description: Are questions still what the suite asks?
    reference: dataset:answer_docs
    current: {traces: {chain: answer_docs, since: 7d, status: ok}}
    of:
      question: "{{ inputs.question }}"
      passages: steps.search.output
    group: run.session
    context: run.user
    segments: {tag: "run.tags[0]"}
    tests: [{mmd: {}}, kolmogorov_smirnov]
    descriptors: [words, language]
    topics: false
    correction: benjamini-hochberg
    alpha: 0.01
    smallest: 0.05
    visible: 0.25
    relabellings: 499
    rows: 2000
    seed: 7
    watch: {average_run: 50000, every: 1}
"""


def read(text):
    file = read_yaml(textwrap.dedent(text).lstrip("\n"), "checks.yaml")
    return DriftSpec.from_data(file.data, "checks", file=file)


def test_a_whole_definition_is_read_and_fits_the_schema():
    spec = read(WHOLE)
    assert [state.name for state in spec.states] == ["question", "passages"]
    assert spec.tests_of("text")[0].test.name == "mmd"
    assert spec.tests_of("number")[0].test.name == "kolmogorov_smirnov"
    assert (spec.alpha, spec.rows, spec.watch.average_run) == (0.01, 2000, 50_000)
    jsonschema.validate(read_yaml(textwrap.dedent(WHOLE), "x").data, json_schema())


def test_tests_have_defaults_and_a_known_context_another_one():
    spec = read("kind: drift\nreference: a.jsonl\ncurrent: b.jsonl\n")
    assert spec.tests_of("text")[0].test.name == "mmd_fuse"
    assert spec.tests_of("vector", context=True)[0].test.name == "context_mmd"
    assert spec.tests_of("category")[0].test.name == "chi_square"
    assert spec.states[0].name == "inputs"


@pytest.mark.parametrize(
    ("change", "message", "line"),
    [
        ("alfa: 0.05", "alpha", 4),
        ("alpha: 2", "alpha", 4),
        ("reference: nothing", "names no window", 2),
        ("tests: [mmd_fuze]", "mmd_fuse", 4),
        ("tests: [{mmd: {bandwith: 1}}]", "bandwith", 4),
        ("descriptors: [wrods]", "words", 4),
        ("of: {}", "names no state", 4),
        ('of: "{{ inputs. }}"', "inputs", 4),
        ("as: texts", "as", 4),
        ("watch: {average: 3}", "average", 4),
        ("relabellings: 5", "relabellings", 4),
        ("correction: none", "correction", 4),
    ],
)
def test_what_is_wrong_is_told_with_its_line(change, message, line):
    key = change.partition(":")[0]
    lines = ["kind: drift", "reference: a.jsonl", "current: b.jsonl"]
    lines = [change if one.startswith(f"{key}:") else one for one in lines]
    lines += [] if change in lines else [change]
    with pytest.raises(DefinitionError) as refused:
        read("\n".join(lines))
    assert message in str(refused.value)
    assert refused.value.at.line == line


def test_a_window_that_is_missing_is_told():
    with pytest.raises(DefinitionError, match="current"):
        read("kind: drift\nreference: a.jsonl\n")


def test_a_suite_is_no_check_and_its_command_is_named(lab):
    lab.site.write("evals/demo.yaml", "kind: suite\nchain: echo\ndataset: []\nscorers: []\n")
    with pytest.raises(DefinitionError, match="genops eval run demo"):
        DriftSpec.load("demo", lab.site.project.settings)
    with pytest.raises(ReferenceNotFound, match="no drift check is called"):
        DriftSpec.load("domo", lab.site.project.settings)
