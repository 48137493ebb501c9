"""A relation keeps the meaning, says what it does, and is one of two kinds."""

import pytest

from genops.errors import DefinitionError
from genops.fuzz.mutator import find_mutator
from genops.fuzz.robustness.relation import Relation, TextRelation, find_relation, relation
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


def test_what_changes_neither_texts_nor_passages_is_no_relation():
    class Nothing(Relation):
        pass

    with pytest.raises(DefinitionError, match="it is a TextRelation or a PassageRelation"):
        relation("nothing")(Nothing)
