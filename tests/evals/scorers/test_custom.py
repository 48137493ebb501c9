"""Scorers that are somebody else's: functions of plug-ins, endpoints, templates."""

import math
import re
import sys
import textwrap

import pytest

from benchmarks.loopback_server import Fault, LoopbackServer
from genops.errors import DefinitionError
from genops.evals import Case, Range, Score, Unscored, find_scorer, scorer
from genops.evals.judging import NoAnswer
from genops.plugins import registry
from tests.evals.scorers.conftest import Bench

SAY = "steps: {say: {prompt: ask, with: {question: go}}}"


@pytest.fixture
def said(bench: Bench):
    """A run that said ``hello``."""
    bench.site.prompt("ask")

    def run(*rules: str, settings: str = "") -> Bench:
        bench.site.settings(settings)
        bench.site.scripted("\n".join(["rules:", *rules, "  - {text: hello}"]))
        bench.run(SAY, case=Case("c1", {}, expected="Hello!", metadata={"place": "here"}))
        return bench

    return run


@pytest.fixture(autouse=True)
def forgotten():
    """Modules of a test are gone after it."""
    modules = set(sys.modules)
    yield
    for name in set(sys.modules) - modules:
        if name.startswith("my_"):
            del sys.modules[name]


def plug_in(bench: Bench, text: str, name: str = "my_scorers") -> None:
    bench.site.write(f"{name}.py", textwrap.dedent(text))
    bench.site.top += f'plugins = ["{name}"]\n'


def test_settings_below_the_name_are_sent_beside_it(bench: Bench):
    with pytest.raises(DefinitionError) as caught:
        bench.score({"length": {"at_most": 400}})
    assert "settings stand beside 'length', not below it" in str(caught.value)


def test_a_plug_in_adds_a_scorer_with_settings_of_its_own(said, bench: Bench):
    plug_in(
        bench,
        '''
        from genops.evals import Sample, Score, scorer

        @scorer("shouting")
        def shouting(output: str, mark: str = "!", *, least: int = 1, sample: Sample) -> Score:
            """Whether it shouts."""
            return Score(float(output.count(mark) >= least), explanation=sample.case.metadata["place"])
        ''',
    )
    said()
    assert bench.score("shouting").value == 0
    assert bench.score({"shouting": "l", "least": 2}) == Score(1.0, explanation="here")
    assert bench.value({"shouting": None, "of": "{{ expected }}"}) == 1
    assert find_scorer("shouting").description == "Whether it shouts."
    assert registry.packages("scorer", "shouting") == ["my_scorers"]
    with pytest.raises(DefinitionError, match=r"'shouting': `least`: Input should be a valid integer"):
        bench.score({"shouting": "l", "least": "many"})
    with pytest.raises(DefinitionError, match="'shouting' has no setting 'most'"):
        bench.score({"shouting": "l", "most": 2})


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        ("()", "scorer 'bad' takes nothing: its first parameter is what is scored"),
        ("(output)", "scorer 'bad': output has no type"),
        ("(output: str, least)", "scorer 'bad': least has no type"),
        ("(output: str, *more: str)", r"scorer 'bad': \*more says nothing"),
        ("(output: str, to: complex_thing)", "complex_thing"),
    ],
)
def test_a_plug_in_with_a_bad_signature_is_one_clear_error(bench: Bench, signature, why):
    plug_in(bench, f'from genops.evals import scorer\n\n@scorer("bad")\ndef bad{signature} -> float:\n    return 1.0\n')
    with pytest.raises(DefinitionError, match=why) as caught:
        _ = bench.site.project
    assert "my_scorers" in str(caught.value)


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ("float('nan')", "gave nan, which is no score"),
        ("float('inf')", "gave inf, which is no score"),
        ("2.0", "outside of its range 0 to 1"),
        ("'good'", "gave str, not a score"),
        ("None", "gave NoneType, not a score"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_what_is_no_score_never_leaves_a_scorer(said, bench: Bench, result, why):
    plug_in(
        bench,
        f"from genops.evals import scorer\n\n@scorer('odd')\ndef odd(output: str) -> float:\n    return {result}\n",
    )
    assert why in said().unscored("odd")


@pytest.mark.parametrize("ends", [(1, 0), (1, 1), (0, math.nan), (math.nan, 1)])
def test_a_range_goes_from_a_smaller_value_to_a_greater_one(ends):
    with pytest.raises(DefinitionError, match="from a smaller value to a greater one, not from"):
        scorer("odd", range=ends)


def test_a_scorer_may_be_async_threaded_or_of_another_range(said, bench: Bench):
    @scorer("my_async", range=Range(0, math.inf, lower_is_better=True), threshold=3)
    async def slow(output: str) -> float:
        return float(len(output))

    @scorer("my_thread", threaded=True)
    def thread(output: str) -> bool:
        import threading

        return threading.current_thread() is not threading.main_thread()

    said()
    assert bench.value("my_async") == 5
    assert bench.value("my_thread") == 1


@pytest.fixture
def endpoint():
    with LoopbackServer() as server:
        yield server


HERE = '[http]\nallowed_hosts = ["127.0.0.1"]'


def test_an_endpoint_gets_the_sample_and_gives_a_score(said, endpoint, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SCORER_KEY", "secret")
    endpoint.embed = lambda body: {"value": 0.25, "label": "meh", "explanation": "too short"}
    bench = said(settings=HERE)
    entry = {"http": f"{endpoint.url}/embeddings", "headers": {"X-A": "1"}, "headers_env": {"X-Key": "SCORER_KEY"}}
    assert bench.score(entry) == Score(0.25, "meh", "too short")
    (received,) = endpoint.requests
    assert {name: received.body[name] for name in ("output", "expected", "id", "metadata", "variant")} == {
        "output": "hello",
        "expected": "Hello!",
        "id": "c1",
        "metadata": {"place": "here"},
        "variant": "main",
    }
    assert (received.headers["X-A"], received.headers["X-Key"]) == ("1", "secret")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ({"value": "good"}, "a number as its `value`, not str"),
        ({"score": 1}, "not NoneType"),
        ([1], "not list"),
        ({"value": 1, "label": 3}, "the `label` of a score is a text"),
        ({"value": 7}, "outside of its range"),
    ],
)
def test_an_answer_that_is_no_score_is_unscored(said, endpoint, answer, why):
    endpoint.embed = lambda body: answer
    assert why in said(settings=HERE).unscored({"http": f"{endpoint.url}/embeddings"})


@pytest.mark.parametrize(
    ("fault", "why", "may_heal"),
    [
        (Fault("status", 503), "answered 503", True),
        (Fault("status", 429), "answered 429", True),
        (Fault("status", 404), "answered 404", False),
        (Fault("not_json"), "answered no JSON of a score (text/html; charset=utf-8): '<", False),
        (
            Fault("status", 200, {"Content-Type": "text/plain"}, '{"value": 1}'),
            "(text/plain; charset=utf-8): '{",
            False,
        ),
        (Fault("status", 200, {"Content-Type": "application/json"}, '{"value": NaN}'), "(application/json", False),
        (Fault("reset"), "Server disconnected", True),
        (Fault("hang"), "no answer from", True),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_an_endpoint_that_fails_leaves_the_sample_unscored_and_may_be_asked_again(said, endpoint, fault, why, may_heal):
    endpoint.fail(fault)
    bench = said(settings=HERE)
    with pytest.raises(Unscored, match=re.escape(why)) as caught:
        bench.score({"http": f"{endpoint.url}/embeddings", "within": 0.5})
    assert isinstance(caught.value, NoAnswer) is may_heal


def test_only_allowed_hosts_are_asked(said, endpoint):
    assert "is not allowed" in said().unscored({"http": f"{endpoint.url}/embeddings"})
    assert endpoint.requests == []


JUDGE = """
    ---
    inputs: {output: str, place: {type: str, default: ""}}
    output: %s
    ---
    JUDGE {{ output }} {{ place }}
    """
OBJECT = "{type: object, properties: {value: float, label: str, explanation: {type: str, optional: true}}}"


def test_a_template_gives_a_number(said, bench: Bench):
    bench.site.prompt("good", JUDGE % "{type: float}")
    score = said('  - {when: {user: "JUDGE hello"}, text: "0.5"}').score({"prompt": "good"})
    assert score.value == 0.5
    assert score.metadata["models"] == ["m"]
    assert bench.site.trace(score.metadata["runs"][0]).run.status == "ok"


def test_a_template_gives_value_label_and_explanation(said, bench: Bench):
    bench.site.prompt("good", JUDGE % OBJECT)
    said("""  - {when: {user: "JUDGE hello here"}, text: '{"value": 1, "label": "polite"}'}""")
    score = bench.score({"prompt": "good", "inputs": {"output": "{{ output }}", "place": "{{ metadata.place }}"}})
    assert (score.value, score.label) == (1.0, "polite")


def test_a_template_that_gives_text_is_unscored(said, bench: Bench):
    bench.site.prompt("good", JUDGE % "text")
    assert "a number as its `value`, not str" in said().unscored({"prompt": "good"})


def test_a_template_that_there_is_not_is_unscored_with_the_nearest_name(said, bench: Bench):
    bench.site.prompt("good", JUDGE % "{type: float}")
    assert "good" in said().unscored({"prompt": "goood"})
