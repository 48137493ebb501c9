import re
import shutil
import subprocess

import pytest

from genops.chains import ChainDefinition
from genops.chains.graph import dot, mermaid

NESTED = """
inputs: {items: list, go: bool}
steps:
  first: {prompt: a, with: {x: "{{ inputs.items }}"}}
  each:
    map: "{{ inputs.items }}"
    do:
      steps:
        pick:
          branch:
            - when: "{{ item == 1 }}"
              steps: {one: {chain: other@3, with: {}}}
            - steps: {two: {tool: t}}
        after_pick: {prompt: b, with: {x: "{{ steps.pick.output }}"}}
      output: "{{ steps.after_pick.output }}"
  last:
    prompt: c
    when: "{{ inputs.go }}"
    with: {x: "{{ steps.each.output }}", y: "{{ steps.first.output }}"}
output: "{{ steps.last.output }}"
"""


@pytest.fixture
def nested():
    return ChainDefinition.parse(NESTED, "nested")


def edges_by_name(text, arrow):
    """Edges as pairs of step names."""
    names = {found[1]: found[2] for found in re.finditer(r'(s\d+)\s?\["?(?:label=")?(\w+)', text)}
    pairs = re.findall(rf"(\w+) {arrow} (\w+)", text)
    return {(names.get(a, a), names.get(b, b)) for a, b in pairs}


def test_edges_are_the_references_of_the_definition(nested):
    text = mermaid(nested)
    assert edges_by_name(text, "-->") == {
        ("inputs", "first"),
        ("inputs", "each"),
        ("pick", "after_pick"),
        ("last", "output"),
    }
    assert edges_by_name(text, r"-\.->") == {("inputs", "last"), ("each", "last"), ("first", "last")}


def test_nested_blocks_are_subgraphs_that_end(nested):
    text = mermaid(nested)
    assert (
        len(re.findall(r"^\s*subgraph ", text, re.MULTILINE)) == len(re.findall(r"^\s*end$", text, re.MULTILINE)) == 4
    )
    assert '["each<br/>map"]' in text
    assert '["one<br/>chain other@3"]' in text


def test_labels_cannot_break_out():
    definition = ChainDefinition.parse('steps: {a: {prompt: say}}\noutput: "{{ steps.a.output }}"', "a")
    object.__setattr__(definition.block.nodes["a"].step, "prompt", 'x"]; click a "javascript:alert(1)" <b>#35;')
    label = re.search(r's0\["(.*)"\]', mermaid(definition))[1].replace("<br/>", "")
    assert not set(label) & set('"<>')
    assert '\\"]; click' in dot(definition)


def test_a_chain_without_steps_in_its_output_draws_too():
    text = mermaid(ChainDefinition.parse('inputs: {x: str}\nsteps: {a: {tool: t}}\noutput: "{{ inputs.x }}"', "a"))
    assert "inputs --> output" in text


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_the_dot_text(nested):
    done = subprocess.run(["dot", "-Tplain"], input=dot(nested).encode(), capture_output=True, check=True)
    assert done.stderr == b""
    drawn = [line.split()[1:3] for line in done.stdout.decode().splitlines() if line.startswith("edge")]
    assert len(drawn) == 7
