"""Whether tokenizer, template and sampling defaults belong together and to the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from genops.errors import DefinitionError
from genops.serving.files.digests import generation_config
from genops.serving.files.read_json import read_json
from genops.serving.files.template import ChatTemplate, chat_template, render
from genops.serving.files.vocabulary import Vocabulary
from genops.serving.preflight.finding import Finding, error, note, of_error, warning
from genops.serving.preflight.subject import Subject

_WORD = "preflight-7f3a"
_STAND_INS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
"""Special tokens for rendering a template where no tokenizer says them."""
_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "repetition_penalty", "max_new_tokens")


def check_tokenizer(subject: Subject) -> Iterator[Finding]:
    """Tokenizer against embedding, special tokens against tokenizer."""
    try:
        words = subject.words
    except DefinitionError as raised:
        yield of_error("tokenizer_broken", raised)
        return
    if words is None:
        yield error("tokenizer_missing", f"{subject.tokenizer_folder} holds no tokenizer", "fetch the model again")
        return
    rows = subject.shape.vocabulary if subject.shape else 0
    if words.size is not None and rows and words.size > rows:
        yield error(
            "vocabulary_mismatch",
            f"the tokenizer has {words.size:,} tokens and the model's embedding {rows:,} rows",
            "tokenizer and weights are of different models: take both from one revision",
        )
    yield from _ends(subject, words, rows)


def _ends(subject: Subject, words: Vocabulary, rows: int) -> Iterator[Finding]:
    """Whether what the model ends an answer with is what the server stops at."""
    config = subject.shape.text if subject.shape else {}
    stops = _numbers(
        config.get("eos_token_id") or (subject.shape.config.get("eos_token_id") if subject.shape else None)
    )
    path = generation_config(subject.settings, subject.block, subject.files)
    if path is not None:
        try:
            stops += _numbers(read_json(path).get("eos_token_id"))
        except DefinitionError as raised:
            yield of_error("generation_config_broken", raised)
    for number in sorted(set(stops)):
        if rows and number >= rows:
            yield error(
                "special_token_mismatch",
                f"the end token {number:,} is outside the vocabulary of {rows:,}",
                "config.json, generation_config.json and weights are of different models",
            )
    own = words.roles.get("eos_token")
    number_of_own = words.id_of(own) if own else None
    if own and number_of_own is None and words.added:
        yield warning("special_token_mismatch", f"the tokenizer's end token {own!r} is none of its tokens")
    elif own and stops and number_of_own is not None and number_of_own not in stops:
        yield warning(
            "special_token_mismatch",
            f"the tokenizer ends with {own!r} ({number_of_own:,}), config.json and generation_config.json with "
            f"{', '.join(f'{number:,}' for number in sorted(set(stops)))}",
            "vLLM stops at any of them; check that the chat template ends turns with one",
        )


def check_sampling(subject: Subject) -> Iterator[Finding]:
    """What the model's own sampling defaults would change."""
    path = generation_config(subject.settings, subject.block, subject.files)
    if path is None:
        if subject.block.generation_config not in ("auto", "vllm"):
            place = subject.settings.root / subject.block.generation_config
            yield error(
                "generation_config_missing",
                f"{place} holds no generation_config.json",
                'name a folder that does, or generation_config = "vllm" for neutral defaults',
            )
        return
    try:
        values = read_json(path)
    except DefinitionError:
        return  # reported with the tokens
    own = ", ".join(f"{name} {values[name]}" for name in _SAMPLING if values.get(name) is not None)
    if own and subject.block.generation_config != "vllm":
        yield warning(
            "sampling_defaults",
            f"requests that do not say otherwise follow {path.name}: {own}",
            'generation_config = "vllm" gives neutral defaults; or set the alias\'s parameters',
        )
    elif own:
        yield note("sampling_defaults", f"the model's own defaults are not applied: {own}")


def check_template(subject: Subject) -> Iterator[Finding]:
    """Renders a test message as the server would."""
    if (subject.tokenizer_folder / "tekken.json").is_file() and subject.block.chat_template is None:
        return  # Mistral's own tokenizer builds the prompt without a template
    try:
        template = chat_template(subject.settings, subject.block, subject.files)
    except DefinitionError as raised:
        yield of_error("template_broken", raised)
        return
    if template is None:
        yield error(
            "no_chat_template",
            "there is no chat template: the server would start and refuse the first chat request",
            'is this a base model? Take the one that was tuned for chat, or chat_template = "FILE" in the settings',
        )
        return
    yield from _rendered(subject, template)


def _rendered(subject: Subject, template: ChatTemplate) -> Iterator[Finding]:
    try:
        words = subject.words
    except DefinitionError:
        words = None  # reported with the tokenizer
    roles = words.roles if words else _STAND_INS
    try:
        text = render(template, [{"role": "user", "content": _WORD}], roles)
    except DefinitionError as raised:
        yield of_error("template_broken", raised)
        return
    if _WORD not in text:
        yield error(
            "template_drops_message",
            f"{template.source}: the chat template leaves the user's message out",
            "it may be written for another form of messages; try the tokenizer's own",
        )
    system: list[dict[str, Any]] = [{"role": "system", "content": _WORD}, {"role": "user", "content": "?"}]
    try:
        if _WORD not in render(template, system, roles):
            yield warning("template_drops_system", "the chat template leaves a system message out")
    except DefinitionError as raised:
        yield warning(
            "template_refuses_system",
            f"the chat template takes no system message ({raised.message.rpartition(': ')[2]})",
            "put instructions into the user's message for this model",
        )
    if subject.block.tool_call_parser and "tools" not in template.text and "tool_use" not in template.variants:
        yield warning(
            "template_without_tools",
            f"tool_call_parser = {subject.block.tool_call_parser!r}, but the chat template shows the model no tools",
            'give a template that does: chat_template = "FILE"',
        )


def _numbers(value: Any) -> list[int]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, int) and not isinstance(one, bool)]
