"""Tokenizers, chat templates and licences as files state them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from genops.errors import DefinitionError
from genops.serving.files.licence import licence_of
from genops.serving.files.place import ModelFiles
from genops.serving.files.template import ChatTemplate, chat_template, render
from genops.serving.files.vocabulary import vocabulary_of
from genops.settings import Settings
from genops.vllm_settings import VllmSettings
from tests.serving.folders import make_tokenizer

USER = [{"role": "user", "content": "hello"}]


def template_of(folder: Path, **block: str) -> ChatTemplate | None:
    return chat_template(Settings(root=folder), VllmSettings.model_validate(block), ModelFiles(folder))


def test_a_vocabulary_has_a_size_added_tokens_and_roles(tmp_path: Path) -> None:
    make_tokenizer(tmp_path, size=120)
    words = vocabulary_of(tmp_path)
    assert words is not None
    assert (words.size, words.added) == (120, {"<s>": 0, "</s>": 1})
    assert words.roles == {"bos_token": "<s>", "eos_token": "</s>"}


def test_added_tokens_may_lie_beyond_the_learnt_ones(tmp_path: Path) -> None:
    make_tokenizer(tmp_path, size=120)
    config = {"added_tokens_decoder": {"130": {"content": "<|end|>"}}, "eos_token": {"content": "<|end|>"}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    words = vocabulary_of(tmp_path)
    assert words is not None
    assert (words.size, words.roles["eos_token"], words.id_of("<|end|>")) == (131, "<|end|>", 130)


def test_a_vocabulary_of_words_and_merges_is_counted(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps({"a": 0, "b": 7}))
    words = vocabulary_of(tmp_path)
    assert words is not None
    assert words.size == 8


def test_no_tokenizer_is_none_and_a_broken_one_an_error(tmp_path: Path) -> None:
    assert vocabulary_of(tmp_path) is None
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(DefinitionError, match=r"tokenizer\.json: the tokenizer cannot be read"):
        vocabulary_of(tmp_path)


def test_templates_are_taken_in_the_servers_order(tmp_path: Path) -> None:
    make_tokenizer(tmp_path, template="of the tokenizer")
    assert template_of(tmp_path).text == "of the tokenizer"  # type: ignore[union-attr]
    (tmp_path / "chat_template.jinja").write_text("of its file")
    assert template_of(tmp_path).text == "of its file"  # type: ignore[union-attr]
    (tmp_path / "own.jinja").write_text("of the settings")
    assert template_of(tmp_path, chat_template="own.jinja").text == "of the settings"  # type: ignore[union-attr]


def test_of_several_templates_the_default_is_used(tmp_path: Path) -> None:
    several = [{"name": "tool_use", "template": "with tools"}, {"name": "default", "template": "plain"}]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": several}))
    found = template_of(tmp_path)
    assert found is not None
    assert (found.text, found.variants) == ("plain", ("tool_use", "default"))


def test_a_configured_template_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="cannot be read"):
        template_of(tmp_path, chat_template="none.jinja")


def test_templates_render_as_transformers_renders_them(tmp_path: Path) -> None:
    from transformers.utils.chat_template_utils import render_jinja_template

    text = (
        "{{ bos_token }}{%- for m in messages %}\n{% if loop.index > 3 %}{% break %}{% endif %}"
        "{% generation %}[{{ m.role }}] {{ m['content'] | tojson }}{% endgeneration %}\n{%- endfor %}"
        "{% if tools is not none %}tools{% endif %}{{ '<a>' if add_generation_prompt }}{{ strftime_now('%Y') }}"
    )
    messages = [{"role": "user", "content": 'say "ü" <b>'}, {"role": "assistant", "content": "x"}]
    ours = render(ChatTemplate(text, tmp_path), messages, {"bos_token": "<s>"})
    theirs, _ = render_jinja_template([messages], chat_template=text, add_generation_prompt=True, bos_token="<s>")
    assert ours == theirs[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% for m in %}", "is not Jinja2"),
        ("{{ raise_exception('roles must alternate') }}", "roles must alternate"),
        ("{{ messages[7].content }}", "fails on a test message"),
        ("{{ messages.append(1) }}", "SecurityError"),
        ("{{ ''.__class__.__mro__[1].__subclasses__() }}", "SecurityError"),
    ],
)
def test_a_template_that_fails_says_how(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DefinitionError, match=said):
        render(ChatTemplate(text, tmp_path / "t"), USER, {})


@pytest.mark.parametrize(
    ("file", "text", "licence"),
    [
        ("README.md", "---\nlanguage: en\nlicense: apache-2.0\n---\n# Model", "apache-2.0"),
        ("README.md", "---\nlicense: other\nlicense_name: qwen-research\n---\n", "qwen-research"),
        ("README.md", "# No front matter\nlicense: mit", None),
        ("LICENSE", "  Apache License\n Version 2.0, January 2004", "apache-2.0"),
        ("LICENSE.txt", "LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\nLlama 3.1 Version", "llama3.1"),
        ("LICENSE", "You may do this and that.", "other"),
        ("NOTICE", "MIT License", None),
    ],
)
def test_a_licence_is_stated_or_recognised(tmp_path: Path, file: str, text: str, licence: str | None) -> None:
    (tmp_path / file).write_text(text)
    assert licence_of(tmp_path) == licence
