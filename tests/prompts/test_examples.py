import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.errors import DefinitionError, InputError
from genops.prompts import Selection

HEAD = """\
---
inputs: {{question: str, tone: {{type: str, default: kind}}}}
examples: {examples}
---
{{% for example in examples %}}
{{% message "user" %}}{{{{ example.question }}}}{{% endmessage %}}
{{% message "assistant" %}}{{{{ example.output }}}}{{% endmessage %}}
{{% endfor %}}
{{% message "user" %}}{{{{ question }}}}{{% endmessage %}}
"""
ROWS = [{"question": word, "output": word.upper()} for word in ("apple", "bear", "cat", "dog", "egg")]


def lines(rows) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def questions(messages):
    return [message["content"] for message in messages[:-1:2]]


def load(project, examples: str, rows=ROWS):
    project.write("answer.examples.jsonl", rows if isinstance(rows, str) else lines(rows))
    project.write("answer.prompt", HEAD.format(examples=examples))
    return project.load()


def test_all_rows_are_shown_in_the_order_of_the_file(project):
    messages = load(project, "answer.examples.jsonl").render(question="x")
    assert questions(messages) == ["apple", "bear", "cat", "dog", "egg"]
    assert messages[1] == {"role": "assistant", "content": "APPLE"}


@pytest.mark.parametrize(
    "examples", ["{file: answer.examples.jsonl, select: first 2}", "{file: answer.examples.jsonl, select: first, k: 2}"]
)
def test_the_first_k(project, examples):
    assert questions(load(project, examples).render(question="x")) == ["apple", "bear"]


def test_a_random_choice_is_the_same_every_time_and_another_for_another_seed(project):
    chosen = {
        tuple(
            questions(
                load(project, f"{{file: answer.examples.jsonl, select: random 2, seed: {seed}}}").render(question="x")
            )
        )
        for seed in range(8)
    }
    assert len(chosen) > 2
    prompt = load(project, "{file: answer.examples.jsonl, select: random 2, seed: 1}")
    assert prompt.render(question="x") == prompt.render(question="y")[:-1] + prompt.render(question="x")[-1:]


rows = st.lists(st.integers(0, 1000), unique=True, min_size=1, max_size=20).map(
    lambda numbers: [{"question": str(number), "output": "x"} for number in numbers]
)


@settings(max_examples=40)
@given(rows, st.integers(1, 8), st.integers(0, 100))
def test_a_random_choice_keeps_the_order_and_changes_by_at_most_one_row_when_one_is_added(rows, k, seed):
    selection = Selection("random", k, seed)
    before = selection.choose(rows[:-1], {}, None)
    after = selection.choose(rows, {}, None)
    assert len(after) == min(k, len(rows))
    assert [row for row in rows if row in after] == after
    assert len([row for row in before if row not in after]) <= 1


def by_letters(texts):
    """Counts of letters: texts of the same letters are near."""
    return np.array([[text.count(chr(code)) for code in range(97, 123)] for text in texts], dtype=np.float32)


def test_the_nearest_rows_come_with_the_nearest_last(project):
    prompt = load(project, "{file: answer.examples.jsonl, select: nearest 2, by: question}")
    assert questions(prompt.render({"question": "gge"}, by_letters))[-1] == "egg"
    assert questions(prompt.render({"question": "bare"}, by_letters)) == ["apple", "bear"]


def test_the_nearest_rows_need_an_embedder_and_a_text(project):
    with pytest.raises(InputError, match=r"no embedder was given\n.*after the inputs"):
        load(project, "{file: answer.examples.jsonl, select: nearest 2, by: question}").render(question="x")
    project.write("answer.examples.jsonl", lines(ROWS))
    project.write(
        "answer.prompt",
        HEAD.format(examples="{file: answer.examples.jsonl, select: nearest 1, by: tone}").replace(
            "default: kind", "optional: true"
        ),
    )
    with pytest.raises(InputError, match="need a text in input 'tone'"):
        project.load().render({"question": "x"}, by_letters)


def test_the_digest_is_of_the_rows_and_not_of_how_they_are_written(project):
    one = load(project, "answer.examples.jsonl").examples
    spaced = "\n\n".join(
        json.dumps(dict(reversed(row.items())), indent=None, separators=(" , ", " : ")) for row in ROWS
    )
    other = load(project, "answer.examples.jsonl", spaced + "\n\n").examples
    changed = load(project, "answer.examples.jsonl", [*ROWS[:-1], {"question": "egg", "output": "egg"}])
    assert one.digest == other.digest != changed.examples.digest
    assert (one.kind, one.name) == ("examples", "answer")
    assert changed.component.digest == load(project, "answer.examples.jsonl").component.digest


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('{"question": "a", "output": "b"}\n{"question": 1, "output": "b"}', 2, "'question': expected str, got 1"),
        ('{"question": "a", "output": "b"}\n\n{"output": "b"}', 3, "'question' .* is missing"),
        ('{"question": "a"}', 1, 'with the inputs and "output"'),
        ('["a"]', 1, "an example is an object"),
        ('{"question": "a", "output": 3}', 1, "output: expected text"),
        ('{"question": "a", "output": "b", "nope": 1}', 1, "no input 'nope'"),
        ('{"question": "a", "output": "b"', 1, "not valid JSON"),
        ("\n \n", None, "no examples in the file"),
    ],
)
def test_a_bad_row_is_an_error_with_its_line(project, text, line, problem):
    with pytest.raises(DefinitionError, match=problem) as caught:
        load(project, "answer.examples.jsonl", text)
    assert (str(caught.value.at.path), caught.value.at.line) == ("prompts/answer.examples.jsonl", line)


def test_rows_fit_the_declared_output(project):
    head = HEAD.format(examples="answer.examples.jsonl").replace(
        "\n---\n{%", "\noutput: {properties: {n: int}}\n---\n{%"
    )
    project.write("answer.prompt", head.replace("example.output", "example.output | tojson"))
    project.write("answer.examples.jsonl", '{"question": "a", "output": {"n": 1}}\n')
    assert project.load().render(question="x")[1]["content"] == '{"n": 1}'
    project.write("answer.examples.jsonl", '{"question": "a", "output": {"n": "1"}}\n')
    with pytest.raises(DefinitionError, match=r"output does not fit the schema: \$\.n: '1' is not of type"):
        project.load()


@pytest.mark.parametrize(
    ("examples", "problem"),
    [
        ("3", "needs a file"),
        ("{select: all}", "needs a file"),
        ("nope.jsonl", "no examples file 'nope.jsonl'"),
        ("../answer.examples.jsonl", "no plain file name"),
        ("{file: answer.examples.jsonl, selct: all}", "did you mean select"),
        ("{file: answer.examples.jsonl, select: best 3}", "no selection 'best'"),
        ("{file: answer.examples.jsonl, select: first}", "needs k"),
        ("{file: answer.examples.jsonl, select: first 0}", "needs k"),
        ("{file: answer.examples.jsonl, select: first x}", "needs k"),
        ("{file: answer.examples.jsonl, select: all, k: 3}", "takes no k"),
        ("{file: answer.examples.jsonl, select: random 2, seed: x}", "`seed` is an integer"),
        ("{file: answer.examples.jsonl, select: nearest 2}", "`by` must say"),
        ("{file: answer.examples.jsonl, select: nearest 2, by: nope}", "names no str input"),
    ],
)
def test_a_selection_that_is_none_is_an_error_on_its_line(project, examples, problem):
    with pytest.raises(DefinitionError, match=problem) as caught:
        load(project, examples)
    assert (str(caught.value.at.path), caught.value.at.line) == ("prompts/answer.prompt", 3)
