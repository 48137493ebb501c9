import pytest
from hypothesis import given
from hypothesis import strategies as st

from genops.models.prompt_reading import Passage, find_question, passages_of, sentences_of, words_of


@pytest.mark.parametrize(
    ("prompt", "question"),
    [
        ("How do I replay a trace?", "How do I replay a trace?"),
        ("Rewrite it.\n\nQuestion: How do I\nreplay?\n", "How do I replay?"),
        ("**Question:** How?\n\nAnswer with citations.", "How?"),
        ("Question: How?\nAnswer:\n", "How?"),
        ("Question: old?\n\nQuestion: new?", "new?"),
        ("Q: why", "why"),
        ("Read this.\n<question>\nWhy  so?\n</question>\nBe brief.", "Why so?"),
        ("Context.\n\nWhat is it?\n\nBe brief.", "What is it?"),
        ("Search for: locks and digests", "Search for: locks and digests"),
        ("[1] Question: not this one?\n\n[2] nor this\n\nQuestion: this one", "this one"),
        ("Question: first of all\n\n[1] a fact\n[2] another", "first of all"),
        ("", ""),
    ],
)
def test_the_question_of_a_prompt(prompt, question):
    assert find_question(prompt) == question


def test_passages_begin_with_their_numbers_in_order():
    text = "Read:\n[1] (docs/a.md) one\n[7] a footnote, no passage\n[2] two\n\nmore of two\n\nQuestion: what?\n[3] no"
    assert passages_of(text) == [
        Passage(1, "one\n[7] a footnote, no passage\n"),
        Passage(2, "two\n\nmore of two\n\nQuestion: what?\n"),
        Passage(3, "no"),
    ]
    assert passages_of("[1] one\n\nQuestion: two?") == [Passage(1, "one\n\n")]
    assert passages_of("an array[1] of things") == []


MARKDOWN = """# Store

The store is SQLite, e.g. a file. It is
opened in WAL mode! `genops` does it.

- First item.
- Second item

| name | meaning |
| --- | --- |
| 4 | unfinished |

```bash
genops run. Not A sentence.
```
"""


def test_the_sentences_of_markdown():
    assert [(sentence.text, sentence.heading) for sentence in sentences_of(MARKDOWN)] == [
        ("The store is SQLite, e.g. a file.", "Store"),
        ("It is opened in WAL mode!", "Store"),
        ("`genops` does it.", "Store"),
        ("First item.", "Store"),
        ("Second item", "Store"),
        ("4: unfinished", "Store"),
    ]


def test_forms_of_a_word_meet():
    for forms in ("replay replays replayed replaying", "store stores stored storing", "query queries"):
        assert len(set(words_of(forms))) == 1
    assert words_of("What is the ...?") == []


@given(st.text(alphabet="[]1234()#|`-.?: \nQqaA", max_size=200))
def test_any_text_can_be_read(text):
    find_question(text)
    for passage in passages_of(text):
        assert passage.text in text
        list(sentences_of(passage.text))
