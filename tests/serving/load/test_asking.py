"""What a load test asks: lines of a file, cases of a dataset, lengths of traces."""

import itertools
import json

import pytest

from genops.errors import GenopsError, UsageError
from genops.serving.load.asking import Lengths, Texts, chats_of_dataset, chats_of_prompts, lengths_in_traces
from genops.settings import Settings
from genops.store import Store
from genops.store.records.runs import RunRecord, SpanRecord


def asked(chats):
    return [chat[0]["content"] for chat in chats]


def test_prompts_are_the_lines_of_a_text(tmp_path):
    file = tmp_path / "prompts.txt"
    file.write_text("one\n\ntwo lines? no\n")
    assert asked(chats_of_prompts(file)) == ["one", "two lines? no"]


def test_prompts_of_json_lines_are_a_prompt_or_messages(tmp_path):
    file = tmp_path / "prompts.jsonl"
    chat = [{"role": "system", "content": "be short"}, {"role": "user", "content": "hi"}]
    file.write_text(json.dumps({"prompt": "one"}) + "\n" + json.dumps({"messages": chat}) + "\n")
    assert chats_of_prompts(file) == [[{"role": "user", "content": "one"}], chat]


@pytest.mark.parametrize("text", ["", "{", '{"question": "x"}', "[]", '{"messages": []}'])
def test_a_file_of_something_else_is_refused_with_its_line(tmp_path, text):
    file = tmp_path / "prompts.jsonl"
    file.write_text(text)
    with pytest.raises(GenopsError) as error:
        chats_of_prompts(file)
    assert "prompts.jsonl" in str(error.value)
    with pytest.raises(GenopsError):
        chats_of_prompts(tmp_path / "none.txt")


def test_a_dataset_gives_one_input_of_its_cases_or_all_that_are_text(tmp_path):
    file = tmp_path / "cases.jsonl"
    rows = [{"question": f"why {n}?", "style": "short", "count": n} for n in range(3)]
    file.write_text("\n".join(map(json.dumps, rows)))
    settings = Settings(root=tmp_path)
    assert asked(chats_of_dataset(file, settings, "question")) == ["why 0?", "why 1?", "why 2?"]
    assert asked(chats_of_dataset(file, settings, None))[1] == "why 1?\nshort"
    with pytest.raises(UsageError, match="has no input 'count'"):
        chats_of_dataset(file, settings, "count")


def test_lengths_are_those_of_the_model_calls_in_traces(tmp_path):
    with Store.open(f"sqlite:///{tmp_path / 'genops.db'}") as store:
        for number in range(3):
            run = f"{number:032x}"
            store.writer.run(RunRecord(run, run, "say", 1_000 + number, status="ok", ended=2_000))
            counts = {"gen_ai.usage.input_tokens": 100 + number, "gen_ai.usage.output_tokens": 7}
            for place, kind in enumerate(("chain", "model"), 1):
                attributes = counts if kind == "model" else {}
                store.writer.span(
                    SpanRecord(
                        run, place, None, f"{place:016x}", kind, kind, kind, 1_000, "ok", 2_000, attributes=attributes
                    )
                )
        store.writer.flush()
        assert sorted(lengths_in_traces(store, "say")) == [(100, 7), (101, 7), (102, 7)]
        with pytest.raises(UsageError, match="no trace of 'sing'"):
            lengths_in_traces(store, "sing")


def test_all_texts_are_asked_before_one_is_asked_again():
    texts = Texts("", [[{"role": "user", "content": str(number)}] for number in range(5)], {"max_tokens": 9})
    first = list(itertools.islice(texts.requests(3), 10))
    assert sorted(request.messages[0]["content"] for request in first[:5]) == list("01234")
    assert sorted(request.messages[0]["content"] for request in first[5:]) == list("01234")
    assert {request.parameters["max_tokens"] for request in first} == {9}
    assert next(texts.requests(3, one_token=True)).parameters["max_tokens"] == 1


def test_lengths_are_drawn_as_they_were_seen():
    drawn = itertools.islice(Lengths("", [(10, 1), (1000, 50)]).requests(0), 200)
    pairs = {(len(request.messages[0]["content"].split()), request.parameters["max_tokens"]) for request in drawn}
    assert pairs == {(10, 1), (1000, 50)}
