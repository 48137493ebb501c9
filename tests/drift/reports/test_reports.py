"""Every format says the same of a check; nothing of a row acts in any of them."""

import io
import json
from collections import Counter
from dataclasses import replace

import pytest

from genops.drift import check_drift, define_drift
from genops.drift.reports import FORMATS, writer
from genops.drift.summary import Summary
from genops.errors import UsageError
from tests.drift.small_talk import COLOURS, FOOD, sentences
from tests.pages import Elements, assert_self_contained, dom, in_a_browser, said

HOSTILE = (
    "soup <img src=x onerror=alert(1)></script><script>document.title='x'</script> \x1b[2J\u202e | @channel \ud800"
)


def timed(texts, start):
    return [
        {"text": text, "time": f"2026-11-{start + number // 24:02d}T{number % 24:02d}:00Z"}
        for number, text in enumerate(texts)
    ]


@pytest.fixture
def summary(lab):
    lab.site.top += 'plugins = ["tests.retrieval.hashing"]\n'
    food = [f"{text} {HOSTILE}" for text in sentences(FOOD, 50, 3)]
    for name, rows in (
        ("before", timed(sentences(COLOURS, 100, 1), 1)),
        ("now", timed(sentences(COLOURS, 50, 2) + food, 6)),
    ):
        lab.site.write(f"{name}.jsonl", "\n".join(map(json.dumps, rows)))
    spec = define_drift(
        "questions",
        folder=lab.site.root,
        reference="before.jsonl",
        current="now.jsonl",
        embedder="hashing",
        descriptors=["words", "script"],
        relabellings=199,
        segments={"first": "text[0]"},
    )
    return check_drift(spec, lab.site.project)


def written(summary, form):
    out = io.StringIO()
    writer(form)(summary, out)
    return out.getvalue()


def data_of(page):
    return json.loads(page.split('id="report">')[1].split("</script>")[0])


def test_the_terminal_tells_the_verdict_what_changed_since_when_and_where(summary):
    text = written(summary, "terminal")
    for part in (
        "drift in inputs (exit code 1)",
        "new concepts",
        "since 2026-11-",
        "IN THE PART",
        "soup",
        "alpha 0.05",
    ):
        assert part in text
    assert "\x1b[2J" not in text
    assert "\u202e" not in text


@pytest.fixture
def quiet(summary):
    """A quiet check, two questions of which could not be tested."""
    (state,) = summary.states
    looks = (state.looks[0], *(replace(state.looks[0], name=name, missing="all the same") for name in ("one", "two")))
    return replace(summary, states=(replace(state, verdict="quiet", looks=looks),))


@pytest.mark.parametrize("form", ["terminal", "markdown"])
def test_what_could_not_be_tested_takes_one_line_a_reason(quiet, form):
    assert written(quiet, form).count("not tested: one, two: all the same") == 1


def test_the_page_has_what_could_not_be_tested_apart_from_what_was(quiet):
    (state,) = data_of(written(quiet, "html"))["states"]
    assert state["looks"] == [0]
    assert state["untested"] == ["one, two: all the same"]


def test_the_terminal_tells_words_of_drift_alone(summary, quiet):
    assert "WORDS THAT CHANGED" not in written(quiet, "terminal")
    assert "WORDS THAT CHANGED" in written(summary, "terminal")


def test_json_is_the_whole_summary_in_ascii(summary):
    text = written(summary, "json")
    assert text.isascii()
    data = json.loads(text)
    assert data.pop("exit_code") == 1
    assert Summary.from_json(data) == summary


def test_markdown_has_no_markup_of_rows(summary):
    text = written(summary, "markdown")
    assert "### Drift check `questions`" in text
    assert "<img" not in text
    assert "<script" not in text


def test_a_format_that_is_not_there_is_told_with_the_nearest():
    with pytest.raises(UsageError, match="html"):
        writer("htlm")
    assert all(writer(form) for form in FORMATS)


class TestPage:
    def test_is_self_contained_and_rows_add_no_element(self, summary):
        page = written(summary, "html")
        assert_self_contained(page)
        assert Counter(tag for tag, _ in Elements(page).found)["script"] == 2

    def test_has_its_data_in_ascii_without_markup_and_times_that_a_browser_can_count(self, summary):
        page = written(summary, "html")
        raw = page.split('id="report">')[1].split("</script>")[0]
        assert raw.isascii()
        assert not set("<>&") & set(raw)
        state = data_of(page)["summary"]["states"][0]
        since = state["since"]
        assert 1.7e12 < since["low"] <= since["at"] <= since["high"] < 1.9e12
        assert state["looks"][0]["separation"]["low"] < 1

    @in_a_browser
    def test_draws_every_part(self, summary, tmp_path):
        asked = (
            "[document.title, document.querySelectorAll('img').length, document.querySelectorAll('h3').length,"
            " document.querySelectorAll('.plane circle').length, document.querySelectorAll('.since').length,"
            " document.querySelectorAll('.spread').length, document.body.innerText.includes('null')]"
        )
        title, images, parts, circles, since, spreads, null = said(dom(written(summary, "html"), tmp_path, asked))
        assert title.startswith("questions · ")
        assert images == 0
        assert parts >= 8
        assert circles == 200
        assert (since, spreads) == (1, 1)
        assert not null
