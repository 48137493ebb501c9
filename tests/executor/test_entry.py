"""A chain that is entered at a step takes the step's fields as inputs, and runs only what is still needed."""

import pytest

import genops
from genops.errors import GuardError, UsageError
from genops.executor import RunOptions, run_chain, run_sync
from genops.executor.entry import entered, entrance, input_of
from genops.executor.publication import publish

CHAIN = """
inputs: {text: str}
steps:
  loud: {tool: shout, with: {text: "{{ inputs.text }}"}}
  quiet: {tool: whisper, with: {text: "{{ inputs.text }}"}}
  joined: {tool: join, with: {one: "{{ steps.loud.output }}", other: "so: {{ steps.quiet.output }}", between: "-"}}
  checked: {guard: "{{ steps.joined.output }}", deny: [wasp]}
output: {said: "{{ steps.checked.output }}", heard: "{{ steps.quiet.output }}"}
"""
NESTED = """
inputs: {texts: {type: list, items: str}}
steps:
  first: {tool: shout, with: {text: "{{ inputs.texts[0] }}"}}
  each:
    map: "{{ inputs.texts }}"
    do:
      steps:
        sorted:
          branch:
            - when: "{{ item == 'a' }}"
              steps: {own: {tool: whisper, with: {text: "{{ item }}"}}}
            - steps: {own: {tool: join, with: {one: "{{ steps.first.output }}", other: "{{ item }}", between: "+"}}}
      output: "{{ steps.sorted.output }}"
output: "{{ steps.each.output }}"
"""


@pytest.fixture
def closure(site):
    """The closure of a chain."""

    @genops.tool
    def shout(text: str) -> str:
        """In capitals."""
        return text.upper()

    @genops.tool
    def whisper(text: str) -> str:
        """In small letters."""
        return text.lower()

    @genops.tool
    def join(one: str, other: str, between: str) -> str:
        """Two texts in one."""
        return between.join((one, other))

    return lambda text, name="main": site.chain(text, name).closure


def ran(site, closure, **inputs):
    return run_sync(run_chain(site.project, closure, inputs))


def steps(site, run):
    return {span.path for span in site.trace(run).spans if span.kind == "step"}


def test_a_field_is_given_from_outside(site, closure):
    run = ran(site, entered(closure(CHAIN), "joined", ["one"]), text="Hi", joined__one="Bee")
    assert run.output == {"said": "Bee-so: hi", "heard": "hi"}


def test_what_fed_only_that_field_does_not_run(site, closure):
    run = ran(site, entered(closure(CHAIN), "joined", ["one"]), text="Hi", joined__one="Bee")
    assert steps(site, run) == {"quiet", "joined", "checked"}


def test_what_others_read_runs_still(site, closure):
    run = ran(site, entered(closure(CHAIN), "joined", ["one", "other"]), text="Hi", joined__one="a", joined__other="b")
    assert steps(site, run) == {"quiet", "joined", "checked"}
    assert run.output == {"said": "a-b", "heard": "hi"}


def test_guards_behind_the_step_count(site, closure):
    with pytest.raises(GuardError):
        ran(site, entered(closure(CHAIN), "joined", ["one"]), text="Hi", joined__one="wasp")


def test_the_lock_says_what_runs(closure):
    whole = closure(CHAIN)
    one, other = entered(whole, "joined", ["one"]), entered(whole, "joined", ["other"])
    assert len({whole.lock.digest, one.lock.digest, other.lock.digest}) == 3
    assert {entry.name for entry in one.lock.entries if entry.kind == "tool"} == {"whisper", "join"}
    assert entered(closure(CHAIN), "joined", ["one"]).lock == one.lock


def test_a_run_is_replayed_as_it_was(site, closure):
    run = ran(site, entered(closure(CHAIN), "joined", ["one"]), text="Hi", joined__one="Bee")
    assert site.replay(run).identical


def test_the_memo_keeps_its_results_apart(site, closure):
    whole = closure(CHAIN)
    options = RunOptions(memo=site.project.memo())

    def said(closure, **inputs):
        return run_sync(run_chain(site.project, closure, inputs, options)).output["said"]

    copy = entered(whole, "joined", ["one"])
    assert said(whole, text="Hi") == "HI-so: hi"
    assert said(copy, text="Hi", joined__one="Bee") == "Bee-so: hi"
    assert said(copy, text="Hi", joined__one="Cow") == "Cow-so: hi"
    assert said(whole, text="Hi") == "HI-so: hi"


def test_a_step_of_a_branch_in_a_map_is_entered_for_every_item(site, closure):
    copy = entered(closure(NESTED), "each/sorted[1]/own", ["other"])
    run = ran(site, copy, texts=["a", "b", "c"], each_sorted_1_own__other="x")
    assert run.output == ["a", "A+x", "A+x"]
    where = entrance(closure(NESTED), "each/sorted[1]/own")
    assert where.path.fullmatch("each[2]/sorted[1]/own")
    assert not where.path.fullmatch("each[0]/sorted[0]/own")
    assert entrance(closure(NESTED), "each[2]/sorted[1]/own").position == "each/sorted[1]/own"


def test_texts_are_those_of_fields_that_an_expression_gives(closure):
    where = entrance(closure(CHAIN), "joined")
    assert sorted(where.fields) == ["one", "other"]
    assert where.texts({"with": {"one": "Bee", "other": 3, "between": "-"}}) == {"one": "Bee"}
    assert entrance(closure(CHAIN), "checked").texts({"guard": "Bee"}) == {"guard": "Bee"}


def test_a_step_or_field_that_is_not_there_has_a_nearest_name(closure):
    whole = closure(CHAIN)
    with pytest.raises(UsageError, match="the chain 'main' has no step 'joind'") as caught:
        entered(whole, "joind", ["one"])
    assert caught.value.hint == "did you mean joined?"
    with pytest.raises(UsageError, match="has no field 'oter' that an expression gives") as caught:
        entered(whole, "joined", ["oter"])
    assert caught.value.hint.startswith("did you mean other")
    with pytest.raises(UsageError, match="has no field 'between' that an expression gives"):
        entered(whole, "joined", ["between"])


def test_an_input_of_that_name_is_told(closure):
    taken = CHAIN.replace("{text: str}", "{text: str, joined__one: str}")
    assert input_of("joined", "one") == "joined__one"
    with pytest.raises(UsageError, match="has an input 'joined__one' already"):
        entered(closure(taken), "joined", ["one"])


INNER = """
inputs: {text: str}
steps:
  loud: {tool: shout, with: {text: "{{ inputs.text }}"}}
  said: {tool: join, with: {one: "{{ steps.loud.output }}", other: "{{ inputs.text }}", between: "-"}}
output: "{{ steps.said.output }}"
"""
OUTER = """
inputs: {text: str}
steps:
  before: {tool: whisper, with: {text: "{{ inputs.text }}"}}
  ask: {chain: inner, with: {text: "{{ steps.before.output }}"}}
  again: {chain: inner, with: {text: "{{ inputs.text }}"}}
output: ["{{ steps.ask.output }}", "{{ steps.again.output }}"]
"""


class TestSubChains:
    def test_a_step_of_a_chain_that_a_step_runs_is_entered_there_and_nowhere_else(self, site, closure):
        closure(INNER, "inner")
        run = ran(site, entered(closure(OUTER), "ask/inner/said", ["one"]), text="Hi", ask_inner_said__one="Bee")
        assert run.output == ["Bee-hi", "HI-Hi"]
        found = steps(site, run)
        assert {"ask/inner/said", "again/inner/loud"} <= found
        assert "ask/inner/loud" not in found
        assert site.replay(run).identical

    def test_it_is_entered_at_any_depth_and_at_several_steps_one_after_another(self, site, closure):
        closure(INNER, "inner")
        closure(OUTER, "outer")
        outermost = closure("steps: {go: {chain: outer, with: {text: Hi}}}")
        copy = entered(entered(outermost, "go/outer/ask/inner/said", ["one"]), "go/outer/again/inner/said", ["other"])
        given = {"go_outer_ask_inner_said__one": "Bee", "go_outer_again_inner_said__other": "Cow"}
        run = ran(site, copy, **given)
        assert run.output == ["Bee-hi", "HI-Cow"]
        assert site.replay(run).identical

    def test_a_chain_of_a_published_version_is_entered_as_it_was_then(self, site, closure):
        closure(INNER, "inner")
        publish(site.project, "chain", "inner", "first")
        closure(INNER.replace('between: "-"', 'between: "+"'), "inner")
        outer = closure(OUTER.replace("chain: inner", "chain: inner@1", 1))
        run = ran(site, entered(outer, "ask/inner/said", ["one"]), text="Hi", ask_inner_said__one="Bee")
        assert run.output == ["Bee-hi", "HI+Hi"]
        assert site.replay(run).identical

    def test_in_a_map_it_is_entered_for_every_item(self, site, closure):
        closure(INNER, "inner")
        text = """
        inputs: {texts: {type: list, items: str}}
        steps:
          each: {map: "{{ inputs.texts }}", do: {steps: {own: {chain: inner, with: {text: "{{ item }}"}}}}}
        output: "{{ steps.each.output }}"
        """
        whole, position = closure(text), "each/own/inner/said"
        run = ran(site, entered(whole, position, ["one"]), texts=["a", "b"], **{input_of(position, "one"): "Bee"})
        assert run.output == ["Bee-a", "Bee-b"]
        where = entrance(whole, "each[1]/own/inner/said")
        assert where.position == position
        assert {path for path in steps(site, run) if where.path.fullmatch(path)} == {
            "each[0]/own/inner/said",
            "each[1]/own/inner/said",
        }

    def test_inputs_given_as_a_whole_leave_no_place_for_another(self, closure):
        closure(INNER, "inner")
        whole = closure(OUTER.replace('{text: "{{ steps.before.output }}"}', "\"{{ {'text': steps.before.output} }}\""))
        with pytest.raises(UsageError, match="the step 'ask' gives its chain all inputs by one expression"):
            entered(whole, "ask/inner/said", ["one"])

    def test_a_step_that_is_not_there_has_the_nearest_position(self, closure):
        closure(INNER, "inner")
        with pytest.raises(UsageError) as caught:
            entered(closure(OUTER), "ask/said", ["one"])
        assert caught.value.hint.startswith("did you mean ask/inner/said")
