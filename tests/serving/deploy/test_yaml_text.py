"""YAML as a person would write it."""

import pytest
import yaml
from ruamel.yaml import YAML

from genops.serving.deploy.yaml_text import yaml_text


@pytest.mark.parametrize(
    "text",
    ["yes", "NO", "on", "y", "~", "null", "8000", "1.5", "0x1f", "012", "1e3", "12e4", "1:30", "1_000", ".5", "-1", "=",
     "<<", "true", "", " a", "a: b", "- a", "#a", "2026-11-22", "a\nb", "{a}", "*a", "&a", "@a", "1.2.3", "0o17", "+1"],
)  # fmt: skip
def test_a_text_stays_a_text_for_readers_of_either_version(text):
    written = yaml_text([{"a": text, "b": [text]}])
    assert yaml.safe_load(written) == {"a": text, "b": [text]}
    assert YAML(typ="safe").load(written) == {"a": text, "b": [text]}


def test_what_needs_no_quotes_has_none():
    assert yaml_text([{"image": "vllm/vllm-openai:v0.32.0", "flag": "--max-model-len=8192", "n": 3, "on": None}]) == (
        "image: vllm/vllm-openai:v0.32.0\nflag: --max-model-len=8192\nn: 3\non: null\n"
    )


def test_lists_are_indented_and_long_texts_are_blocks():
    assert yaml_text([{"a": [{"b": 1, "c": "one\ntwo\n"}]}]) == "a:\n  - b: 1\n    c: |\n      one\n      two\n"


def test_comments_stand_before_their_keys():
    comments = {("a", 0, "c"): "why", ("d",): "two\nlines"}
    assert yaml_text([{"a": [{"b": 1, "c": 2}], "d": 3}], [comments]) == (
        "a:\n  - b: 1\n    # why\n    c: 2\n# two\n# lines\nd: 3\n"
    )


def test_long_lines_are_not_folded():
    assert len(yaml_text([{"a": "word " * 200}]).splitlines()) == 1
