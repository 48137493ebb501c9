"""``genops drift``: windows are compared by a command, with the exit code of the verdict."""

import json
import sqlite3
from contextlib import closing

import pytest

from tests.drift.small_talk import COLOURS, FOOD, sentences


def rows(words, count, seed):
    return "".join(json.dumps({"text": text}) + "\n" for text in sentences(words, count, seed))


@pytest.fixture
def windows(site):
    (site / "before.jsonl").write_text(rows(COLOURS, 150, 1))
    (site / "same.jsonl").write_text(rows(COLOURS, 150, 2))
    (site / "now.jsonl").write_text(rows(COLOURS, 75, 3) + rows(FOOD, 75, 4))
    (site / "few.jsonl").write_text(rows(COLOURS, 5, 5))
    (site / "evals").mkdir(exist_ok=True)
    (site / "evals" / "questions.yaml").write_text(
        "kind: drift\nreference: ../before.jsonl\ncurrent: ../now.jsonl\nembedder: hashing\n"
        "descriptors: [words]\nrelabellings: 199\n"
    )
    return site


def test_a_defined_check_is_made_kept_listed_shown_and_reported(windows, genops):
    done = genops("drift", "check", "questions", "--report", "html=report.html", code=1)
    assert "drift in inputs (exit code 1)" in done.out
    assert "new concepts" in done.out
    assert "wrote report.html" in done.err
    assert (windows / "report.html").read_text().startswith("<!doctype html>")
    listed = json.loads(genops("drift", "list", "--json").out)
    assert [(one["check"], one["verdict"]) for one in listed] == [("questions", "drift")]
    shown = json.loads(genops("drift", "show", listed[0]["id"], "--json").out)
    assert (shown["verdict"], shown["exit_code"]) == ("drift", 1)
    assert "### Drift check `questions`" in genops("drift", "report", "-f", "markdown").out
    genops("drift", "delete", "last")
    assert "no check was made here" in genops("drift", "list").err


def test_options_alone_make_a_check_and_stand_over_what_is_defined(windows, genops):
    same = genops("drift", "check", "questions", "-c", "same.jsonl", code=0)
    assert "quiet" in same.out
    few = genops(
        "drift", "check", "-r", "before.jsonl", "-c", "few.jsonl", "--of", "text", "--test", "centroid", code=3
    )
    assert "too few" in few.out


def test_traces_are_compared_with_what_was_asked_before(windows, genops):
    for words in ("red green blue white black grey", "brown grey grey red blue blue"):
        genops("run", "say", "-i", f"what={words}")
    done = genops("drift", "check", "questions", "-c", "traces:chain=say", code=3)
    assert "traces:chain=say" in done.out
    assert "2 rows" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check"], "--reference and --current"),
        (["check", "questoins"], "questions"),
        (["check", "questions", "--test", "mmd_fuze"], "mmd_fuse"),
        (["check", "questions", "--as", "texts"], "as"),
        (["check", "questions", "-c", "nothing.jsonl"], "no such file"),
        (["check", "questions", "--report", "pdf=x"], "no format"),
        (["check", "questions", "--alpha", "2"], "alpha"),
        (["show", "last"], "no check was made here"),
        (["watch", "questions"], "looks at traces"),
        (["forget", "questions"], "nothing is watched"),
    ],
)
def test_wrong_usage_is_one_clear_error(windows, genops, arguments, message):
    done = genops("drift", *arguments, code=2)
    assert message in done.err
    assert "Traceback" not in done.err


def test_what_options_say_wrong_is_told_as_such(windows, genops):
    done = genops("drift", "check", "-r", "before.jsonl", "-c", "now.jsonl", "--test", "mmd_fuze", code=2)
    assert done.err.startswith("error: options: no test is called 'mmd_fuze'")


def test_what_a_store_that_fails_does_not_keep_is_said_all_the_same(windows, genops):
    genops("drift", "check", "questions", code=1)
    with closing(sqlite3.connect(windows / ".genops" / "genops.db")) as store:
        store.execute("create trigger full before insert on drift_check begin select raise(abort, 'full'); end")
        store.commit()
    done = genops("drift", "check", "questions", code=4)
    assert "drift in inputs" in done.out
    assert "full" in done.err
    assert "Traceback" not in done.err


def test_what_a_check_may_ask_is_listed(genops):
    tests = json.loads(genops("drift", "tests", "--json").out)
    assert {"mmd_fuse", "kolmogorov_smirnov", "chi_square"} <= {one["name"] for one in tests}
    descriptors = json.loads(genops("drift", "descriptors", "--json").out)
    assert {"words", "language"} <= {one["name"] for one in descriptors}


@pytest.mark.slow
def test_a_watch_looks_once_and_goes_on(windows, genops):
    (windows / "evals" / "live.yaml").write_text(
        "kind: drift\nreference: ../before.jsonl\ncurrent: traces:chain=say\nof: inputs.what\nembedder: hashing\n"
    )
    text = (windows / "before.jsonl").read_text()
    (windows / "before.jsonl").write_text(text.replace('"text"', '"inputs": {"what"').replace('"}', '"}}'))
    first = genops("drift", "watch", "live", "--once")
    assert "begins" in first.err
    genops("run", "say", "-i", "what=red green blue")
    second = genops("drift", "watch", "live", "--once")
    assert "goes on after 0 traces" in second.err
    assert "1 traces now" in second.err or "1 trace now" in second.err
    assert json.loads(genops("drift", "watches", "--json").out)[0]["traces"] == 1
    genops("drift", "forget", "live")


def test_the_schema_of_a_check_is_printed(genops):
    assert json.loads(genops("schema", "drift").out)["title"] == "genops drift check"
