import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from genops.artifacts import Component, canonical_bytes
from genops.errors import DefinitionError, InputError, ReferenceNotFound, UsageError
from genops.prompts import Prompt, json_schema
from genops.prompts.front_matter import KEYS
from genops.settings import Settings
from genops.syntax import read_yaml

FULL = """\
---
description: Answers.
model: fast
parameters: {temperature: 0.5, max_tokens: 100}
inputs:
  question: str
  passages: {type: list, items: {type: object, properties: {text: str, source: {type: str, default: "?"}}}, default: []}
output:
  type: object
  properties: {reason: str, answer: str}
examples: {file: answer.examples.jsonl, select: random 1, seed: 3}
tools: [search]
---
{% message "system" %}
{% include "partials/rules.md" %}
{% endmessage %}
{% for example in examples %}
{% message "user" %}{{ example.question }}{% endmessage %}
{% message "assistant" %}{{ example.output | tojson }}{% endmessage %}
{% endfor %}
{% message "user" %}
{% for passage in passages %}
[{{ loop.index }}] {{ passage.text }} ({{ passage.source }})
{% endfor %}
{{ question }}
{% endmessage %}
"""
ROW = '{"question": "%s", "output": {"reason": "r", "answer": "a"}}\n'


@pytest.fixture
def full(project):
    project.write("answer.prompt", FULL)
    project.write("partials/rules.md", "Be brief.\n{% include 'partials/tone.md' %}\n")
    project.write("partials/tone.md", "Be kind.\n")
    project.write("answer.examples.jsonl", "".join(ROW % word for word in ("one", "two", "three")))
    return project


def stored(component: Component) -> Component:
    """A component as it comes back from a store."""
    return Component(
        component.kind, component.name, json.loads(canonical_bytes(component.body)), source=component.source
    )


def test_what_a_template_says(full):
    prompt = full.load()
    assert (prompt.name, str(prompt.path), prompt.description) == ("answer", "prompts/answer.prompt", "Answers.")
    assert (prompt.model_alias, prompt.tools) == ("fast", ["search"])
    assert prompt.parameters == {"temperature": 0.5, "max_tokens": 100}
    assert prompt.inputs.names() == ["question", "passages"]
    assert list(prompt.output.schema["properties"]) == ["reason", "answer"]
    assert [item.name for item in prompt.partials] == ["partials/rules.md", "partials/tone.md"]
    assert (prompt.component.kind, prompt.examples.kind) == ("prompt", "examples")


@settings(max_examples=40)
@given(
    st.text(max_size=20),
    st.lists(
        st.fixed_dictionaries({"text": st.text(max_size=10)}, optional={"source": st.text(max_size=5)}), max_size=3
    ),
)
def test_stored_components_render_the_same(tmp_path_factory, question, passages):
    root = tmp_path_factory.getbasetemp() / "stored"
    if not root.exists():
        (root / "prompts/partials").mkdir(parents=True)
        (root / "prompts/answer.prompt").write_text(FULL)
        (root / "prompts/partials/rules.md").write_text("Be brief.\n{% include 'partials/tone.md' %}\n")
        (root / "prompts/partials/tone.md").write_text("Be kind.\n")
        (root / "prompts/answer.examples.jsonl").write_text("".join(ROW % word for word in ("one", "two", "three")))
    prompt = Prompt.load("answer", Settings(root=root))
    again = Prompt.from_components(
        stored(prompt.component), map(stored, prompt.partials), stored(prompt.examples), prompt.model_alias
    )
    inputs = {"question": question, "passages": passages}
    assert again.render(**inputs) == prompt.render(**inputs)
    assert again.component == prompt.component
    assert (again.inputs, again.output, again.tools, again.parameters, again.model_alias) == (
        prompt.inputs,
        prompt.output,
        prompt.tools,
        prompt.parameters,
        prompt.model_alias,
    )


def test_stored_components_must_be_the_ones_it_was_made_with(full):
    prompt = full.load()
    other = Component("partial", "partials/tone.md", {"template": "Be rude."})
    with pytest.raises(DefinitionError, match=r"its partial partials/tone\.md with digest .* is missing"):
        Prompt.from_components(prompt.component, [prompt.partials[0], other], prompt.examples)
    with pytest.raises(DefinitionError, match="its examples are missing"):
        Prompt.from_components(prompt.component, prompt.partials)


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("description: Answers.", "description: Other.", False),
        ("model: fast", "model: slow", False),
        ("\n", "\r\n", False),
        ("temperature: 0.5, max_tokens: 100", "max_tokens: 100, temperature: 0.50", False),
        ("tools: [search]", "tools:\n- search  # finds", False),
        ("temperature: 0.5", "temperature: 0.6", True),
        ("{reason: str, answer: str}", "{answer: str, reason: str}", True),
        ("tools: [search]", "tools: []", True),
        ("seed: 3", "seed: 4", True),
        ("{{ question }}\n", "Q: {{ question }}\n", True),
        ('default: "?"', 'default: "!"', True),
    ],
)
def test_the_digest_covers_what_shapes_answers_and_nothing_else(full, old, new, changes):
    before = full.load().component.digest
    full.write("answer.prompt", FULL.replace(old, new))
    assert (full.load().component.digest != before) is changes


def test_a_changed_partial_changes_the_digest(full):
    before = full.load()
    full.write("partials/tone.md", "Be terse.\n")
    after = full.load()
    assert before.component.digest != after.component.digest
    assert before.partials[0].digest == after.partials[0].digest
    full.write("partials/tone.md", "Be kind.\r\n")
    assert full.load().component.digest == before.component.digest


def test_a_file_without_front_matter_is_one_user_message(project):
    project.write("hello.prompt", "Say hello.\n--- three dashes\n---\n")
    assert project.load("hello").render() == [{"role": "user", "content": "Say hello.\n--- three dashes\n---"}]
    project.write("folder/deep.prompt", "---\n---\nHi")
    assert project.load("folder/deep").render() == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("---\ninputs: {}\nHello", 1, "the front matter has no end"),
        ("---\n- a\n---\n", None, "is a YAML mapping"),
        ("---\na: [\n---\n", 2, "not valid YAML"),
        ("---\nmodel: a\ninptus: {}\n---\n", 3, "did you mean inputs"),
        ("---\nmodel: 3\n---\n", 2, "`model` is text"),
        ("---\n\nparameters: [1]\n---\n", 3, "`parameters` is a mapping"),
        ("---\nparameters: {temperature: .nan}\n---\n", 2, "no canonical form"),
        ("---\nparameters:\n  seed: 1\n  stream: true\n---\n", 4, "genops sets 'stream' by itself"),
        ("---\nparameters: {model: gpt-4o}\n---\n", 2, "genops sets 'model' by itself"),
        ("---\nparameters: {n: 2}\n---\n", 2, "a call has one answer"),
        ("---\ntools: search\n---\n", 2, "`tools` is a list"),
        ("---\ntools: [a, a]\n---\n", 2, "`tools` is a list"),
        ("---\ninputs:\n  a: str\n  self: str\n---\n", 4, "cannot be called 'self'"),
        ("---\nexamples: x.jsonl\ninputs:\n  output: str\n---\n", 4, "cannot be called 'output'"),
        ("---\ninputs: {none: str}\n---\n", 2, "cannot be called 'none'"),
        ("---\ninputs: {a: str}\n---\n\n{{ b }}", 5, "'b' is no declared input"),
        ("---\ninputs: {a: str}\n---\n{{ examples }}", 4, "declare `examples:`"),
        ("---\nmodel: a\n---\n\n\n{% if %}", 6, "template"),
        ("---\nmodel: a\n---\nx\n{% include 'partials/rulse.md' %}", 5, "did you mean partials/rules.md"),
        ("---\r\nmodel: a\r\n---\r\nx\r\n{{ b }}", 5, "'b' is no declared input"),
        (
            "---\ninputs: {question: str}\nexamples: answer.examples.jsonl\n---\nHello {{ question }}",
            5,
            "never shows them",
        ),
        (b"---\n---\n\xff\xfe", 3, "not UTF-8"),
        (b"---\n---\nx\x00", 3, "binary"),
        (b"x" * (8 * 1024 * 1024 + 1), None, "larger than 8 MiB"),
        ("---\na: &a [x,x]\nb: &b [*a,*a]\n---\n", 2, "unknown key 'a'"),
    ],
)
def test_a_broken_file_is_one_error_with_its_line(project, text, line, problem):
    project.write("partials/rules.md", "Be brief.")
    project.write("answer.examples.jsonl", '{"question": "a", "output": "b"}\n')
    project.write("answer.prompt", text)
    with pytest.raises(DefinitionError, match=problem) as caught:
        project.load()
    assert (str(caught.value.at.path), caught.value.at.line) == ("prompts/answer.prompt", line)


def test_what_has_no_canonical_form_is_refused_with_its_file():
    with pytest.raises(DefinitionError, match=r"^a\.prompt: .*no canonical form"):
        Prompt.parse("a lone \ud800", "a", "a.prompt")


def test_a_name_that_is_none(project):
    project.write("answer_question.prompt", "x")
    with pytest.raises(ReferenceNotFound, match=r"no prompt template 'answer_qestion'\n.*did you mean answer_question"):
        project.load("answer_qestion")
    with pytest.raises(UsageError, match="not in the working tree"):
        project.load("answer_question@3")
    with pytest.raises(DefinitionError, match="not a reference"):
        project.load("../answer_question")


def test_links_do_not_lead_out_of_the_prompts_folder(project):
    (project.root / "secret.md").write_text("secret")
    project.write("answer.prompt", "{% include 'partials/link.md' %}")
    (project.root / "prompts/partials").mkdir()
    (project.root / "prompts/partials/link.md").symlink_to(project.root / "secret.md")
    with pytest.raises(DefinitionError, match="leads out of the prompts folder"):
        project.load()


def test_an_error_of_inputs_names_the_template(full):
    with pytest.raises(InputError, match=r"prompt 'answer': there is no input 'qestion'"):
        full.load().render(question="x", qestion="y")


ANY_NAMES = ("name", "cls", "ref", "embed", "inputs", "named", "output", "examples")


def test_an_input_may_have_any_other_name(project):
    declared = ", ".join(f"{name}: str" for name in ANY_NAMES)
    body = "".join(f"{{{{ {name} }}}}," for name in ANY_NAMES)
    project.write("answer.prompt", f"---\ninputs: {{{declared}}}\n---\n{body}")
    inputs = {name: str(number) for number, name in enumerate(ANY_NAMES)}
    messages = [{"role": "user", "content": "0,1,2,3,4,5,6,7,"}]
    assert project.load().render(**inputs) == messages
    assert project.load().render(inputs) == messages
    assert project.load().render({**inputs, "embed": "not this"}, embed="3") == messages


def test_the_schema_for_editors_fits_what_is_accepted():
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    check.validate(read_yaml(FULL.split("---\n")[1], "answer.prompt").data)
    check.validate({"output": "text", "examples": "a.jsonl", "inputs": {"a": "str"}})
    assert tuple(schema["properties"]) == KEYS
    for wrong in ({"inptus": {}}, {"inputs": {"a": "string"}}, {"output": "json"}, {"tools": "a"}):
        assert not check.is_valid(wrong), wrong


def test_the_templates_of_the_sample():
    question = {"question": "How is a lock written?"}
    rewrite = Prompt.load("rewrite_question")
    assert [message["role"] for message in rewrite.render(**question)] == ["system", "user"]
    assert rewrite.render(**question)[-1]["content"] == "How is a lock written?"
    passages = [{"text": "A lock is JSON.\n", "uri": "docs/chains.md", "score": 0.5}, {"text": "B"}]
    system, user = Prompt.load("answer_question").render(**question, passages=passages)
    assert "[1] or [2][3]" in system["content"]
    assert user["content"] == "[1] # docs/chains.md\n\nA lock is JSON.\n\n[2] B\n\nQuestion: How is a lock written?"


def test_importing_prompts_loads_no_heavy_library():
    heavy = ["torch", "litellm", "faiss", "sqlmodel", "alembic", "openai", "sentence_transformers"]
    code = f"import sys, genops.prompts; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
