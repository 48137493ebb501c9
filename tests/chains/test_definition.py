"""Chain files: what is refused, with its line, and what the canonical form makes of the rest."""

import random
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.chains import ChainDefinition
from genops.errors import DefinitionError, InputError

GOOD = """
inputs: {text: str}
steps:
  one: {tool: t, with: {text: "{{ inputs.text }}"}}
output: "{{ steps.one.output }}"
"""


def parse(text):
    return ChainDefinition.parse(textwrap.dedent(text).lstrip("\n"), "main", "main.yaml")


BROKEN = {
    "unknown key of the chain": (1, "unknown key 'stps'", "stps: {}\nsteps: {a: {tool: t}}"),
    "no steps": (None, "mapping with `steps:`", "inputs: {a: str}"),
    "steps is a list": (None, "a mapping of step names", "steps: [{tool: t}]"),
    "no step": (None, "a mapping of step names", "steps: {}"),
    "not a mapping": (None, "mapping with `steps:`", "- a"),
    "empty": (None, "mapping with `steps:`", ""),
    "unknown key of a step": (3, "unknown key 'promt_'", "steps:\n  a:\n    promt_: 1\n    tool: t"),
    "no kind": (2, "has no kind", "steps:\n  a: {with: {}}"),
    "two kinds": (2, "2 kinds", "steps:\n  a: {tool: t, prompt: p}"),
    "unknown kind": (2, "has no kind", "steps:\n  a: {teleport: t}"),
    "step is text": (2, "not a mapping", "steps:\n  a: t"),
    "bad step name": (2, "step name 'a-b'", "steps:\n  a-b: {tool: t}"),
    "circle": (
        2,
        "circle",
        'steps:\n  a: {tool: t, with: {x: "{{ steps.b.output }}"}}\n'
        '  b: {tool: t, with: {x: "{{ steps.a.output }}"}}\noutput: 1',
    ),
    "needs itself": (2, "a -> a", 'steps:\n  a: {tool: t, with: {x: "{{ steps.a.output }}"}}'),
    "circle by after": (2, "circle", "steps:\n  a: {tool: t, after: [b]}\n  b: {tool: t, after: [a]}\noutput: 1"),
    "after what is not there": (2, "'c', which is not here", "steps:\n  a: {tool: t, after: [c]}"),
    "unknown step": (2, "no step 'b'", 'steps:\n  a: {tool: t, with: {x: "{{ steps.b.output }}"}}'),
    "unknown step in the output": (2, "no step 'b'", 'steps: {a: {tool: t}}\noutput: "{{ steps.b.output }}"'),
    "unknown input": (
        3,
        "no input 'txt'",
        'inputs: {text: str}\nsteps:\n  a: {tool: t, with: {x: "{{ inputs.txt }}"}}',
    ),
    "unknown variable": (2, "no variable 'item'", 'steps:\n  a: {tool: t, with: {x: "{{ item }}"}}'),
    "step named by a variable": (
        2,
        "constant",
        'inputs: {n: str}\nsteps: {a: {tool: t, with: {x: "{{ steps[inputs.n] }}"}}}',
    ),
    "steps alone": (2, "`steps` alone", 'steps:\n  a: {tool: t, with: {x: "{{ steps | length }}"}}'),
    "no output of two steps": (None, "no `output:`", "steps:\n  a: {tool: t}\n  b: {tool: t}"),
    "nested step with a name from around it": (
        2,
        "has the name of a step around it",
        "steps:\n  a: {map: [1], do: {steps: {a: {tool: t}}}}",
    ),
    "step inside seen from outside": (
        3,
        "no step 'b'",
        'steps:\n  a: {map: [1], do: {steps: {b: {tool: t}}}}\n  c: {tool: t, with: {x: "{{ steps.b.output }}"}}\n'
        "output: 1",
    ),
    "item of a map seen by its list": (
        2,
        "no variable 'item'",
        'steps:\n  a: {map: "{{ item }}", do: {steps: {b: {tool: t}}}}',
    ),
    "item of a map seen by its condition": (
        2,
        "no variable 'item'",
        'steps:\n  a: {map: [1], when: "{{ item }}", do: {steps: {b: {tool: t}}}}',
    ),
    "map over a reserved name": (2, "as", "steps:\n  a: {map: [1], as: steps, do: {steps: {b: {tool: t}}}}"),
    "map over its own index": (2, "as", "steps:\n  a: {map: [1], as: index, do: {steps: {b: {tool: t}}}}"),
    "fallback is a mapping": (2, "`fallback` is a list", "steps:\n  a: {tool: t, fallback: {value: 1}}"),
    "fallback with no kind": (2, "no kind", "steps:\n  a: {tool: t, fallback: [{with: 1}]}"),
    "fallback with fallbacks": (
        2,
        "no fallbacks of its own",
        "steps:\n  a: {tool: t, fallback: [{tool: u, fallback: []}]}",
    ),
    "unknown retry key": (3, "unknown key 'retry.tries'", "steps:\n  a: {tool: t,\n    retry: {tries: 3}}"),
    "retry on nothing known": (2, "retry.on", "steps:\n  a: {tool: t, retry: {on: [sunshine]}}"),
    "timeout of nothing": (2, "timeout", "steps:\n  a: {tool: t, timeout: 0}"),
    "expression that does not compile": (2, "{{ 1 +", 'steps:\n  a: {tool: t, with: {x: "{{ 1 + }}"}}'),
    "branch that is no list": (2, "`branch` is a list", "steps:\n  a: {branch: {when: 1}}"),
    "branch with otherwise in the middle": (
        4,
        "only the last",
        "steps:\n  a:\n    branch:\n      - {steps: {b: {tool: t}}}\n      - {when: true, steps: {c: {tool: t}}}",
    ),
    "branch with an empty condition": (
        4,
        "when",
        "steps:\n  a:\n    branch:\n      - {when: , steps: {b: {tool: t}}}\n      - {steps: {c: {tool: t}}}",
    ),
    "agent tool of two things": (2, "names one of", "steps:\n  a: {agent: p, tools: [{tool: t, index: i}]}"),
    "loop without until": (2, "'until' is missing", "steps:\n  a: {loop: {steps: {b: {tool: t}}}}"),
    "loop of no rounds": (
        2,
        "max_rounds",
        'steps:\n  a: {loop: {steps: {b: {tool: t}}}, until: "{{ 1 }}", max_rounds: 0}',
    ),
    "cache is the text NO": (2, "cache", "steps:\n  a: {tool: t, cache: NO}"),
    "tag": (2, "tags are not allowed", "steps:\n  a: !!python/object:os.system {tool: t}"),
    "key given twice": (3, "given twice", "steps:\n  a: {tool: t}\n  a: {tool: t}"),
    "number without canonical form": (None, "canonical", "steps:\n  a: {tool: t, with: {x: .nan}}"),
    "number too large": (None, "canonical", "steps:\n  a: {tool: t, with: {x: 12345678901234567891}}"),
    "input of no type": (1, "", "inputs: {a: strr}\nsteps: {a: {tool: t}}"),
    "not YAML": (2, "not valid YAML", "steps:\n  a: {tool: t"),
    "fallback with a condition": (2, "no `when`", "steps:\n  a: {tool: t, fallback: [{tool: u, when: true}]}"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_error_with_its_line(name):
    line, says, text = BROKEN[name]
    with pytest.raises(DefinitionError) as caught:
        parse(text)
    error = caught.value
    assert says in str(error)
    assert error.at is not None, str(error)
    assert str(error.at.path) == "main.yaml"
    if line is not None:
        assert error.at.line == line, str(error)


def test_an_alias_bomb_does_not_go_off():
    bomb = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
        f"{name}: &{name} [{','.join(['*' + before] * 10)}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    with pytest.raises(DefinitionError, match="expands to more"):
        parse(bomb + "steps: {x: {tool: t}}")


def test_no_is_a_text():
    chain = parse("steps: {a: {tool: t, with: {country: NO, on: on, y: y}}}")
    assert chain.component.body["steps"]["a"]["with"] == {"country": "NO", "on": "on", "y": "y"}


def shuffled(value, order):
    if isinstance(value, dict):
        items = list(value.items())
        order.shuffle(items)
        return {key: shuffled(item, order) for key, item in items}
    return [shuffled(item, order) for item in value] if isinstance(value, list) else value


DATA = {
    "description": "about",
    "inputs": {"text": {"type": "str", "description": "d"}},
    "steps": {
        "one": {"tool": "t", "with": {"b": 1, "a": "{{ inputs.text }}", "c": {"z": None, "y": 1.5}}},
        "two": {
            "map": "{{ steps.one.output }}",
            "as": "thing",
            "do": {"steps": {"x": {"tool": "t", "with": {"i": "{{ thing }}"}}}, "output": "{{ steps.x.output }}"},
            "retry": {"attempts": 2, "delay": 0.1},
            "fallback": [{"value": {"q": 1, "p": 2}}],
        },
    },
    "output": {"b": "{{ steps.two.output }}", "a": "{{ steps.one.output }}"},
}


@given(st.randoms(use_true_random=False))
@settings(max_examples=30)
def test_the_digest_does_not_depend_on_the_order_of_keys(order):
    again = ChainDefinition.from_data(shuffled(DATA, order), "main")
    first = ChainDefinition.from_data(DATA, "other")
    assert again.component.digest == first.component.digest
    assert {name: node.digest for name, node in again.block.nodes.items()} == {
        name: node.digest for name, node in first.block.nodes.items()
    }


def test_every_change_changes_the_digest():
    digests = {ChainDefinition.from_data(DATA, "main").component.digest}
    for change in (
        {"description": "other"},
        {"inputs": {"text": "str"}},
        {"output": "{{ steps.two.output }}"},
        {"steps": {**DATA["steps"], "one": {**DATA["steps"]["one"], "timeout": 3}}},
    ):
        digests.add(ChainDefinition.from_data({**DATA, **change}, "main").component.digest)
    assert len(digests) == 5


def test_what_runs_is_built_from_the_canonical_form():
    """A stored chain is the same chain, down to the order in which mappings come out."""
    chain = ChainDefinition.from_data(shuffled(DATA, random.Random(3)), "main")
    stored = ChainDefinition.from_component(chain.component)
    assert stored.component.digest == chain.component.digest
    assert stored.inputs == chain.inputs
    assert list(stored.block.output) == list(chain.block.output) == ["a", "b"]
    assert [str(need) for need in stored.needs()] == [str(need) for need in chain.needs()]


class TestNeeds:
    def test_follow_from_references(self):
        chain = parse("""
            inputs: {x: int}
            steps:
              d: {tool: t, with: {x: "{{ steps.b.output }} {{ steps.c.output }}"}}
              c: {tool: t, with: {x: "{{ steps.a.output }}"}, after: [b]}
              b: {tool: t, when: "{{ steps.a.output }}"}
              a: {tool: t, with: {x: "{{ inputs.x }}"}}
            output: "{{ steps.d.output }}"
            """)
        needs = {name: sorted(node.needs) for name, node in chain.block.nodes.items()}
        assert needs == {"a": [], "b": ["a"], "c": ["a", "b"], "d": ["b", "c"]}
        assert list(needs) == ["a", "b", "c", "d"]

    def test_of_nested_blocks_belong_to_the_step_around_them(self):
        chain = parse("""
            steps:
              a: {tool: t}
              b: {map: [1], do: {steps: {c: {tool: t, with: {x: "{{ steps.a.output }} {{ item }} {{ index }}"}}}}}
            output: "{{ steps.b.output }}"
            """)
        assert chain.block.nodes["b"].needs == {"a"}
        assert chain.block.outer == frozenset()

    def test_of_fallbacks_count(self):
        chain = parse("""
            steps:
              a: {tool: t}
              b: {tool: t, fallback: [{tool: u, with: {x: "{{ steps.a.output }}"}}, {value: "{{ steps.c.output }}"}]}
              c: {tool: t}
            output: "{{ steps.b.output }}"
            """)
        assert chain.block.nodes["b"].needs == {"a", "c"}
        assert {need.reference for need in chain.needs()} == {"t", "u"}

    def test_a_fallback_has_its_own_variables(self):
        chain = parse("""
            inputs: {xs: list}
            steps:
              a:
                tool: t
                fallback:
                  - {map: "{{ inputs.xs }}", as: x, do: {steps: {b: {tool: t, with: {v: "{{ x }}"}}}}}
            """)
        assert {read.root for read in chain.block.nodes["a"].outer} == {"inputs"}

    def test_a_map_inside_of_a_map_reads_the_item_around_it(self):
        chain = parse("""
            inputs: {rows: list}
            steps:
              rows:
                map: "{{ inputs.rows }}"
                do:
                  steps:
                    cells: {map: "{{ item.cells }}", do: {steps: {c: {tool: t, with: {v: "{{ item }}"}}}}}
            """)
        (_, inner), *_ = [(path, node) for path, node in chain.block.walk() if path == "rows/cells"]
        assert {(read.root, read.name) for read in inner.outer} == {("item", "cells")}

    def test_two_chains_may_use_one_name_inside_of_siblings(self):
        parse("""
            steps:
              a: {map: [1], do: {steps: {x: {tool: t}}}}
              b: {map: [1], do: {steps: {x: {tool: t}}}}
            output: 1
            """)


def test_python_data_with_keys_that_are_no_text_is_refused():
    with pytest.raises(DefinitionError):
        ChainDefinition.from_data({"steps": {1: {"tool": "t"}}}, "main")


def test_inputs_are_checked_by_name_and_type():
    chain = parse(GOOD)
    with pytest.raises(InputError, match="missing"):
        chain.inputs.validate({})
    with pytest.raises(InputError, match="no input 'txt'"):
        chain.inputs.validate({"text": "a", "txt": "b"})
    with pytest.raises(InputError, match="input 'text'"):
        chain.inputs.validate({"text": 3})
