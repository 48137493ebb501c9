"""PyRIT's converters, as mutators."""

from random import Random

import pytest

from genops.errors import Location, ReferenceNotFound, UsageError
from genops.fuzz.adapters.child import Child
from genops.fuzz.adapters.pyrit import ConverterUse, Pyrit
from genops.fuzz.attack import Mutation, mutated
from genops.fuzz.mutator import MutationFailed, lending
from genops.fuzz.search import Choice
from tests.fuzz.adapters.peers import PYRIT, peer

AT = Location("evals/attacks.yaml", 7)


@pytest.fixture(scope="module")
def pyrit(tmp_path_factory):
    python = peer(tmp_path_factory.mktemp("pyrit"), "pyrit", PYRIT)
    made = Pyrit(Child("pyrit", "pyrit_converters", python, "peers.pyrit", 60.0))
    yield made
    made.child.close()


@pytest.fixture
def mutator(pyrit):
    return lambda name, **settings: pyrit.mutator(ConverterUse(f"pyrit.{name}", settings, AT))


async def test_a_converter_changes_a_text(mutator):
    assert await mutator("Base64Converter").apply("heron", Random(0)) == "aGVyb24="


async def test_its_settings_are_what_it_is_made_with(mutator):
    assert await mutator("ShiftConverter", offset=1).apply("HAL", Random(0)) == "IBM"


async def test_chance_is_drawn_from_the_mutations_seed(mutator):
    shuffled = mutator("ShuffledConverter")
    drawn = [await shuffled.apply("a heron on one leg", Random(seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_search_draws_one_without_chance_once(mutator):
    lent = {name: mutator(name) for name in ("Base64Converter", "ShuffledConverter")}
    with lending(lent):
        assert [Choice.of(name).draws for name in lent] == [1, 8]


async def test_a_mutation_names_it_while_it_is_lent(mutator):
    mutation = Mutation("pyrit.Base64Converter", 0)
    with lending({mutation.mutator: mutator("Base64Converter")}):
        assert await mutated("heron", [mutation]) == "aGVyb24="
    with pytest.raises(ReferenceNotFound):
        await mutated("heron", [mutation])


async def test_a_blank_text_stays_and_a_lone_surrogate_is_a_question_mark(mutator):
    converter = mutator("Base64Converter")
    assert await converter.apply(" \n", Random(0)) == " \n"
    assert await converter.apply("a\ud800b", Random(0)) == "YT9i"


async def test_one_that_can_make_nothing_of_a_text_says_so(mutator):
    with pytest.raises(MutationFailed, match="needs two words"):
        await mutator("WordyConverter").apply("alone", Random(0))
    assert await mutator("WordyConverter").apply("not alone", Random(0)) == "NOT ALONE"


@pytest.mark.parametrize(
    ("name", "settings", "why"),
    [
        ("AskingConverter", {}, "it asks a model"),
        ("PictureConverter", {}, "it does not make text of text"),
        ("ShiftConverter", {}, "it needs `offset`"),
        ("ShiftConverter", {"offset": "much"}, "TypeError"),
        ("ShiftConverter", {"ofset": 1}, "has no setting 'ofset'"),
    ],
)
def test_one_that_cannot_be_used_is_refused_with_its_line(mutator, name, settings, why):
    with pytest.raises(UsageError, match=f"evals/attacks.yaml:7: PyRIT's {name} .*{why}"):
        mutator(name, **settings)


def test_an_unknown_converter_is_an_error_with_the_nearest_names(mutator):
    with pytest.raises(ReferenceNotFound, match=r"PyRIT 9.9 has no converter 'Base46Converter'") as refused:
        mutator("Base46Converter")
    assert "Base64Converter" in refused.value.hint
