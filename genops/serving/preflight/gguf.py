"""The checks of a model that is one GGUF file, for llama.cpp and Ollama."""

from __future__ import annotations

import re
from collections.abc import Iterator

from genops.errors import DefinitionError
from genops.serving.files.gguf_file import GgufFile, read_gguf
from genops.serving.preflight.finding import Finding, error, of_error, warning
from genops.serving.preflight.subject import Subject
from genops.serving.preflight.words import check_template
from genops.serving.sizing.gguf_shape import gguf_shape

_PART = re.compile(r"(.+)-(\d{5})-of-(\d{5})\.gguf")


def check_gguf(subject: Subject) -> Iterator[Finding]:
    """Reads the headers of the file, and of those that it is split into, and says what is wrong."""
    assert subject.files.gguf is not None
    try:
        file = read_gguf(subject.files.gguf)
    except DefinitionError as raised:
        yield of_error("gguf_broken", raised)
        return
    subject.tensors, subject.measured = file.tensors, True
    yield from _whole(file)
    yield from _other_parts(subject, file)
    try:
        subject.shape = gguf_shape(file)
    except DefinitionError as raised:
        yield of_error("config_broken", raised)
    if not file.fields.get("tokenizer.ggml.tokens"):
        yield error("tokenizer_missing", f"{file.path} holds no vocabulary", "convert the model with its tokenizer")
    yield from check_template(subject)
    wanted = subject.alias.context_length
    if wanted and subject.shape and subject.shape.context and wanted > subject.shape.context:
        yield error(
            "context_too_long",
            f"context_length = {wanted:,} tokens, the model is made for {subject.shape.context:,}",
            f"context_length = {subject.shape.context}",
        )


def _whole(file: GgufFile) -> Iterator[Finding]:
    size = file.path.stat().st_size
    if size < file.end:
        yield error(
            "gguf_broken",
            f"{file.path}: {size:,} of {file.end:,} bytes are there",
            "fetch the file again: a download goes on where it stopped",
        )


def _other_parts(subject: Subject, file: GgufFile) -> Iterator[Finding]:
    """A large model is split into numbered files, of which the first is named."""
    found = _PART.fullmatch(file.path.name)
    if found is None:
        return
    count = int(found[3])
    if int(found[2]) != 1:
        yield warning("gguf_part", f"{file.path.name} is not the first part", "name the one with 00001")
    for number in range(1, count + 1):
        part = file.path.with_name(f"{found[1]}-{number:05d}-of-{count:05d}.gguf")
        if part == file.path:
            continue
        if not part.is_file():
            yield error("shard_missing", f"{part.name}: it is not there", "fetch all parts of the model")
            continue
        try:
            other = read_gguf(part)
        except DefinitionError as raised:
            yield of_error("gguf_broken", raised)
            continue
        subject.tensors += other.tensors
        yield from _whole(other)
