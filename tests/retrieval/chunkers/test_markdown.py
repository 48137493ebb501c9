import pytest

from genops.retrieval import Document
from genops.retrieval.chunk import chunk_document
from genops.retrieval.chunkers.markdown import front_matter_end
from tests.retrieval.hashing import HashingEmbedder


def chunks_of(text, size=24, overlap=0):
    chunks = chunk_document(Document("a", "a.md", text), HashingEmbedder(), "markdown", size, overlap)
    return [(chunk.heading, text[chunk.start : chunk.end]) for chunk in chunks]


def passages(text, size=24, overlap=0):
    return [passage for _, passage in chunks_of(text, size, overlap)]


def test_a_chunk_knows_the_headings_above_it():
    text = "intro\n\n# Guide\n\none\n\n## Install\n\ntwo\n\n### Linux\n\nthree\n\n## Use\n\nfour\n"
    assert chunks_of(text) == [
        ("", "intro"),
        ("Guide", "# Guide\n\none"),
        ("Guide > Install", "## Install\n\ntwo"),
        ("Guide > Install > Linux", "### Linux\n\nthree"),
        ("Guide > Use", "## Use\n\nfour"),
    ]


def test_headings_may_be_underlined_and_have_line_ends_of_any_kind():
    text = "Guide\r\n=====\r\n\r\none\r\n\r\nUse\r\n---\r\n\r\ntwo"
    assert [heading for heading, _ in chunks_of(text)] == ["Guide", "Guide > Use"]


def test_a_heading_without_text_goes_with_what_follows():
    text = "# Guide\n[a]: /link\n## Install\n\ntwo"
    assert chunks_of(text) == [("Guide > Install", text)]


def test_headings_alone_are_a_chunk():
    assert chunks_of("# Guide\n## Install\n") == [("Guide > Install", "# Guide\n## Install")]


def test_a_heading_is_read_without_its_markup():
    text = "# `build` and **[use](/x)** &amp; ![logo](y.png) a\\_b\n\ntext"
    assert chunks_of(text)[0][0] == "build and use & logo a_b"


@pytest.mark.parametrize("code", ["```sh\n# comment\nls\n```", "    # comment", "> # quoted", "<pre>\n# html\n</pre>"])
def test_a_hash_inside_a_block_is_no_heading(code):
    assert {heading for heading, _ in chunks_of(f"# Guide\n\n{code}\n")} == {"Guide"}


def test_a_chunk_ends_with_a_paragraph_when_it_is_half_full():
    first, second = ("one two three. " * 4).strip(), ("four five six. " * 4).strip()
    assert passages(f"{first}\n\n{second}") == [first, second]


BEFORE = "six words stand above the block\n\n"


@pytest.mark.parametrize(
    "block",
    [
        "- one two. Three four five\n- six seven\n  - eight nine\n- ten eleven twelve",
        "1. one two. Three four five\n2. six seven\n3. eight nine ten eleven",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "```py\nif a:\n    b()\n\nc()\nd()\ne()\nf()\n```",
        "    if a:\n        b()\n\n    c()\n    d()\n    e()\n    f()",
    ],
    ids=["list", "numbered", "table", "fence", "indented"],
)
def test_lists_tables_and_code_stay_whole_where_they_fit(block):
    tokens = HashingEmbedder().count_tokens(block) - 2
    assert passages(f"{BEFORE}{block}\n\nafter", size=tokens + 1)[:2] == [BEFORE.strip(), f"{block.strip()}\n\nafter"]


def test_a_heading_stays_with_its_table():
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    text = f"# One\n\n{BEFORE}# Two\n\n{table}\n\n{BEFORE}"
    assert f"# Two\n\n{table}" in passages(text, size=26)


def test_a_long_list_is_cut_between_its_outer_items():
    items = [f"- item {number} has words\n  - and an inner one" for number in range(6)]
    assert passages("\n".join(items), size=24) == ["\n".join(items[:2]), "\n".join(items[2:4]), "\n".join(items[4:])]


def test_a_long_table_is_cut_between_its_rows():
    rows = [f"{number} | x" for number in range(20)]
    for passage in passages("\n".join(["a | b", "--|--", *rows])):
        assert passage.split("\n")[0] in ["a | b", *rows]


def test_long_code_is_cut_at_its_blank_lines():
    parts = ["\n".join(f"call({part})" for _ in range(4)) for part in range(4)]
    assert passages("```\n" + "\n\n".join(parts) + "\n```")[1] == parts[1]


@pytest.mark.parametrize("fence", [("---", "---"), ("---", "..."), ("+++", "+++")])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_is_left_out(fence, end):
    line = 'title = "A"' if fence[0] == "+++" else "title: A"
    text = end.join([fence[0], line, "tags:", "  - x", fence[1], "# One", "", "text"])
    assert chunks_of(text) == [("One", text[text.index("# One") :])]


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nNote: this is said between rules.\n\n---\n\ntext",
        "---\nprose between rules\n---\ntext",
        "---\ntitle: never closed\n\ntext",
        "text\n---\na: b\n---\n",
        "---",
    ],
)
def test_what_only_looks_like_front_matter_is_text(text):
    assert front_matter_end(text) == 0


def test_a_document_of_front_matter_alone_has_no_chunks():
    assert chunks_of("---\ntitle: A\n---\n") == []
