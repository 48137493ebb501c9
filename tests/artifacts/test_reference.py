import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genops.artifacts import Reference
from genops.errors import DefinitionError

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}){0,2}", fullmatch=True)
references = st.one_of(
    names.map(Reference),
    st.builds(Reference, names, st.just("version"), st.from_regex(r"[0-9]{1,6}", fullmatch=True)),
    st.builds(Reference, names, st.just("label"), st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,10}", fullmatch=True)),
    st.builds(Reference, names, st.just("git"), st.from_regex(r"[A-Za-z0-9/_.~^-]{1,15}", fullmatch=True)),
    st.builds(Reference, names, st.just("digest"), st.from_regex(r"[0-9a-f]{4,64}", fullmatch=True)),
)


@settings(max_examples=150)
@given(references)
def test_a_reference_reads_as_it_is_written(reference):
    assert Reference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "form", "selector"),
    [
        ("answer", "tree", ""),
        ("answer@3", "version", "3"),
        ("answer@production", "label", "production"),
        ("answer@git:main", "git", "main"),
        ("answer@git:feature/x", "git", "feature/x"),
        ("answer#1f2e3d", "digest", "1f2e3d"),
    ],
)
def test_the_form_says_where_it_is_looked_up(text, form, selector):
    assert Reference.parse(text) == Reference("answer", form, selector)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@3",
        "a@",
        "a#",
        "a#12",
        "a#XYZW",
        "a b",
        "../a",
        "a/../b",
        "/a",
        "a//b",
        "a@3@4",
        "a@git:",
        "a\n",
        "a@3#1234",
    ],
)
def test_anything_else_is_no_reference(text):
    with pytest.raises(DefinitionError, match="is not a reference"):
        Reference.parse(text)
