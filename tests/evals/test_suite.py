"""A suite in one file: what it may say, and what it says of every mistake."""

import pytest

from genops.artifacts import Reference
from genops.errors import DefinitionError, ReferenceNotFound
from genops.evals import Suite, define_suite, evaluate
from genops.evals.rules import Rule
from genops.executor.swaps import Swap
from genops.settings import Settings

SMALL = "chain: answer\ndataset: [{text: a}]\nscorers: [contains]\n"

WHOLE = """
    kind: suite
    description: Says what it should.
    chain: answer
    dataset: {file: cases.jsonl, split: test, where: "{{ 'hard' in tags }}", sample: 20, seed: 3}
    variants: {prompt: [answer@production, answer], model: [fast, fast=big]}
    repeat: 3
    of: "{{ output.answer }}"
    judge: fast
    timeout: 30
    concurrency: 8
    budget: {usd: 1.5, tokens: 1000, seconds: 60}
    labels: labels.jsonl
    scorers:
      - exact_match
      - contains: "{{ expected }}"
        mode: any
        name: mentions
        weight: 2
        threshold: 0.5
        timeout: 10
      - rubric: Is it polite?
        when: "{{ 'chat' in tags }}"
    gate:
      alpha: 0.1
      about: population
      rules: [mentions >= 0.9, mentions not worse than answer@production by 0.02, passed >= 0.8]
    """


def test_a_suite_says_all_in_one_file(suite_of):
    suite = suite_of(WHOLE)
    assert (suite.chain, suite.repeat, suite.judge, suite.timeout, suite.concurrency) == ("answer", 3, "fast", 30.0, 8)
    assert suite.description == "Says what it should."
    assert (suite.budget.usd, suite.budget.tokens, suite.budget.seconds) == (1.5, 1000, 60.0)
    assert (suite.dataset.file, suite.dataset.split, suite.dataset.sample) == ("cases.jsonl", "test", 20)
    assert [use.name for use in suite.scorers] == ["exact_match", "mentions", "rubric"]
    mentions = suite.use("mentions")
    assert (mentions.scorer.name, mentions.weight, mentions.threshold, mentions.timeout) == ("contains", 2.0, 0.5, 10.0)
    assert [rule.metric for rule in suite.gate.rules] == ["mentions", "mentions", "passed"]
    assert (suite.gate.alpha, suite.gate.about) == (0.1, "population")
    assert [variant.name for variant in suite.variants] == [
        "answer@production + fast",
        "answer@production + fast=big",
        "answer + fast",
        "answer + fast=big",
    ]


def test_a_small_suite_has_quiet_defaults(suite_of):
    suite = suite_of(SMALL)
    assert (suite.repeat, suite.timeout, suite.gate, suite.judge, suite.labels) == (1, None, None, None, None)
    assert [(variant.name, variant.chain) for variant in suite.variants] == [("answer", "answer")]
    assert suite.scorers[0].threshold == 1.0


@pytest.mark.parametrize(
    ("rule", "metric", "baseline"),
    [
        ("page found >= 0.9", "page found", ""),
        ("page found<=2 for 95%", "page found", ""),
        ("page found not worse than answer@2 + m=m + {} by 0.02", "page found", "answer@2 + m=m + {}"),
        ('better than old + {"stop":["a b"]}', "passed", 'old + {"stop":["a b"]}'),
        ("not worse than by by 0.1", "passed", "by"),
    ],
)
def test_a_rule_names_whatever_a_scorer_or_a_variant_is_called(rule, metric, baseline):
    read = Rule.parse(rule)
    assert (read.metric, read.baseline) == (metric, baseline)


@pytest.mark.parametrize(
    "text", ["a >= 0.9 and b >= 0.8", "a not worse than b by 2%", "a not worse than b by 0.1 by 0.2"]
)
def test_what_stands_behind_a_rule_is_no_name(text):
    with pytest.raises(DefinitionError, match="is not a rule"):
        Rule.parse(text)


def test_a_gate_may_be_one_rule_or_a_list_of_rules(suite_of):
    assert len(suite_of(SMALL + "gate: contains >= 0.9").gate.rules) == 1
    assert len(suite_of(SMALL + "gate: [contains >= 0.9, passed >= 0.5]").gate.rules) == 2


def test_what_is_a_campaign_names_its_command(suite_of):
    with pytest.raises(DefinitionError) as caught:
        suite_of("kind: campaign\nchain: answer\n")
    assert caught.value.hint.startswith("it is a campaign: genops fuzz run ")


def test_yaml_anchors_spare_repetition(suite_of):
    suite = suite_of("""
        anchors:
          wanted: &wanted [a, b]
        chain: answer
        dataset: [{text: a}]
        scorers:
          - {contains: *wanted, name: first}
          - {contains: *wanted, name: second, mode: none}
        """)
    assert [use.settings["expected"] for use in suite.scorers] == [["a", "b"], ["a", "b"]]


WRONG = [
    ("[]", "", "a suite is a mapping", None),
    ("kind: campaign\n" + SMALL, "", "kind: suite", None),
    (SMALL + "scorer: [contains]\n", "4", "unknown key 'scorer' in a suite", "scorers"),
    ("chain: answer\nscorers: [contains]\n", "", "a suite needs `dataset:`", None),
    ("chain: answer\ndataset: [{text: a}]\n", "", "a suite needs `scorers:`", None),
    (SMALL.replace("chain: answer", "description: x"), "", "the suite names no chain", "chain: NAME"),
    (SMALL.replace("chain: answer", "chain: [answer]"), "1", "`chain`", None),
    (SMALL.replace("[contains]", "contains"), "3", "`scorers` is a list", "- contains: Paris"),
    (SMALL.replace("[contains]", "[containz]"), "3", "no scorer is called 'containz'", "contains"),
    (SMALL.replace("[contains]", "[3]"), "3", "a scorer is a name or a mapping", None),
    (SMALL.replace("[contains]", "[contains, contains]"), "3", "two scorers are called 'contains'", "name:"),
    (SMALL.replace("[contains]", "\n  - contains: a\n    mod: any"), "5", "no setting 'mod'", "mode"),
    (SMALL.replace("[contains]", "\n  - contains: a\n    mode: many"), "5", "`mode`", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    expected: b"), "5", "'expected' twice", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    regex: b"), "5", "one entry is one scorer", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    threshold: high"), "5", "`threshold` is a number", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    threshold: .nan"), "5", "`threshold` is a number", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    threshold: 2"), "5", "gives 0 to 1, never 2", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    weight: -1"), "5", "`weight` is at least 0", None),
    (
        SMALL.replace("[contains]", "\n  - contains: a\n    weight: 1e10"),
        "5",
        "`weight` is at most 1,000,000,000",
        None,
    ),
    (SMALL.replace("[contains]", f"\n  - contains: a\n    weight: 1{'0' * 400}"), "5", "`weight` is a number", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    weight: .inf"), "5", "`weight` is a number", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    timeout: 0"), "5", "`timeout`", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    name: passed"), "5", "passed", None),
    (SMALL.replace("[contains]", "\n  - contains: a\n    when: '{{ output'"), "5", "", None),
    (SMALL.replace("[contains]", "\n  - regex"), "4", "'regex' needs", None),
    (SMALL + "of: '{{ output.'\n", "4", "", None),
    (SMALL + "of: '{{ outputs.answer }}'\n", "4", "there is no variable 'outputs'", "output"),
    (SMALL.replace("[contains]", "\n  - contains: a\n    of: '{{ answer }}'"), "5", "no variable 'answer'", "output"),
    (SMALL.replace("[contains]", "\n  - contains: a\n    when: '{{ tag }}'"), "5", "no variable 'tag'", "tags"),
    (SMALL.replace("[contains]", "\n  - contains: ['{{ expcted }}']"), "4", "no variable 'expcted'", "expected"),
    (SMALL.replace("[contains]", "\n  - contains: '{{ steps.a.output }}'"), "4", "no variable 'steps'", None),
    (SMALL + "repeat: 0\n", "4", "`repeat`", None),
    (SMALL + "repeat: 1.5\n", "4", "`repeat`", None),
    (SMALL + "timeout: -1\n", "4", "`timeout`", None),
    (SMALL + "timeout: .nan\n", "4", "`timeout`", None),
    (SMALL + "concurrency: none\n", "4", "`concurrency`", None),
    (SMALL + "budget: {usd: 0}\n", "4", "budget.usd", None),
    (SMALL + "budget:\n  euro: 3\n", "5", "unknown key 'budget.euro'", None),
    (SMALL + "dataset2: x\n", "4", "unknown key", "dataset"),
    (SMALL.replace("[{text: a}]", "{files: a.jsonl}"), "2", "files", "file"),
    (SMALL + "gate: []\n", "4", "a gate needs `rules:`", None),
    (SMALL + "gate:\n  rules: contains >= 0.5\n  beta: 1\n", "6", "unknown key 'beta' in a gate", None),
    (SMALL + "gate:\n  rules: contains >= 0.5\n  alpha: 1.5\n", "6", "`alpha`", None),
    (SMALL + "gate:\n  rules: contains >= 0.5\n  alpha: 1.0e-17\n", "6", "`alpha`", None),
    (SMALL + "gate:\n  rules: contains >= 0.5\n  about: world\n", "6", "`about`", None),
    (SMALL + "gate:\n  - contains is good\n", "5", "is not a rule", "faithfulness >= 0.9"),
    (SMALL + "gate:\n  - [contains]\n", "5", "`rules`", None),
    (SMALL + "gate:\n  - contain >= 0.5\n", "5", "no scorer is called 'contain'", "contains"),
    (SMALL + "gate:\n  - contains <= 0.5\n", "5", "the larger values are better", None),
    (SMALL + "gate:\n  - passed <= 0.5\n", "5", "of passed the larger values are better", None),
    (SMALL.replace("[contains]", "[ter]") + "gate:\n  - ter <= -0.5\n", "5", "can never hold", None),
    (SMALL + "gate:\n  rules: 3\n", "5", "`rules`", None),
    (SMALL + "gate:\n  - contains >= 1.5\n", "5", "can never hold", None),
    (SMALL + "gate:\n  - contains >= 2 for 50%\n", "5", "can never hold", None),
    (SMALL.replace("[contains]", "[latency]") + "gate:\n  - latency <= -2 for 5%\n", "5", "can never hold", None),
    (SMALL + "gate:\n  - contains not worse than answer@1 by -0.1\n", "5", "a margin is not below 0", None),
    (SMALL + "gate:\n  - contains better than answer@1 by 1.5\n", "5", "can never hold", None),
    (SMALL + "gate:\n  - contains not worse than answer@1 by 5\n", "5", "can never fail", "as 0.05"),
    (SMALL + "gate:\n  - contains not worse than answer@1 by 1\n", "5", "can never fail", None),
    (SMALL + "gate:\n  - contains >= -1\n", "5", "can never fail", None),
    (SMALL.replace("[contains]", "[ter]") + "gate:\n  - ter <= 30\n", "5", "can never fail", None),
    (SMALL.replace("[contains]", "[latency]") + "gate:\n  - latency >= -2 for 5%\n", "5", "can never fail", None),
    (SMALL.replace("[contains]", "[latency]") + "gate:\n  - latency <= 2\n", "5", "no upper bound", "for 95%"),
    (SMALL.replace("[contains]", "[ter]") + "gate:\n  - ter >= 0.5\n", "5", "the smaller values are better", None),
    (SMALL + "variants: answer\n", "4", "`variants` is a mapping or a list", None),
    (SMALL + "variants:\n  prompts: [a, b]\n", "5", "variants have no 'prompts'", "prompt"),
    (SMALL + "variants:\n  prompt: []\n", "5", "`prompt` has no values", None),
    (SMALL + "variants:\n  prompt: [a, a]\n", "4", "two variants are called 'a'", None),
    (SMALL + "variants:\n  - prompt: a\n", "5", "a variant is a mapping with a `name:`", None),
    (SMALL + "variants:\n  - {name: x, promt: a}\n", "5", "a variant has no 'promt'", "prompt"),
    (SMALL + "variants:\n  - {name: x, prompt: 3}\n", "5", "`prompt` is a reference", None),
    (SMALL + "variants:\n  - {name: x, parameters: hot}\n", "5", "`parameters` is a mapping", None),
    (SMALL + "anchors: &a [*a]\n", "4", "stands for nothing", None),
]


@pytest.mark.parametrize(("text", "line", "message", "hint"), WRONG)
def test_a_broken_suite_is_told_of_with_its_line(suite_of, text, line, message, hint):
    with pytest.raises(DefinitionError) as caught:
        suite_of(text)
    error = caught.value
    assert message in error.message
    assert str(error.at).split(":")[0] == "suite.yaml"
    if line:
        assert str(error.at.line) == line
    if hint is not None:
        assert hint in (error.hint or "")


def test_a_suite_that_is_not_there_is_told_of_with_the_nearest_names(tmp_path):
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "answers.yaml").write_text("kind: suite\n")
    (tmp_path / "evals" / "answering.yaml").write_text("kind: campaign\n")
    with pytest.raises(
        ReferenceNotFound, match=r"no suite is called 'answer': there is no evals/answer.yaml"
    ) as caught:
        Suite.load("answer", Settings(root=tmp_path))
    assert "answers" in caught.value.hint
    assert "answering" not in caught.value.hint


def test_a_suite_may_be_named_by_its_file(tmp_path):
    path = tmp_path / "elsewhere.yaml"
    path.write_text(SMALL)
    suite = Suite.load(str(path), Settings(root=tmp_path))
    assert (suite.name, suite.folder) == ("elsewhere", tmp_path)


def test_a_reference_with_a_swap_is_one_choice_of_a_matrix(suite_of):
    suite = suite_of(SMALL + "variants: {prompt: [answer@1, ask=answer@2], parameters: [{temperature: 0}, {}]}")
    assert [variant.name for variant in suite.variants] == [
        'answer@1 + {"temperature":0}',
        "answer@1 + {}",
        'ask=answer@2 + {"temperature":0}',
        "ask=answer@2 + {}",
    ]
    assert suite.variants[2].swaps == (Swap("prompt", "ask", "answer@2"),)
    assert suite.variants[2].parameters == {"temperature": 0}
    assert Reference.parse(suite.variants[0].swaps[0].reference).name == "answer"


def test_chains_may_be_the_variants(suite_of):
    text = SMALL.replace("chain: answer\n", "")
    assert [(v.name, v.chain) for v in suite_of(text + "variants: {chain: [one, two@1]}").variants] == [
        ("one", "one"),
        ("two@1", "two@1"),
    ]
    assert [(v.name, v.chain) for v in suite_of(text + "variants: {chain: one}").variants] == [("one", "one")]


def test_variants_may_be_listed_with_names_of_their_own(suite_of):
    suite = suite_of(SMALL + "variants: [{name: now}, {name: new, chain: other, model: fast=big, index: docs@2}]")
    now, new = suite.variants
    assert (now.name, now.chain, now.swaps) == ("now", "answer", ())
    assert (new.name, new.chain) == ("new", "other")
    assert set(new.swaps) == {Swap("model", "fast", "big"), Swap("index", "docs", "docs@2")}


def test_with_weights_a_sample_has_an_overall_score_that_can_be_gated(lab):
    """Each score counts from its worst value, 0, to its best, 1."""
    scorers = [{"contains": "b", "weight": 3}, {"ter": "{{ expected }}", "weight": 1, "threshold": 1}, "latency"]
    cases = [{"id": "right", "text": "a b", "expected": "a b"}, {"id": "wrong", "text": "c d", "expected": "a b"}]
    suite = define_suite(
        "weighed", chain="echo", dataset=cases, scorers=scorers, gate=["overall >= 0.5"], folder=lab.site.root
    )
    done = evaluate(suite, lab.site.project, gate=True)
    overall = {
        sample.case: sample.scores["overall"]["value"] for sample in lab.site.project.store.samples(done.record.id)
    }
    assert overall == {"right": 1.0, "wrong": 0.0}
    assert done.gate.verdict().outcome == "pass"


def test_weights_of_the_scorers_of_cases_make_an_overall_score_too(lab):
    """Here the scorers of a case weigh 3 and 1; another case has that of the suite alone."""
    own = [{"starts_with": "a", "weight": 3}, {"ends_with": "a", "weight": 1}]
    plain = {"id": "plain", "text": "c", "expected": "d"}
    done = lab.run(lab.suite([{"id": "own", "text": "ab", "expected": "ab", "scorers": own}, plain]))
    assert done.score("own", "overall")["value"] == pytest.approx((1 + 3) / 5)
    assert done.score("plain", "overall")["value"] == 0.0


@pytest.mark.parametrize("scorers", ["contains", {"contains": "a"}])
def test_scorers_of_python_that_are_no_list_are_refused_as_such(site, scorers):
    with pytest.raises(DefinitionError, match="`scorers` is a list"):
        define_suite("plain", chain="echo", dataset=[{"text": "a"}], scorers=scorers, folder=site.root)


def test_without_weights_there_is_no_overall_score(lab):
    with pytest.raises(DefinitionError, match="no scorer is called 'overall'"):
        define_suite("plain", chain="echo", dataset=[{"text": "a"}], scorers=["contains"], gate=["overall >= 0.5"])
