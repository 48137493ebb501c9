import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.errors import DefinitionError, InputError, Location
from genops.syntax import Expression, Reads, compile_value

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60)
@given(values)
def test_a_lone_expression_gives_the_value_itself(value):
    assert Expression("{{ x }}").evaluate({"x": value}) is value
    assert Expression(" {{- x -}} \n").evaluate({"x": value}) is value


@settings(max_examples=60)
@given(st.text(max_size=20))
def test_nothing_is_parsed_back_from_text(text):
    assert Expression("{{ x }}").evaluate({"x": text}) == text
    assert Expression("<{{ x }}>").evaluate({"x": text}) == f"<{text}>"


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("no expression }}", "no expression }}"),
        ("{{ n + 1 }}", 8),
        ("{{-n}}", 7),
        ("{{+ n }}", 7),
        ("{{ -n }}", -7),
        ("{{ n }}{{ n }}", "77"),
        ("n = {{ n }}", "n = 7"),
        ("{{ '}}' }}", "}}"),
        ("{{ '{{' }}", "{{"),
        ("{{ {'a': {'b': n}} }}", {"a": {"b": 7}}),
        ("{{ [1, 2] | map('string') }}", ["1", "2"]),
        ("{{ range(3) }}", [0, 1, 2]),
        ("{{ (n, n) }}", [7, 7]),
        ("{% if n > 3 %}many{% endif %}", "many"),
        ("{% raw %}{{ n }}{% endraw %}", "{{ n }}"),
        ("{{ nope | default(none) }}", None),
        ("{{ 'aGk=' | b64decode }}", "hi"),
        ("{{ '[1]' | fromjson }}", [1]),
        ("{{ {'a': 'é'} | tojson }}", '{"a": "é"}'),
        ("{{ 'x' | center(3) }}", " x "),
        ("{{ 'a\\nb' | indent(2) }}", "a\n  b"),
        ("{{ '%03d' | format(n) }}", "007"),
        ("{{ '{:>{}}'.format(n, 3) if false else '{:>3}'.format(n) }}", "  7"),
        ("{{ 'aba' | replace('a', 'c', 1) }}", "cba"),
        ("{{ 'aba'.replace('a', 'c') }}", "cbc"),
    ],
)
def test_values_and_text(source, value):
    found = Expression(source).evaluate({"n": 7})
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("{{ nope }}", "'nope' is undefined"),
        ("{{ n.nope }}", "no attribute 'nope'"),
        ("{{ [nope] }}", "'nope' is undefined"),
        ("{{ {'a': [nope]} }}", "'nope' is undefined"),
        ("{{ [{'b': 1}] | map(attribute='a') | list }}", "no attribute 'a'"),
        ("{{ 1 if false }}", "evaluated to false"),
        ("text {{ nope }}", "'nope' is undefined"),
        ("{{ n // 0 }}", "ZeroDivisionError"),
        ("{{ n | fromjson }}", "TypeError"),
        ("{{ [1] | map() | list }}", "FilterArgumentError"),
        ("{{ n.__class__ }}", "not allowed|unsafe"),
        ("{{ ''.__class__.__mro__ }}", "not allowed|unsafe"),
        ("{{ [].append(1) }}", "not allowed|unsafe"),
        ("{{ 'x' * 100000000 }}", "not allowed: the repeated value"),
        ("{{ [0] * 100000000 }}", "not allowed: the repeated value"),
        ("{{ 10 ** 10000000 }}", "not allowed: the power"),
        ("{{ (9 ** 20000) * (9 ** 20000) }}", "not allowed: the product"),
        ("{{ '%999999999d' % n }}", "not allowed: the width"),
        ("{{ '%(a)-999999999s' % {'a': 1} }}", "not allowed: the width"),
        ("{{ '%*d' % (99999999, n) }}", "not allowed: the width"),
        ("{{ '%999999999d' | format(n) }}", "not allowed: the width"),
        ("{{ '{:>999999999}'.format(n) }}", "not allowed: the width"),
        ("{{ '{:>{}}'.format(n, 999999999) }}", "not allowed: the width"),
        ("{{ 'x' | center(999999999) }}", "not allowed: the width"),
        ("{{ 'x'.ljust(999999999) }}", "not allowed: the width"),
        ("{{ 'x' | indent(999999999) }}", "not allowed: the width"),
        ("{{ ('a' * 99999) | replace('a', 'b' * 99999) }}", "not allowed: the text with its replacements"),
        ("{{ ('a' * 99999).replace('a', 'b' * 99999) }}", "not allowed: the text with its replacements"),
        ("{{ range(10000000) }}", "Range too big"),
    ],
)
def test_what_fails_is_one_error_that_shows_the_expression(source, problem):
    with pytest.raises(InputError, match=problem) as caught:
        Expression(source, Location("chain.yaml", 4)).evaluate({"n": 7})
    assert caught.value.at == Location("chain.yaml", 4)


@pytest.mark.parametrize(
    "source",
    [
        "{{",
        "{{ }}",
        "{{ 1 + }}",
        "{{ x | nofilter }}",
        "{{ x | random }}",
        "{% if x %}",
        "{{ steps[n] }}",
        "{{" + "(" * 5000,
    ],
)
def test_what_does_not_compile_is_refused_with_its_place(source):
    with pytest.raises(DefinitionError) as caught:
        Expression(source, Location("chain.yaml", 4))
    assert caught.value.at == Location("chain.yaml", 4)


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("{{ steps.a.output.text }}", {Reads("steps", "a")}),
        ("{{ steps['a'].output }} and {{ inputs.q }}", {Reads("steps", "a"), Reads("inputs", "q")}),
        ("{{ item }}", {Reads("item", None)}),
        ("{{ inputs[key] }}", {Reads("inputs", None), Reads("key", None)}),
        ("{% for x in steps.b.output %}{{ x.y }}{% endfor %}", {Reads("steps", "b")}),
        (
            "{{ steps.a.output if inputs.flag else steps.b.output }}",
            {Reads("steps", "a"), Reads("steps", "b"), Reads("inputs", "flag")},
        ),
        ("constant", set()),
    ],
)
def test_what_an_expression_reads_is_known_before_it_runs(source, reads):
    assert Expression(source).reads == reads


def test_mappings_and_lists_keep_their_shape():
    compiled = compile_value({"a": ["{{ x }}", 1], "b": {"c": "text"}})
    assert compiled["a"][0].evaluate({"x": 5}) == 5
    assert compiled["a"][1] == 1
    assert compiled["b"]["c"].constant
