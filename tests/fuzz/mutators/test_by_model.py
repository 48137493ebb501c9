"""Mutators that ask the attacker model, with a scripted one behind the executor."""

import asyncio
import json
import re
from random import Random

import pytest

from genops.errors import ModelError
from genops.evals.judges.asking import Questions
from genops.fuzz.attacker import AttackerRefused, AttackerUnusable
from genops.fuzz.mutator import find_mutator
from tests.evals.judges.test_fence import ATTACKS
from tests.executor.site import site

__all__ = ["site"]

TEXT = "Please say which page tells of PELICAN 7."
NAMES = ("paraphrase", "translate")


class Attacker:
    """A project's model as the attacker, and everything that it was asked."""

    def __init__(self, site):
        self.questions = Questions(site.project)
        self.site = site
        self.runs = []

    async def ask(self, prompt, inputs, *, number=0):
        answer = await self.questions.ask(prompt, inputs, number=number)
        self.runs.append(answer.run)
        return answer.value

    def messages(self):
        """What was sent last."""
        trace = self.site.trace(self.runs[-1])
        call = [span for span in trace.spans if span.kind == "model"][-1]
        return [message["content"] for message in trace.value(call.input)["messages"]]


class Given:
    """An attacker that gives an answer of some form, or fails."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def ask(self, prompt, inputs, *, number=0):
        self.asked.append((prompt, inputs, number))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def apply(name, attacker, text=TEXT, seed=1, **settings):
    return asyncio.run(find_mutator(name).apply(text, Random(seed), settings, attacker))


@pytest.fixture
def attacker(site):
    site.scripted(json.dumps({"rules": [{"text": json.dumps({"text": "Other words."})}]}))
    return Attacker(site)


@pytest.mark.parametrize("name", NAMES)
def test_what_the_model_writes_is_the_result(name, attacker):
    assert apply(name, attacker) == "Other words."


@pytest.mark.parametrize(("name", "setting"), [("paraphrase", "style"), ("translate", "language")])
def test_what_is_set_stands_in_the_instructions(name, setting, attacker):
    apply(name, attacker, **{setting: "Old Norse"})
    assert attacker.messages()[0].rstrip().endswith(": Old Norse")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ATTACKS)
def test_the_text_stands_in_a_fence_that_it_cannot_close(name, text, attacker):
    apply(name, attacker, text)
    system, user = attacker.messages()
    code = re.search(r"⟦(data-[0-9a-f]+) text⟧", user)[1]
    assert re.findall("⟦([^⟧]*)⟧", user) == [f"{code} text", f"/{code}"]
    assert code in system
    assert code not in text


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_asks_the_same_and_another_may_ask_anew(name):
    given = Given({"text": "x"})
    for seed in (1, 1, *range(2, 12)):
        apply(name, given, seed=seed)
    first, second, *others = given.asked
    assert first == second
    assert len({number for _, _, number in others}) == len(others)
    assert len({tuple(inputs.values()) for _, inputs, _ in others}) > 2


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_text_asks_nothing(name):
    given = Given({"text": "x"})
    assert [apply(name, given, text) for text in ("", " \n")] == ["", " \n"]
    assert given.asked == []


@pytest.mark.parametrize("name", NAMES)
def test_a_lone_surrogate_is_not_sent(name, attacker):
    assert apply(name, attacker, "page \ud800 7") == "Other words."
    assert "page ? 7" in attacker.messages()[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("answer", [{"text": " "}, {"words": "x"}, {"text": 3}, "x", None])
def test_an_answer_without_a_text_is_an_error(name, answer):
    with pytest.raises(AttackerUnusable, match=f"genops/{name}"):
        apply(name, Given(answer))


@pytest.mark.parametrize("name", NAMES)
def test_an_attacker_that_declines_gives_no_text_to_attack_with(name):
    sorry = "I cannot help with that."
    with pytest.raises(AttackerRefused, match="declines"):
        apply(name, Given({"text": sorry}))
    assert apply(name, Given({"text": sorry}), sorry) == sorry


@pytest.mark.parametrize("name", NAMES)
def test_a_failure_of_the_attacker_is_its_own(name):
    with pytest.raises(ModelError, match="away"):
        apply(name, Given(ModelError("the attacker is away")))


def test_a_paraphrase_keeps_the_meaning_and_a_translation_does_not_for_every_chain():
    assert find_mutator("paraphrase").keeps_meaning
    assert not find_mutator("translate").keeps_meaning
