import pytest

from genops.drift.descriptors.code import code
from genops.drift.descriptors.punctuation import punctuation
from genops.drift.descriptors.repetition import repetition
from genops.drift.descriptors.url_share import url_share
from genops.drift.descriptors.urls import urls
from tests.drift.sentences import REFUSALS, SENTENCES

PROSE = [text for texts in SENTENCES.values() for text in texts] + list(REFUSALS.values())


def test_punctuation_is_a_share_of_what_is_no_white_space():
    assert punctuation("Why? ¿Qué? 何？ (so)") == pytest.approx(6 / 15)
    assert punctuation(" \n") is None


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("```python\nprint(1)\n```", 1),
        ("Look:\n```\nprint(1)\n```\nthanks", 14 / 25),
        ("```\nnever closed", 1),
        ("run `ls -l` now", 6 / 12),
        ("def f(x):\n    if x > 0:\n        return x\n    y = f(1)\n", 1),
        ("import os\nfrom a.b import c\nfor x in rows:\n    print(x)\n", 1),
        ("public static void main(String[] args) {\n  int x = 1;\n}\n", 1),
        ("SELECT name FROM users WHERE id = 1", 1),
        ("$ pip install genops", 1),
        ("<div class='a'>\n<p>Hello</p>\n</div>", 1),
        (" ", None),
    ],
)
def test_code_is_told_by_markdown_and_by_its_looks(text, share):
    assert code(text) == (None if share is None else pytest.approx(share))


@pytest.mark.parametrize("text", [*PROSE, "For example:\n- one;\n- two;\n\nReturn the item if you want: it is free."])
def test_prose_is_no_code(text):
    assert code(text) == 0


def test_addresses_are_counted_and_measured():
    text = "See https://example.com/a?b=1 and (www.example.org) now"
    assert urls(text) == 2
    assert url_share(text) == pytest.approx((25 + 15) / (len(text) - 4))
    assert [urls(text) for text in PROSE] == [0] * len(PROSE)


def test_a_text_that_loops_repeats_itself():
    assert repetition("I do not know. " * 10) == pytest.approx(1 - 4 / 38)
    assert repetition("two words") is None
    assert [repetition(text) for text in PROSE] == [0] * len(PROSE)
