"""A relation keeps the meaning, says what it does, and is one of two kinds."""

import re
from random import Random

import pytest

from genops.errors import DefinitionError
from genops.fuzz.mutator import find_mutator
from genops.fuzz.robustness.relation import Found, Relation, TextRelation, find_relation, relation
from genops.plugins import registry


@pytest.mark.parametrize("name", registry.names("relation"))
def test_every_relation_says_what_it_does_and_keeps_the_meaning(name):
    found = find_relation(name)
    assert found.name == name
    assert found.description.endswith(".")
    if isinstance(found, TextRelation):
        assert all(find_mutator(mutator).keeps_meaning for mutator in found.mutators)


def test_a_mutator_that_does_not_keep_the_meaning_makes_no_relation():
    class Hidden(TextRelation):
        mutators = ("base64",)

    with pytest.raises(DefinitionError, match="the mutator 'base64' does not keep the meaning"):
        relation("hidden")(Hidden)
    assert "hidden" not in registry.names("relation")


@pytest.mark.parametrize("seed", range(20))
def test_an_irrelevant_passage_shares_no_word_with_the_question(seed):
    found = Found("When does the ferry leave the library?", (), lambda text: text)
    (text,) = find_relation("irrelevant_passage").rearrange(found, Random(seed))
    assert not {"ferry", "library"} & set(re.findall(r"\w+", text.lower()))


@pytest.mark.parametrize("seed", range(20))
def test_passages_in_another_order_are_the_same_passages(seed):
    found = Found("?", ("a", "b", "c"), lambda text: text)
    after = find_relation("reordered_passages").rearrange(found, Random(seed))
    assert after != ["a", "b", "c"]
    assert sorted(after) == ["a", "b", "c"]
    same = Found("?", ("a", "a"), lambda text: text)
    assert find_relation("reordered_passages").rearrange(same, Random(seed)) == ["a", "a"]


def test_what_changes_neither_texts_nor_passages_is_no_relation():
    class Nothing(Relation):
        pass

    with pytest.raises(DefinitionError, match="it is a TextRelation or a PassageRelation"):
        relation("nothing")(Nothing)
