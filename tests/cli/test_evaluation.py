"""``genops eval run`` for people: what it says, and how it ends."""

import json

import pytest

ROWS = [{"id": f"c{number}", "what": f"tea {number}", "expected": f"tea {number}"} for number in range(6)]
SUITE = """
kind: suite
chain: say
dataset: said.jsonl
scorers: [contains]
gate: [contains >= 0.5]
"""


@pytest.fixture
def suite(site):
    """Writes the suite ``said`` and its cases."""

    def write(text=SUITE, rows=ROWS):
        (site / "evals").mkdir(exist_ok=True)
        (site / "evals" / "said.yaml").write_text(text)
        (site / "evals" / "said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    write()
    return write


def errors(done):
    """The lines of what went wrong."""
    lines = done.err.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("error: "))
    return lines[start:]


def test_a_suite_is_run_and_shown(genops, suite):
    done = genops("eval", "run", "said")
    assert done.err.startswith("said: 6 cases, evaluation ")
    assert "contains" in done.out


def test_it_gives_json_to_a_pipe(genops, suite):
    shown = json.loads(genops("eval", "run", "said", "--json", "--gate").out)
    assert shown["verdict"]["outcome"] == "pass"


@pytest.mark.parametrize(
    ("expected", "code"), [("tea", 0), ("nothing like it", 1)], ids=["a gate that passes", "a gate that fails"]
)
def test_the_gate_decides_how_it_ends(genops, suite, expected, code):
    suite(rows=[{**row, "expected": expected} for row in ROWS])
    genops("eval", "run", "said", "--gate", code=code)


def test_the_verdict_is_told_where_the_baseline_is_what_it_goes_on_with(genops, suite):
    suite(rows=[{**row, "expected": "nothing like it"} for row in ROWS])
    genops("eval", "run", "said", "--gate", code=1)
    done = genops("eval", "run", "said", "--gate", "--against", "last", code=1)
    assert "gate failed" in done.out
    assert "--against last is the evaluation that this goes on with" in done.err


def test_what_is_gone_on_with_takes_a_name_and_keeps_the_one_it_has(genops, suite):
    genops("eval", "run", "said", "--gate")
    assert "keeps" not in genops("eval", "run", "said", "--gate", "--name", "first").err
    assert "'first', which keeps that name" in genops("eval", "run", "said", "--gate", "--name", "second").err
    assert json.loads(genops("eval", "show", "first", "--json").out)["name"] == "first"
    order = json.loads(genops("eval", "list", "--json").out)[0]["body"]["seed"]
    assert f"whose order is that of --seed {order}" in genops("eval", "run", "said", "--gate", "--seed", "5").err


def test_an_evaluation_of_the_same_suite_is_compared_with_before_others_that_are_called_so(genops, site, suite):
    genops("eval", "run", "said", "--name", "meant")
    (site / "evals" / "other.yaml").write_text(SUITE)
    genops("eval", "run", "other")
    meant = json.loads(genops("eval", "show", "meant", "--json").out)["evaluation"]
    (compared,) = json.loads(genops("eval", "run", "said", "--against", "last", "--json").out)["comparisons"]
    assert compared["evaluation"] == meant
    assert json.loads(genops("eval", "compare", "last~1", "--json").out)["comparisons"][0]["evaluation"] == meant


def test_a_lock_names_the_variant_to_compare_with(genops, suite):
    suite(SUITE + "variants:\n  parameters: [{seed: 1}, {seed: 2}]\n")
    genops("eval", "run", "said", "--name", "two")
    second = json.loads(genops("eval", "show", "two", "--json").out)["variants"][1]
    shown = json.loads(genops("eval", "run", "said", "--against", second["lock"], "--json").out)
    assert {compared["reference"] for compared in shown["comparisons"]} == {second["name"]}


def test_variants_are_compared_with_one_of_their_own_evaluation_by_its_lock(genops, suite):
    suite(SUITE + "variants:\n  parameters: [{seed: 1}, {seed: 2}, {seed: 3}]\n")
    genops("eval", "run", "said", "--name", "three")
    first, second, third = json.loads(genops("eval", "show", "three", "--json").out)["variants"]
    shown = json.loads(genops("eval", "compare", second["lock"], "three", "--json").out)["comparisons"]
    assert {compared["variant"] for compared in shown} == {first["name"], third["name"]}
    assert {compared["reference"] for compared in shown} == {second["name"]}


def test_labels_that_cannot_be_read_are_told_of_before_anything_is_run(genops, suite):
    suite(SUITE + "labels: people.jsonl\n")
    assert "people.jsonl: there is no such labels file" in genops("eval", "run", "said", code=2).err
    assert json.loads(genops("eval", "list", "--json").out) == []


def test_a_report_that_cannot_be_written_is_told_of_before_anything_is_run(genops, suite):
    for file in ("nowhere/junit.xml", "evals"):
        assert f"cannot write {file}" in genops("eval", "run", "said", "--report", f"junit={file}", code=2).err
    assert json.loads(genops("eval", "list", "--json").out) == []
    genops("eval", "run", "said", "--report", "junit=.genops/junit.xml", code=0)


def test_a_seed_is_not_below_zero(genops, suite):
    for more in ([], ["--sample", "1"], ["--gate"]):
        assert "--seed" in genops("eval", "run", "said", *more, "--seed", "-1", code=2).err


def test_a_gate_without_enough_data_is_undecided(genops, suite):
    suite(SUITE.replace("gate: [contains >= 0.5]", "gate: {rules: contains >= 0.5, about: population}"))
    genops("eval", "run", "said", "--gate", code=3)


def test_a_budget_that_ends_a_gate_before_its_first_case_leaves_a_report(genops, suite):
    suite(SUITE + "budget: {seconds: 0.000000001}\n")
    done = genops("eval", "run", "said", "--gate", code=4)
    assert "undecided: contains >= 0.5 (say): - [" in done.out
    assert "stopped: the budget of 1e-09 s is used up; go on with" in done.err
    for name in ("terminal", "markdown", "github", "junit", "json", "csv", "html"):
        genops("eval", "report", "last", "--format", name)
    suite()
    assert "gate passed" in genops("eval", "run", "said", "--gate").out


def test_nothing_is_to_be_gone_on_with_where_the_budget_sufficed_for_the_verdict(genops, suite, monkeypatch):
    from genops.evals.runner import Progress

    told = iter(["", "", "", "", "", "the budget is used up"])
    monkeypatch.setattr(Progress, "over", lambda *_: next(told))
    suite(SUITE + "concurrency: 1\n")
    done = genops("eval", "run", "said", "--gate")
    assert "gate passed after 5 of 6 samples" in done.out
    assert "go on with" not in done.err


def test_a_budget_of_money_that_cannot_be_kept_is_said_at_once_and_at_the_end(genops, suite, monkeypatch):
    from genops.evals.runner.asking import Asked

    monkeypatch.setattr(Asked, "cost", None)
    suite(SUITE + "budget: {usd: 0.01}\nconcurrency: 1\n")
    first, last = (line for line in genops("eval", "run", "said").err.splitlines() if line.startswith("warning: "))
    assert first.startswith("warning: the budget of $0.01 cannot be kept: what 1 of 1 sample cost is not known")
    assert "price" in first
    assert "what 6 of 6 samples cost" in last
    suite(SUITE + "budget: {tokens: 100000}\n")
    assert "warning" not in genops("eval", "run", "said").err


def test_a_budget_of_money_whose_prices_are_known_needs_no_warning(genops, suite):
    suite(SUITE + "budget: {usd: 0.01}\n")
    assert "warning" not in genops("eval", "run", "said").err


def test_a_gate_on_scores_that_no_case_has_is_undecided(genops, suite):
    scorers = "scorers: [{contains: '{{ expected }}', when: '{{ id == 0 }}'}]"
    suite(
        SUITE.replace("scorers: [contains]", scorers).replace(
            "gate: [contains >= 0.5]", "gate: {rules: contains >= 0.5, about: population}"
        )
    )
    assert "undecided: contains >= 0.5 (say): - [" in genops("eval", "run", "said", "--gate", code=3).out


def test_a_gate_that_what_is_missing_could_change_is_unfinished(genops, suite):
    suite(
        SUITE.replace("chain: say", "chain: raw"), [{"id": str(n), "text": "fail", "expected": "x"} for n in range(4)]
    )
    done = genops("eval", "run", "said", "--gate", code=4)
    assert "missing, as something around the chain failed: 4 samples. Go on with:\n" in done.err
    assert "`genops eval run said --gate --resume` goes on with it" in done.out
    genops("eval", "run", "said", "--gate", "--resume", code=4)


@pytest.mark.parametrize("critical", [True, False])
def test_it_says_whether_a_sample_that_is_missing_has_a_say_in_the_verdict(genops, suite, critical):
    fine = [{"id": f"c{number}", "text": "Say a", "expected": "a"} for number in range(4)]
    lost = {"id": "lost", "text": "fail", "expected": "a", "critical": critical}
    suite(SUITE.replace("chain: say", "chain: raw"), [*fine, lost])
    done = genops("eval", "run", "said", "--gate", code=4 if critical else 0)
    assert ("missing, as something around the chain failed: 1 sample. Go on with:\n" in done.err) is critical
    assert ("`genops eval run said --gate --resume` goes on with it" in done.out) is critical
    assert ("the infrastructure failed under 1 sample; the verdict is certain without it" in done.out) is not critical


def test_samples_that_are_missing_end_it_with_how_to_go_on(genops, suite, site, monkeypatch):
    rows = [{"id": "fine", "text": "Say a", "expected": "a"}, {"id": "lost", "text": "fail", "expected": "b"}]
    suite(SUITE.replace("chain: say", "chain: raw"), rows)
    monkeypatch.setattr("sys.argv", ["genops", "eval", "run", "said"])
    done = genops("eval", "run", "said", code=4)
    assert "missing, as something around the chain failed: 1 sample. Go on with:\n" in done.err
    assert done.err.endswith("  genops eval run said --resume\n")
    (site / "talker.yaml").write_text("rules: [{text: b}]\n")
    again = genops("eval", "run", "said", "--resume", code=4)
    assert "cannot be resumed: the variant 'raw' changed since" in again.err


def test_only_failed_takes_the_last_one_and_names_it_when_it_is_interrupted(genops, suite, monkeypatch):
    rows = [{"id": "fine", "text": "Say a", "expected": "a"}, {"id": "lost", "text": "fail", "expected": "b"}]
    suite(SUITE.replace("chain: say", "chain: raw"), rows)
    first = json.loads(genops("eval", "run", "said", "--json", code=4).out)
    monkeypatch.setattr("sys.argv", ["genops", "eval", "run", "said", "--only-failed", "last"])
    done = genops("eval", "run", "said", "--only-failed", "last", code=4)
    assert done.err.startswith("said: 1 case, evaluation ")
    assert f"genops eval run said --only-failed {first['evaluation'][:12]} --resume" in done.err
    for named in (first["evaluation"][:12], "last"):
        resumed = genops("eval", "run", "said", "--only-failed", named, "--resume", code=4)
        assert resumed.err.startswith(done.err.splitlines()[0])


def test_only_failed_takes_an_evaluation_by_whatever_it_is_called(genops, suite, monkeypatch):
    rows = [{"id": "fine", "text": "Say a", "expected": "a"}, {"id": "lost", "text": "fail", "expected": "b"}]
    suite(SUITE.replace("chain: say", "chain: raw"), rows)
    genops("eval", "run", "said", "--name", "before", code=4)
    second = json.loads(genops("eval", "run", "said", "--json", code=4).out)
    for named in ("before", "last~1"):
        arguments = ["eval", "run", "said", f"--only-failed={named}"]
        monkeypatch.setattr("sys.argv", ["genops", *arguments])
        done = genops(*arguments, code=4)
        assert done.err.startswith("said: 1 case, evaluation ")
    assert f"genops eval run said --only-failed={second['evaluation'][:12]} --resume" in done.err


WRONG = [
    (["nothing"], "no suite is called 'nothing': there is no evals/nothing.yaml", "known: said"),
    (["sad"], "no suite is called 'sad'", "did you mean said?"),
    (["said", "--fresh"], "--fresh goes with --gate", None),
    (["said", "--gate", "--fresh", "--resume"], "--resume goes on with an evaluation; --fresh starts one", None),
    (["said", "--sample", "many"], "--sample 'many' is neither a count nor a share below 1", None),
    (["said", "--sample", "1.5"], "--sample '1.5' is neither a count nor a share below 1", None),
    (["said", "--sample", "0"], "--sample '0' is neither a count nor a share below 1", None),
    (["said", "--filter", "zebra"], "no case of 6 is left", "look at"),
    (["said", "--split", "test"], "no case of 6 is left", "the cases have no `split`"),
    (["said", "--only-failed", "last"], "the suite 'said' was never run", None),
    (["said", "--only-failed", "abcdef"], "abcdef", None),
    (["said", "--chain", "sey"], "sey", "say"),
    (["said", "--chain", "raw"], "input 'text' (str) is missing", None),
    (["said", "--concurrency", "0"], "Invalid value for '--concurrency'", None),
]


@pytest.mark.parametrize(("arguments", "message", "hint"), WRONG, ids=lambda value: " ".join(value) if value else "")
def test_wrong_usage_is_one_error_and_runs_nothing(genops, suite, arguments, message, hint):
    done = genops("eval", "run", *arguments, code=2)
    error = errors(done)
    assert message in error[0]
    assert hint is None or hint in error[1]
    assert json.loads(genops("trace", "list", "--json").out) == []


def test_nothing_to_resume_is_said_so(genops, suite):
    assert (
        "there is nothing to resume: the suite 'said' was never run"
        in genops("eval", "run", "said", "--resume", code=4).err
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (SUITE.replace("[contains]", "[containz]"), "error: evals/said.yaml:5: no scorer is called 'containz'"),
        (SUITE.replace("said.jsonl", "sad.jsonl"), "error: evals/sad.jsonl: there is no such file"),
        (SUITE.replace("chain: say", "chain: sey"), "error: no chain is called 'sey'"),
        (
            SUITE.replace("kind: suite", "kind: drift"),
            "error: evals/said.yaml: a suite is a mapping with `kind: suite`",
        ),
        (SUITE + "  - bad", "error: evals/said.yaml"),
    ],
)
def test_a_broken_suite_is_one_error_with_its_place(genops, suite, text, error):
    suite(text)
    assert errors(genops("eval", "run", "said", code=2))[0].startswith(error)


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([], "error: said.jsonl: the dataset has no cases"),
        ([{"expected": "a"}], "error: evals/said.jsonl:1: "),
        ([*ROWS, ROWS[0]], "error: evals/said.jsonl:7: the id 'c0' is that of line 1 too"),
        ([{"what": "a", "scorers": [{"contain": "a"}]}], "error: <scorers of case "),
    ],
    ids=["empty", "a missing column", "an id twice", "a wrong scorer of a case"],
)
def test_a_broken_dataset_is_one_error_with_its_place(genops, suite, rows, error):
    suite(rows=rows)
    assert errors(genops("eval", "run", "said", code=2))[0].startswith(error)
