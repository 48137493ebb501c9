"""The key ``robustness:`` is read with every mistake at its line."""

import pytest

from genops.errors import DefinitionError
from genops.fuzz.campaign import Campaign

SOUND = """kind: campaign
chain: ask
dataset: [{question: What is a trace?}]
objectives: [crash]
robustness:
  relations:
    - typo
    - case
  cases: 5
  changes: 2
  same: {embedding_similarity: null, threshold: 0.9}
"""


@pytest.fixture
def load(site):
    def read(text):
        site.write("evals/attacks.yaml", text)
        return Campaign.load("attacks", site.project.settings)

    return read


def test_it_says_which_changes_are_made_how_often_and_what_is_the_same(load):
    found = load(SOUND).robustness
    assert [relation.name for relation in found.relations] == ["typo", "case"]
    assert (found.cases, found.changes) == (5, 2)
    assert (found.same.scorer.name, found.same.threshold) == ("embedding_similarity", 0.9)
    assert load(SOUND[: SOUND.index("robustness")]).robustness is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- typo", "- typos", ":7: no relation is called 'typos'"),
        ("- case", "- typo", ":8: the relation 'typo' is there twice"),
        ("- case", "- paraphrase", ":8: the relation 'paraphrase' asks a model"),
        ("cases: 5", "cases: 0", ":9: `cases`: "),
        ("cases: 5", "caess: 5", ":9: unknown key 'caess' in `robustness`"),
        (", threshold: 0.9", "", ":11: `same`: 'embedding_similarity' does not say from which value on"),
        ("embedding_similarity", "embeding_similarity", ":11: no scorer is called 'embeding_similarity'"),
    ],
)
def test_a_mistake_is_told_with_its_line(load, old, new, message):
    with pytest.raises(DefinitionError) as caught:
        load(SOUND.replace(old, new, 1))
    assert f"attacks.yaml{message}" in str(caught.value)
