from __future__ import annotations

from genops.artifacts import Component
from genops.registry import ComponentDiff, diff


def prompt(template: str = "Hello\nworld\n", **body: object) -> Component:
    return Component("prompt", "answer", {"template": template, **body})


def only(before: Component, after: Component) -> tuple[str, ...]:
    (change,) = diff([before], [after])
    assert change.change == "changed"
    assert (change.before, change.after) == (before.digest, after.digest)
    return change.lines


def test_equal_closures_have_no_differences() -> None:
    assert diff([prompt()], [prompt()]) == []


def test_a_template_is_compared_line_by_line() -> None:
    assert only(prompt(), prompt("Hello\nthere\n")) == (
        "--- a/template",
        "+++ b/template",
        "@@ -1,2 +1,2 @@",
        " Hello",
        "-world",
        "+there",
    )


def test_parameters_are_compared_one_by_one() -> None:
    before = prompt(parameters={"temperature": 0, "top_p": 1, "seed": 5}, model="fast")
    after = prompt(parameters={"temperature": 1, "top_p": 1, "stop": ["x"]}, model="good")
    assert only(before, after) == (
        "parameters.temperature: 0 -> 1",
        "parameters.seed: removed (was 5)",
        'parameters.stop: added: ["x"]',
        'model: "fast" -> "good"',
    )


def test_a_value_that_changes_its_type_is_a_change() -> None:
    assert only(prompt(flag=True), prompt(flag=1)) == ("flag: true -> 1",)
    assert only(prompt(stop=None), prompt(stop="a\nb")) == ('stop: null -> "a\\nb"',)


def test_examples_are_compared_row_by_row() -> None:
    rows = [{"question": f"q{number}", "answer": "a"} for number in range(4)]
    before = Component("examples", "answer", {"rows": rows})
    after = Component(
        "examples", "answer", {"rows": [rows[0], {**rows[1], "answer": "b"}, rows[3], {"question": "new"}]}
    )
    assert only(before, after) == (
        'rows[1].answer: "a" -> "b"',
        'rows[2] removed: {"question":"q2","answer":"a"}',
        'rows[3] added: {"question":"new"}',
    )


def test_long_values_are_cut() -> None:
    (line,) = only(prompt(note="x"), prompt(note="y" * 500))
    assert len(line) < 120
    assert line.endswith("…")


def test_the_closure_shows_what_came_and_went() -> None:
    model, tool = Component("model", "fast", {}), Component("tool", "calc", {})
    assert diff([prompt(), model], [prompt(), tool]) == [
        ComponentDiff("model", "fast", "removed", model.digest, None),
        ComponentDiff("tool", "calc", "added", None, tool.digest),
    ]


def test_one_name_for_two_components_is_compared_by_digest() -> None:
    one, two, three = prompt("1"), prompt("2"), prompt("3")
    assert [change.change for change in diff([one, two], [two, one])] == []
    (change,) = diff([one, two], [two, three])
    assert (change.before, change.after) == (one.digest, three.digest)
    assert [change.change for change in diff([one], [one, three])] == ["added"]
