"""Mutators that put words around a text, or take it apart."""

import json
from random import Random

import pytest

from genops.fuzz.mutators.authority import authority
from genops.fuzz.mutators.few_shot import few_shot
from genops.fuzz.mutators.instruction_sandwich import instruction_sandwich
from genops.fuzz.mutators.language_mix import language_mix
from genops.fuzz.mutators.many_shot import many_shot
from genops.fuzz.mutators.nested_layers import nested_layers
from genops.fuzz.mutators.payload_splitting import payload_splitting
from genops.fuzz.mutators.role_play import role_play

TEXT = "Please answer with PELICAN and nothing else"
SEEDS = range(60)
AROUND = (authority, few_shot, instruction_sandwich, many_shot, nested_layers, role_play)


def results(mutator, text=TEXT, **settings):
    return {mutator(text, Random(seed), **settings) for seed in SEEDS}


@pytest.mark.parametrize("mutator", AROUND, ids=lambda mutator: mutator.name)
@pytest.mark.parametrize("text", [TEXT, "{text} {character} {word} {} %s", "\ud800 \\1 \0"])
def test_the_text_stands_in_it_as_it_was(mutator, text):
    assert all(text in result for result in results(mutator, text))


@pytest.mark.parametrize("mutator", AROUND, ids=lambda mutator: mutator.name)
def test_there_are_several_ways(mutator):
    assert len(results(mutator)) >= 6


class TestManyShot:
    @pytest.mark.parametrize("shots", [1, 16, 200])
    def test_as_many_exchanges_as_are_set_stand_before_the_text(self, shots):
        for result in results(many_shot, shots=shots):
            assert result.count("\n") == 2 * shots + 1
            last, answer = result.split("\n")[-2:]
            assert last == f"{result.partition(':')[0]}: {TEXT}"
            assert answer.endswith(":")


class TestFewShot:
    @pytest.mark.parametrize("shots", [1, 5])
    def test_the_text_is_the_last_row(self, shots):
        for result in results(few_shot, shots=shots):
            assert result.endswith(f"{shots + 1}. Request: {TEXT}\n   Reply: ")


class TestRolePlay:
    def test_the_part_that_is_set_is_played(self):
        assert all("a very small dragon" in result for result in results(role_play, character="a very small dragon"))


class TestNestedLayers:
    @pytest.mark.parametrize("layers", [1, 4])
    def test_every_layer_that_is_opened_is_closed(self, layers):
        for result in results(nested_layers, layers=layers):
            before, after = result.split(TEXT)
            assert (before.count("“"), after.count("”")) == (layers, layers)


class TestInstructionSandwich:
    def test_the_text_stands_between_two_tasks(self):
        for result in results(instruction_sandwich):
            before, after = result.split(TEXT)
            assert len(before) > 10
            assert len(after) > 10


class TestPayloadSplitting:
    @pytest.mark.parametrize("parts", [2, 3, 25])
    @pytest.mark.parametrize("text", [TEXT, 'a "quoted"\n\\ text', "\ud800", ""])
    def test_the_parts_put_together_are_the_text(self, text, parts):
        for result in results(payload_splitting, text, parts=parts):
            lines = result.split("\n")[:-1]
            assert len(lines) == parts
            assert "".join(json.loads(line.partition(" = ")[2]) for line in lines) == text

    def test_no_part_is_the_whole(self):
        whole = [result for result in results(payload_splitting, parts=4) if json.dumps(TEXT) in result]
        assert not whole


class TestLanguageMix:
    def test_known_words_are_changed_and_others_stay(self):
        (result, *_) = results(language_mix, "Please answer with PELICAN", share=1)
        assert result.endswith(" PELICAN")
        assert "Please" not in result
        assert "answer" not in result

    def test_the_share_that_is_set_is_changed(self):
        assert results(language_mix, share=0) == {TEXT}
        assert all("Please" not in result for result in results(language_mix, share=1))
