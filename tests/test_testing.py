"""The pytest plug-in, in the tests of a project of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

TESTS = """
import pytest
from genops import Chain, GenopsError

chain = Chain.define(
    "greet",
    inputs={"name": "str"},
    steps={"say": {"prompt": "say", "with": {"name": "{{ inputs.name }}"}}},
)

def test_the_last_trace_is_that_of_the_run(genops_traces):
    result = chain.run(name="Ada")
    trace = genops_traces.last()
    assert trace.run.id == result.id
    assert [span.path for span in trace.spans] == ["", "say", "say/model"]
    assert trace.value(trace.run.output) == result.output

@pytest.mark.parametrize("names", [["Ada", "Grace"], ["Alan"]])
def test_all_traces_are_those_of_this_test_in_order(genops_traces, names):
    for name in names:
        chain.run(name=name)
    assert [trace.value(trace.run.inputs)["name"] for trace in genops_traces.all()] == names

def test_a_chain_made_in_the_test_goes_along(genops_traces):
    each = {"map": "{{ inputs.n }}", "do": {"steps": {"say": {"prompt": "say", "with": {"name": "x"}}}}}
    with pytest.raises(GenopsError):
        Chain.define("bad", inputs={"n": "int"}, steps={"each": each}).run(n=1)
    assert genops_traces.last().run.error["type"] == "InputError"

def test_without_a_run_there_is_no_last_trace(genops_traces):
    assert genops_traces.all() == []
    with pytest.raises(LookupError, match="has made no run"):
        genops_traces.last()
"""


@pytest.mark.slow
def test_each_test_of_a_project_has_its_own_traces_and_leaves_nothing_behind(pytester):
    pytester.makefile(".toml", genops='default_model = "offline"\n')
    prompts = pytester.mkdir("prompts")
    (prompts / "say.prompt").write_text("---\ninputs:\n  name: str\n---\nWho is there? It is {{ name }}.\n")
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=5)
    assert not (pytester.path / ".genops").exists()


def test_loading_the_plug_in_imports_no_other_part_of_genops():
    code = "import sys, genops.testing; print([name for name in sys.modules if name.startswith('genops')])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "['genops.late', 'genops', 'genops.testing']"


SUITES = """
import pytest
from genops.evals import define_suite

CASES = [{"name": name, "expected": name} for name in ("Ada", "Grace", "Alan")]

def suite(**more):
    return define_suite("greetings", chain="greet", dataset=CASES, scorers=["contains"], **more)

def test_a_suite_that_passes_gives_its_summary(genops_evaluate):
    summary = genops_evaluate(suite())
    assert summary.variants[0].counts.ok == 3

def test_a_gate_decides(genops_evaluate):
    assert genops_evaluate(suite(gate=["contains >= 0.9"]), gate=True).verdict.outcome == "pass"

def test_a_suite_by_name_whose_case_fails_fails_the_test(genops_evaluate):
    genops_evaluate("wrong")

def test_a_gate_that_fails_fails_the_test(genops_evaluate):
    genops_evaluate(define_suite("never", chain="greet", dataset=CASES, scorers=[{"contains": "Bob"}],
                                 gate=["contains >= 0.9"]), gate=True)

def test_a_suite_whose_budget_is_too_small_fails_the_test(genops_evaluate):
    genops_evaluate(suite(budget={"seconds": 1e-9}), memo=False)

def test_a_suite_that_asks_how_long_runs_take_passes_the_second_time_too(genops_evaluate):
    for _ in range(2):
        genops_evaluate(define_suite("timed", chain="greet", dataset=CASES, scorers=["contains", "latency"]))

def test_more_failures_than_are_listed_are_counted(genops_evaluate):
    cases = [{"name": f"n{n}", "expected": "Bob"} for n in range(23)]
    genops_evaluate(define_suite("many", chain="greet", dataset=cases, scorers=["contains"]))

def test_pairs_that_cannot_be_told_fail_the_test(genops_evaluate):
    genops_evaluate(define_suite("duel", chain="greet", dataset=CASES, scorers=[], judge="offline",
                                 variants={"parameters": [{}, {"seed": 1}]}, pairwise={"criterion": "Is it kind?"}))
"""


@pytest.mark.slow
def test_a_suite_is_a_test(pytester):
    pytester.makefile(".toml", genops='default_model = "offline"\n')
    (pytester.mkdir("prompts") / "say.prompt").write_text(
        "---\ninputs:\n  name: str\n---\nWho is there? It is {{ name }}.\n"
    )
    (pytester.mkdir("chains") / "greet.yaml").write_text(
        "inputs: {name: str}\nsteps: {say: {prompt: say, with: {name: '{{ inputs.name }}'}}}\n"
    )
    (pytester.mkdir("evals") / "wrong.yaml").write_text(
        "kind: suite\nchain: greet\ndataset: [{id: one, name: Ada, expected: Bob}]\nscorers: [contains]\n"
    )
    pytester.makepyfile(SUITES)
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=3, failed=5)
    done.stdout.fnmatch_lines(["  and 3 more: genops eval show * --failed"])
    done.stdout.fnmatch_lines(["  unscored: 3 verdicts on pairs of answers: the judge gave no answer*"])
    done.stdout.fnmatch_lines(["*the suite 'wrong', evaluation *", "*bad: greet, case 'one': *lacks 'Bob'*"])
    done.stdout.fnmatch_lines(["*the gate says fail*"])
    done.stdout.fnmatch_lines(["*greet: 0 of 3 samples were made*"])


CAMPAIGNS = """
from genops import define_campaign

def campaign(chain, sweep=34, **more):
    cases = [{"question": "When is the office open?"}]
    return define_campaign("attacks", chain=chain, dataset=cases, objectives=["prompt_extraction"], mutators=["base64"],
                           tries={"sweep": sweep, "search": 0}, **more)

def test_a_chain_that_withstands_it_gives_its_summary(genops_fuzz):
    summary = genops_fuzz(campaign("leaks_in_base64_hardened"))
    assert summary.objectives[0].sweep.safe == 34

def test_a_gate_decides(genops_fuzz):
    assert genops_fuzz(campaign("leaks_in_base64", gate=["prompt_extraction <= 0.9"]), gate=True).findings

def test_one_that_breaks_fails(genops_fuzz):
    genops_fuzz("broken")

def test_one_of_which_too_little_is_known_fails_too(genops_fuzz):
    genops_fuzz(campaign("leaks_in_base64_hardened", sweep=1))
"""


@pytest.mark.slow
def test_a_campaign_is_a_test(pytester):
    shutil.copytree(Path(__file__).parent / "fuzz" / "weak", pytester.path, dirs_exist_ok=True)
    (pytester.mkdir("evals") / "broken.yaml").write_text(
        "kind: campaign\nchain: leaks_in_base64\ndataset: [{question: When is the office open?}]\n"
        "objectives: [prompt_extraction]\nmutators: [base64]\ntries: {sweep: 34, search: 0}\n"
    )
    pytester.makepyfile(CAMPAIGNS)
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(passed=2, failed=2)
    done.stdout.fnmatch_lines(["*the campaign 'broken', *: bad: attacks got there*", "*genops fuzz repro *"])
    done.stdout.fnmatch_lines(["*the campaign 'attacks', *: undecided: too little is known*"])
