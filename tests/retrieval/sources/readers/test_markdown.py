import pytest

from genops.errors import DefinitionError, InputError

PAGE = """\
---
title: "How  to
  replay"
tags: [trace, replay]
year: 2026
draft: false
score: 1.5
last-modified: 2026-01-01
nested: {a: 1}
empty:
---
# Replay

Text.
"""


def test_front_matter_is_title_and_metadata_and_stays_in_the_text(write, read_one):
    write("a.md", PAGE)
    document = read_one("a.md")
    assert document.text == PAGE
    assert document.format == "markdown"
    assert document.title == "How to replay"
    assert document.metadata == {"tags": ["trace", "replay"], "year": 2026, "draft": False, "score": 1.5}


def test_the_source_may_say_which_fields_are_taken(write, read_one):
    write("a.md", "---\nname: N\nyear: '2026'\nnested: {owner: me}\ndate: 2026-01-02T03:04:05Z\n---\nx")
    document = read_one(
        "a.md", title="name", metadata={"year": "int", "nested.owner": "str", "absent": "str"}, modified="date"
    )
    assert document.title == "N"
    assert document.metadata == {"year": 2026, "owner": "me"}
    assert document.modified == 1767323045 * 10**9


def test_front_matter_may_be_toml(write, read_one):
    write("a.md", '+++\ntitle = "T"\ndate = 2026-01-02\ntags = ["a"]\n[nested]\nx = 1\n+++\n# T\n')
    document = read_one("a.md", modified="date")
    assert (document.title, document.metadata) == ("T", {"tags": ["a"]})
    assert document.modified == 1767312000 * 10**9
    assert read_one("a.md").metadata == {"tags": ["a"], "date": "2026-01-02"}


@pytest.mark.parametrize(
    "text",
    [
        "# x\n",
        "---\n\nA rule.\n",
        "---\nA rule\n---\n",
        "----\na: 1\n---\n",
        " ---\na: 1\n---\n",
        "---\n---\n",
        "--- x",
    ],
)
def test_a_file_without_front_matter_has_no_metadata(write, read_one, text):
    write("a.md", text)
    document = read_one("a.md")
    assert (document.text, document.title, document.metadata) == (text, "", {})


@pytest.mark.parametrize(
    ("front_matter", "error", "message"),
    [
        ("title: T\nbad: [", DefinitionError, r"a\.md:4:1: not valid YAML"),
        ("a: 1\na: 2", DefinitionError, r"a\.md:3: the key 'a' is given twice"),
        ("title: [x]", InputError, r"a\.md: field 'title' is \['x'\], not text"),
    ],
)
def test_broken_front_matter_is_an_error_with_its_line(write, read_one, front_matter, error, message):
    write("a.md", f"---\n{front_matter}\n---\nx")
    with pytest.raises(error, match=message):
        read_one("a.md")


def test_broken_toml_is_an_error_with_its_line(write, read_one):
    write("a.md", "+++\na = 1\nb = \n+++\nx")
    with pytest.raises(InputError, match=r"a\.md:3: not valid TOML"):
        read_one("a.md")


def test_metadata_of_another_type_is_refused(write, read_one):
    write("a.md", "---\nyear: soon\n---\nx")
    with pytest.raises(InputError, match=r"a\.md: field 'year' is 'soon', not int"):
        read_one("a.md", metadata={"year": "int"})
