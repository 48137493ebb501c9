"""The chat template that a server would use: where it comes from and how it renders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from genops.errors import DefinitionError, Location
from genops.serving.files.place import ModelFiles
from genops.serving.files.read_json import read_json
from genops.settings import Settings
from genops.vllm_settings import VllmSettings

FILE = "chat_template.jinja"


@dataclass(frozen=True, slots=True)
class ChatTemplate:
    """A chat template.

    Attributes:
        text: The Jinja2 source.
        source: Where it is written.
        variants: Names of the tokenizer's templates, where it has several (``default``, ``tool_use``).
    """

    text: str
    source: Path
    variants: tuple[str, ...] = ()


def chat_template(settings: Settings, block: VllmSettings, files: ModelFiles) -> ChatTemplate | None:
    """The template that vLLM takes: the configured file, the model's ``chat_template.jinja``, its tokenizer's own.

    Returns:
        None when there is none: then the server answers no chat requests.

    Raises:
        DefinitionError: The configured file, or one of the model's, cannot be read.
    """
    if block.chat_template is not None:
        path = settings.root / block.chat_template
        return ChatTemplate(_text(path, 'correct chat_template = "…", which is relative to the project'), path)
    if files.gguf is not None:
        from genops.serving.files.gguf_file import read_gguf

        own = read_gguf(files.gguf).chat_template
        return ChatTemplate(own, files.gguf) if own else None
    path = files.folder / FILE
    if path.is_file():
        return ChatTemplate(_text(path, "fetch the file again"), path)
    for name in ("tokenizer_config.json", "processor_config.json", "chat_template.json"):
        path = files.folder / name
        if path.is_file() and (found := _of_tokenizer(read_json(path).get("chat_template"), path)):
            return found
    return None


def _of_tokenizer(value: Any, path: Path) -> ChatTemplate | None:
    """A template, or a list of named ones, of which ``default`` is used when a request brings no tools."""
    if isinstance(value, str):
        return ChatTemplate(value, path)
    if isinstance(value, list):
        value = {entry.get("name"): entry.get("template") for entry in value if isinstance(entry, dict)}
    if not isinstance(value, dict) or not value:
        return None
    named = {str(name): text for name, text in value.items() if isinstance(text, str)}
    text = named.get("default") or next(iter(named.values()), None)
    return ChatTemplate(text, path, tuple(named)) if text else None


def _text(path: Path, hint: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise DefinitionError(f"the chat template cannot be read: {reason}", at=Location(path), hint=hint) from None


def render(template: ChatTemplate, messages: Sequence[Mapping[str, Any]], tokens: Mapping[str, str]) -> str:
    """A conversation as the model reads it, with the prompt for an answer behind it.

    Templates are code of whoever made the model: they run in Jinja2's sandbox, with what transformers gives them.

    Raises:
        DefinitionError: The template is not Jinja2, fails, or refuses the messages.
    """
    import jinja2

    try:
        compiled = _environment().from_string(template.text)
        return str(
            compiled.render(messages=list(messages), add_generation_prompt=True, tools=None, documents=None, **tokens)
        )
    except jinja2.TemplateSyntaxError as error:
        raise DefinitionError(
            f"the chat template is not Jinja2: {error.message}", at=Location(template.source, error.lineno)
        ) from None
    except Exception as error:  # a template can raise what it likes
        raise DefinitionError(
            f"the chat template fails on a test message: {type(error).__name__}: {error}", at=Location(template.source)
        ) from None


def _environment() -> Any:
    from jinja2 import nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """``{% generation %}``, which marks the assistant's own text for training: it renders what is inside."""

        tags = {"generation"}  # noqa: RUF012 -- as the parent declares it

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)  # noqa: DTZ005 -- as transformers
    return environment


def _to_json(value: Any, **options: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False, **options)


def _refuse(message: str) -> NoReturn:
    raise ValueError(message)
