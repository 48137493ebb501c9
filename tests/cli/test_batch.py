import json

import pytest


@pytest.fixture
def rows(site):
    path = site / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("Say a", "fail", "Say b")))
    return path


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_row_gives_a_line_and_failures_end_with_4(genops, site, rows):
    done = genops("batch", "raw", "--inputs", rows, "--out", "out.jsonl", code=4)
    found = {line["row"]: line for line in lines_of(site / "out.jsonl")}
    assert {row: line["output"] for row, line in found.items()} == {1: "you said a", 2: None, 3: "you said b"}
    assert found[2]["error"]["type"]
    assert "2 rows done, 1 failed" in done.err


def test_resume_runs_what_is_missing_torn_or_failed_and_leaves_one_line_a_row(genops, site, rows):
    genops("batch", "raw", "--inputs", rows, "--out", "out.jsonl", code=4)
    before = {line["row"]: line for line in lines_of(site / "out.jsonl")}
    (site / "talker.yaml").write_text('rules:\n  - text: "second time"\n')
    with (site / "out.jsonl").open("a") as out:
        out.write('{"key": "9:torn')
    done = genops("batch", "raw", "--inputs", rows, "--out", "out.jsonl", "--resume")
    after = {line["row"]: line for line in lines_of(site / "out.jsonl")}
    assert len(lines_of(site / "out.jsonl")) == 3
    assert after[2]["output"] == "second time"
    assert (after[1], after[3]) == (before[1], before[3])
    assert "2 done before" in done.err


def test_rows_come_on_stdin_and_a_resume_takes_them_there_again(genops, site, rows):
    done = genops("batch", "raw", "--inputs", "-", "--out", "out.jsonl", code=4, stdin=rows.read_text())
    assert "2 rows done, 1 failed" in done.err
    assert "(with the same rows on stdin)" in done.err
    (site / "talker.yaml").write_text('rules:\n  - text: "second time"\n')
    genops("batch", "raw", "--inputs", "-", "--out", "out.jsonl", "--resume", stdin=rows.read_text())
    found = {line["row"]: line["output"] for line in lines_of(site / "out.jsonl")}
    assert found == {1: "you said a", 2: "second time", 3: "you said b"}


def test_a_line_of_stdin_that_is_no_row_is_named(genops):
    done = genops("batch", "raw", "--inputs", "-", "--out", "out.jsonl", code=2, stdin="text\nSay a\n")
    assert "error: <stdin>:1: not JSON" in done.err
    assert "one line holds one object" in done.err


def test_an_earlier_output_is_not_overwritten_unless_asked(genops, site, rows):
    (site / "out.jsonl").write_text("precious")
    assert "--resume" in genops("batch", "raw", "--inputs", rows, "--out", "out.jsonl", code=2).err
    assert (site / "out.jsonl").read_text() == "precious"
    genops("batch", "raw", "--inputs", rows, "--out", "out.jsonl", "--force", code=4)
    assert len(lines_of(site / "out.jsonl")) == 3


def test_a_line_that_is_no_row_is_named_and_what_was_done_is_kept(genops, site, rows):
    rows.write_text('{"text": "Say a"}\n[1]\n')
    done = genops("batch", "raw", "--inputs", rows, "--out", "out.jsonl", "--concurrency", 1, code=2)
    assert "rows.jsonl:2" in done.err
    assert "--resume" in done.err
    assert [line["output"] for line in lines_of(site / "out.jsonl")] == ["you said a"]


def test_files_that_cannot_be_used_are_wrong_usage(genops, site, rows):
    assert "no file" in genops("batch", "raw", "--inputs", "none.jsonl", "--out", "o", code=2).err
    assert "cannot write" in genops("batch", "raw", "--inputs", rows, "--out", "no/where", code=2).err
    assert "not a file" in genops("batch", "raw", "--inputs", site, "--out", "o", code=2).err
    assert "goes to a file" in genops("batch", "raw", "--inputs", rows, "--out", "-", code=2).err
    assert "same file" in genops("batch", "raw", "--inputs", rows, "--out", rows, "--force", code=2).err
    assert rows.read_text().count("\n") == 3
