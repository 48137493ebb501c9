"""Whatever is wrong with a campaign or with what it attacks ends in one clear error, and never in a false "safe"."""

import time

import pytest

from genops.chains import make_tool
from genops.errors import DefinitionError, InputError, ReferenceNotFound, Unfinished, UsageError
from genops.evals.use import use_scorer
from genops.fuzz import Objective, Seed, Tags, mutator, objective
from genops.fuzz.campaign import Campaign
from genops.fuzz.fuzzing import fuzz
from genops.fuzz.summary import summarise
from genops.plugins import registry
from tests.executor.site import site

__all__ = ["site"]

CHAIN = """
inputs:
  question: str
  number: {type: int, default: 1}
  tone: {type: enum, values: [kind, short], default: kind}
  said: {type: list, default: []}
steps:
  answer: {tool: reply, with: {text: "{{ inputs.question }}"}}
output: "{{ steps.answer.output }}"
"""
CAMPAIGN = """kind: campaign
chain: ask
dataset: [{question: What is a trace?}]
objectives:
  - instruction_override
mutators:
  - base64
tries: {sweep: 34, search: 4}
"""


@pytest.fixture
def attack(site):
    """Runs the campaign with some text changed, against a chain whose one tool answers as ``reply`` does."""

    def go(old="", new="", reply=lambda text: "Fine.", chain=CHAIN, objective="instruction_override"):
        def said(text: str) -> object:
            return reply(text)

        registry._items.setdefault("tool", {})["reply"] = make_tool(said, name="reply")
        site.write("chains/ask.yaml", chain)
        assert old in CAMPAIGN
        text = CAMPAIGN.replace(old, new, 1) if old else CAMPAIGN
        site.write("evals/attacks.yaml", text.replace("instruction_override", objective))
        done = fuzz(Campaign.load("attacks", site.project.settings), site.project)
        return summarise(site.project.store, done.record)

    return go


def fails(text):
    raise RuntimeError("the shelf is empty")


def test_a_chain_that_answers_is_judged(attack):
    assert attack().verdict.exit_code == 0


class TestReferences:
    @pytest.mark.parametrize(
        ("old", "new", "error", "message"),
        [
            ("chain: ask", "chain: aks", ReferenceNotFound, "evals/attacks.yaml:2: no chain is called 'aks'"),
            ("[{question: What is a trace?}]", "[]", InputError, "evals/attacks.yaml:3: the dataset has no cases"),
            (
                "[{question: What is a trace?}]",
                "{rows: [{question: What?}], filter: none}",
                InputError,
                "evals/attacks.yaml:3: no case of 1 is left",
            ),
            ("[{question: What is a trace?}]", "none.jsonl", InputError, "none.jsonl: there is no such file"),
            ("question: What", "qestion: What", InputError, "evals/attacks.yaml:3: input 'question' (str) is missing"),
            (
                "mutators:",
                "attack: qestion\nmutators:",
                UsageError,
                "attacks.yaml:6: the chain 'ask' has no input",
            ),
            (
                "mutators:",
                "attack: number\nmutators:",
                UsageError,
                "attacks.yaml:6: the chain 'ask' has no input",
            ),
            ("mutators:", "attacker: ghost\nmutators:", ReferenceNotFound, "evals/attacks.yaml:6: "),
            ("mutators:", "judge: ghost\nmutators:", ReferenceNotFound, "evals/attacks.yaml:6: "),
            (
                "mutators:",
                "conversation: past\nmutators:",
                UsageError,
                "attacks.yaml:6: the chain 'ask' has no input 'past'",
            ),
            (
                "mutators:",
                "conversation: number\nmutators:",
                UsageError,
                "attacks.yaml:6: the input 'number' of the chain",
            ),
            (
                "mutators:",
                "conversation: said\nmutators:",
                UsageError,
                "attacks.yaml:6: nothing that runs reads the input",
            ),
            ("mutators:", "regions: {embedder: ghost}\nmutators:", ReferenceNotFound, "attacks.yaml:6: no embedder"),
            ("mutators:", "attack: [question, question]\nmutators:", DefinitionError, "attacks.yaml:6: the field"),
            ("mutators:", "attack: []\nmutators:", DefinitionError, "attacks.yaml:6: `attack` names no field"),
            (
                "mutators:",
                "attack: 3\nmutators:",
                DefinitionError,
                "attacks.yaml:6: `attack`: Input should be a valid list",
            ),
            ("mutators:", "attack: tone\nmutators:", UsageError, "attacks.yaml:6: the chain 'ask' has no input 'tone'"),
            (
                "mutators:",
                "step: answre\nmutators:",
                UsageError,
                "attacks.yaml:6: the chain 'ask' has no step 'answre'",
            ),
        ],
    )
    def test_what_is_not_there_is_told_where_it_is_named(self, attack, old, new, error, message):
        with pytest.raises(error) as caught:
            attack(old, new)
        assert message in str(caught.value)
        assert caught.value.exit_code == 2

    def test_an_empty_file_of_cases_is_told(self, site, attack):
        site.write("evals/none.jsonl", "")
        with pytest.raises(InputError, match=r"none\.jsonl: the dataset has no cases"):
            attack("[{question: What is a trace?}]", "none.jsonl")

    def test_a_chain_that_takes_no_text_cannot_be_attacked(self, attack):
        chain = CHAIN.replace("  question: str\n", "").replace("inputs.question", "inputs.number")
        with pytest.raises(UsageError, match=r"attacks\.yaml:2: no input of the chain 'ask' is text"):
            attack("{question: What is a trace?}", "{number: 3}", chain=chain)

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("prompt_extraction", "it has no prompt"),
            ("ungrounded_claims", "it retrieves no passages"),
            ("citation_forgery", "its output has no citations"),
            ("tool_misuse", "it calls no tool that changes something"),
            ("format_breaking", "its output has no schema"),
        ],
    )
    def test_an_objective_that_the_chain_has_no_surface_for_is_told_with_its_line(self, attack, name, why):
        with pytest.raises(UsageError) as caught:
            attack("  - instruction_override", f"  - crash\n  - {name}")
        assert str(caught.value).startswith(f"evals/attacks.yaml:6: the objective {name!r} cannot be tried")
        assert why in str(caught.value)

    @pytest.mark.parametrize("case", ["What is a trace?}, {question: Bad?", "Bad?"])
    def test_a_harmless_case_in_which_the_chain_fails_is_named(self, site, attack, case):
        def reply(text):
            return fails(text) if text == "Bad?" else text

        with pytest.raises(UsageError) as caught:
            attack("{question: What is a trace?}]", f"{{question: {case}}}]\nstep: answer", reply=reply)
        assert str(caught.value).startswith("evals/attacks.yaml:4: the chain 'ask' fails in the harmless case '")
        assert "the shelf is empty" in str(caught.value)
        assert caught.value.exit_code == 2


class TestTargets:
    def test_cases_in_which_the_chain_fails_by_itself_leave_it_undecided(self, attack):
        def reply(text):
            return fails(text) if text.endswith("Bad?") else "Fine."

        cases = "{question: What is a trace?}, {question: Bad?}"
        summary = attack("{question: What is a trace?}", cases, reply=reply, objective="over_refusal")
        assert (summary.verdict.exit_code, summary.objectives[0].sweep.crashed) == (3, 17)
        assert "too little could be scored: 17 crashed" in summary.verdict.reasons[0]

    def test_a_text_that_the_chain_declares_not_to_take_is_declined(self, attack):
        short = "  question: {schema: {type: string, maxLength: 40}}\n"
        summary = attack(chain=CHAIN.replace("  question: str\n", short))
        assert summary.verdict.exit_code == 0
        assert (summary.objectives[0].sweep.safe, summary.objectives[0].sweep.infrastructure) == (34, 0)

    def test_a_field_that_takes_only_some_words_is_not_attacked(self, attack):
        summary = attack("[{question: What is a trace?}]", "[{question: What is a trace?, tone: short}]")
        assert summary.objectives[0].fields == ()

    def test_one_that_always_fails_is_undecided_and_says_why(self, attack):
        summary = attack(reply=fails)
        assert (summary.verdict.outcome, summary.verdict.exit_code) == ("undecided", 3)
        (reason,) = summary.verdict.reasons
        assert reason.startswith("instruction_override: none of 34 tries of the sweep could be scored; the first: ")
        assert "the shelf is empty" in reason

    @pytest.mark.parametrize("nothing", ["", "  \n", None], ids=repr)
    def test_one_that_returns_nothing_is_never_safe(self, attack, nothing):
        summary = attack(reply=lambda text: nothing)
        assert (summary.verdict.exit_code, summary.objectives[0].sweep.unscored) == (3, 34)
        assert "the output has no words to look at" in summary.verdict.reasons[0]

    def test_one_that_returns_nothing_refuses_what_is_harmless(self, attack):
        summary = attack("instruction_override", "over_refusal", reply=lambda text: "")
        assert (summary.verdict.exit_code, summary.objectives[0].sweep.breach) == (1, 34)

    def test_what_is_read_from_the_run_needs_no_output(self, attack):
        summary = attack("instruction_override", "denial_of_wallet", reply=lambda text: "")
        assert summary.objectives[0].sweep.safe == 34

    def test_one_that_hangs_is_cut_off_and_undecided(self, attack):
        start = time.monotonic()
        tries = "tries: {sweep: 4, search: 0}\ntimeout: 0.2"
        summary = attack("tries: {sweep: 34, search: 4}", tries, reply=lambda text: time.sleep(2))
        assert (summary.verdict.exit_code, summary.objectives[0].sweep.safe) == (3, 0)
        assert "the try was not done within 0.2 s" in summary.verdict.reasons[0]
        assert time.monotonic() - start < 60

    def test_without_a_word_a_try_has_a_bound(self, site):
        site.write("evals/attacks.yaml", CAMPAIGN)
        assert Campaign.load("attacks", site.project.settings).timeout == 120

    def test_what_cannot_be_looked_at_is_unscored_and_says_why(self, attack):
        summary = attack("mutators:", "of: '{{ output.answer }}'\nmutators:")
        assert (summary.verdict.exit_code, summary.objectives[0].sweep.unscored) == (3, 34)
        assert "answer" in summary.verdict.reasons[0].partition("the first: ")[2]

    def test_one_that_fails_where_another_user_speaks_ends_the_campaign(self, attack):
        with pytest.raises(Unfinished, match=r"the chain fails for what another user says.*the shelf is empty"):
            attack("instruction_override", "cross_session_leak", reply=fails)

    def test_one_that_hangs_there_too(self, attack):
        changed = "cross_session_leak\ntimeout: 0.2\nmutators:"
        with pytest.raises(Unfinished, match=r"the chain fails for what another user says.*not done within 0\.2 s"):
            attack("instruction_override\nmutators:", changed, reply=lambda text: time.sleep(2))


class TestPlugIns:
    def test_a_mutator_that_raises_is_told_by_its_name(self, attack):
        @mutator("raises", family="layout")
        def raises(text: str) -> str:
            """Breaks its promise."""
            raise ValueError("no such letter")

        with pytest.raises(DefinitionError, match="the mutator 'raises' raised ValueError: no such letter"):
            attack("base64", "raises")

    def test_one_that_gives_no_text_too(self, attack):
        @mutator("gives_none", family="layout")
        def gives_none(text: str) -> str:
            """Breaks its promise."""
            return None

        with pytest.raises(DefinitionError, match="the mutator 'gives_none' gave NoneType and no text"):
            attack("base64", "gives_none")

    @pytest.mark.parametrize(
        ("seeds", "oracles", "message"),
        [
            (list, None, "has no seeds for this chain: nothing can be tried"),
            (lambda: 1 / 0, None, "breaks in `seeds`: ZeroDivisionError"),
            (lambda: [Seed("a", "x"), Seed("a", "y")], None, "has two seeds with the id 'a'"),
            (lambda: [Seed("a", None)], None, "gives a seed that is no text"),
            (lambda: [Seed("a", "x")], list, "has no detector that says what passes"),
            (lambda: [Seed("a", "x")], lambda: [use_scorer("rouge", "x")], "has no detector that says what passes"),
            (lambda: [Seed("a", "x")], lambda: [{"marekr": 1}], "no scorer is called 'marekr'"),
            (lambda: [Seed("a", "x")], lambda: 3, "breaks in `oracles`: TypeError"),
        ],
    )
    def test_an_objective_that_breaks_its_contract_is_told_before_anything_is_tried(
        self, site, attack, seeds, oracles, message
    ):
        @objective("odd", title="Odd", severity="low", tags=Tags())
        class Odd(Objective):
            """Breaks its promises."""

            def seeds(self, target, plants, rng):
                return seeds()

            def oracles(self, target, plants):
                return oracles() if oracles else [use_scorer("marker", "foo-bar")]

        with pytest.raises(DefinitionError) as caught:
            attack("instruction_override", "odd")
        assert message in str(caught.value)
        assert site.project.store.campaigns() == []

    def test_an_attacker_that_is_away_is_no_fault_of_the_chain(self, site, attack):
        site.scripted('rules:\n  - {when: {expression: "{{ true }}"}, fault: {kind: server_error}}')
        summary = attack("mutators:\n  - base64", "attacker: m\nmutators:\n  - translate")
        assert (summary.verdict.outcome, summary.verdict.exit_code) == ("unfinished", 4)
        assert summary.objectives[0].sweep.infrastructure > 0
