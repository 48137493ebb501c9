"""Where a step of a chain stands: the line of its file, and the prompt that it renders."""

import pytest

from genops.fuzz.reports.places import Place, Places


@pytest.fixture
def places(campaigns, chain):
    return lambda reference="answer_docs", otherwise="": Places(campaigns.settings, reference, otherwise)


def test_a_step_stands_in_its_chain_with_its_prompt_beside_it(places):
    assert places().of("answer") == [Place("chains/answer_docs.yaml", 3), Place("prompts/answer.prompt", 1)]


def test_the_cases_of_a_branch_are_told_apart_and_a_chain_inside_has_its_own_file(places):
    assert places().of("tidy[0]/short") == [Place("chains/answer_docs.yaml", 10), Place("prompts/shorten.prompt", 1)]
    inside = [Place("chains/longer.yaml", 3), Place("prompts/writers/longer.prompt", 1)]
    assert places().of("tidy[1]/short/longer/write") == inside
    assert places().of("tidy[1]/short") == [Place("chains/answer_docs.yaml", 12)]


def test_what_is_inside_of_a_step_is_at_the_step(places):
    assert places().of("answer/turn#2/tool")[0] == Place("chains/answer_docs.yaml", 3)


@pytest.mark.parametrize("step", ["", "gone"])
def test_the_chain_as_a_whole_is_its_file(places, step):
    assert places().of(step) == [Place("chains/answer_docs.yaml", 1)]


def test_a_published_version_is_shown_in_the_working_tree(places):
    assert places("answer_docs@3").of("answer")[0] == Place("chains/answer_docs.yaml", 3)


def test_another_file_stands_for_a_chain_that_is_in_none(places, chain):
    assert places("made_in_python", "evals/attacks.yaml").of("answer") == [Place("evals/attacks.yaml")]
    assert places("made_in_python").of("answer") == []
    (chain / "chains" / "answer_docs.yaml").write_text("steps: [")
    assert places(otherwise="evals/attacks.yaml").of("answer") == [Place("evals/attacks.yaml")]


def test_files_are_relative_to_the_repository(campaigns, chain):
    (chain.parent / ".git").mkdir()
    assert Places(campaigns.settings, "answer_docs").of("answer")[0].file == f"{chain.name}/chains/answer_docs.yaml"
