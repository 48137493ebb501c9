"""What a load test asks: prompts of a file or dataset, or made-up ones of given lengths or of those seen in traces."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from genops.errors import InputError, Location, Unfinished, UsageError
from genops.models import Message, Model, ModelRequest
from genops.serving.load.sending import Clock, Send
from genops.settings import Settings
from genops.store import Store
from genops.store.records.runs import RunFilter

_ONE_TOKEN_EACH = (
    "time year people way day man thing woman life child world school state family student group country problem hand "
    "part place case week company system program question work number night point home water room mother area money"
)
_WORDS = _ONE_TOKEN_EACH.split()
_CALLS = 2_000
_RUNS = 500


class Asking(Protocol):
    """A source of requests."""

    @property
    def about(self) -> str:
        """What is asked, in words."""
        ...

    def requests(self, seed: int, *, one_token: bool = False) -> Iterator[ModelRequest]:
        """Requests without an end.

        Args:
            seed: Of what is drawn.
            one_token: Whether each asks for a single token, so that only its input costs.
        """
        ...


@dataclass(frozen=True)
class Texts:
    """Messages as they are, in a random order, again from the start when all were asked.

    Attributes:
        about: Where they come from.
        chats: The messages of each.
        parameters: Of every request.
    """

    about: str
    chats: Sequence[list[Message]]
    parameters: dict[str, Any]

    def requests(self, seed: int, *, one_token: bool = False) -> Iterator[ModelRequest]:
        """Requests without an end."""
        chance = random.Random(seed)
        parameters = {**self.parameters, **({"max_tokens": 1} if one_token else {})}
        while True:
            for chat in chance.sample(self.chats, len(self.chats)):
                yield ModelRequest(chat, parameters)


@dataclass(frozen=True)
class Lengths:
    """Made-up prompts of such lengths, no two of which begin alike, so that no prefix cache has them.

    Attributes:
        about: Where the lengths come from.
        pairs: Input and output tokens of each request.
        parameters: Of every request.
        exact: Whether the server can be told to write no fewer tokens than asked, as vLLM can.
        words: Words for a token, and for the tokens that every prompt has (the template's), as measured.
    """

    about: str
    pairs: Sequence[tuple[int, int]]
    parameters: dict[str, Any] = field(default_factory=dict)
    exact: bool = False
    words: tuple[float, float] = (1.0, 0.0)

    def requests(self, seed: int, *, one_token: bool = False) -> Iterator[ModelRequest]:
        """Requests without an end."""
        chance = random.Random(seed)
        a_token, template = self.words
        while True:
            inputs, outputs = chance.choice(self.pairs)
            count = max(1, round((inputs - template) * a_token))
            limit = 1 if one_token else max(1, outputs)
            exact = {"ignore_eos": True, "min_tokens": limit} if self.exact else {}
            yield ModelRequest(_chat(_text(count, chance)), {**self.parameters, "max_tokens": limit, **exact})


async def fitted(lengths: Lengths, send: Send, clock: Clock) -> Lengths:
    """The lengths with the words that a token of this server's tokenizer takes, by asking it twice.

    Raises:
        Unfinished: The server refuses or fails a single request.
    """
    typical = sorted(inputs for inputs, _ in lengths.pairs)[len(lengths.pairs) // 2]
    short = max(1, typical // 24)
    long = max(short + 4, typical // 8)  # no longer than the load itself, should a word be eight tokens
    counts = []
    for place, words in enumerate((short, long)):
        request = ModelRequest(_chat(_text(words, random.Random(place))), {**lengths.parameters, "max_tokens": 1})
        timing = await send(request, clock())
        if timing.error:
            raise Unfinished(
                f"the model does not answer: {timing.message}", hint="see that it does before it is loaded"
            )
        counts.append(timing.input_tokens)
    few, many = counts
    if few is None or many is None or many <= few:
        return lengths
    tokens_a_word = (many - few) / (long - short)
    template = max(0.0, few - short * tokens_a_word)
    return Lengths(lengths.about, lengths.pairs, lengths.parameters, lengths.exact, (1 / tokens_a_word, template))


def takes_exact_lengths(model: Model) -> bool:
    """Whether a model's server is vLLM, as far as the settings say."""
    return model.alias.vllm is not None or model.provider in ("vllm", "hosted_vllm")


def lengths_in_traces(store: Store, chain: str) -> list[tuple[int, int]]:
    """Input and output tokens of the newest model calls in a chain's traces.

    Raises:
        UsageError: There are none with counts.
    """
    found: list[tuple[int, int]] = []
    for run in store.runs(RunFilter(chain=chain), limit=_RUNS):
        for span in store.spans(run.id):
            inputs = span.attributes.get("gen_ai.usage.input_tokens")
            outputs = span.attributes.get("gen_ai.usage.output_tokens")
            if span.kind == "model" and inputs and outputs:
                found.append((int(inputs), int(outputs)))
        if len(found) >= _CALLS:
            break
    if not found:
        raise UsageError(
            f"no trace of {chain!r} has a model call with token counts",
            hint="run the chain first, or give --input-tokens and --output-tokens",
        )
    return found


def chats_of_dataset(file: Path, settings: Settings, name: str | None) -> list[list[Message]]:
    """A message of each case: one of its inputs, or all that are text.

    Raises:
        UsageError: The file cannot be read, or has no such input.
    """
    from genops.evals.datasets import DatasetSpec

    spec = DatasetSpec(file=str(file.resolve()))
    dataset = spec.open(settings, Path.cwd())
    chats = []
    for number in spec.numbers(dataset):
        inputs = dataset[number].inputs
        texts = [value for key, value in inputs.items() if isinstance(value, str) and name in (None, key)]
        if not texts:
            what = f"input {name!r}" if name else "input that is text"
            raise UsageError(f"case {dataset[number].id!r} of {file} has no {what}", hint=f"it has {', '.join(inputs)}")
        chats.append(_chat("\n".join(texts)))
    return chats


def chats_of_prompts(file: Path) -> list[list[Message]]:
    """A message of each line; of a ``.jsonl`` file its ``prompt`` or ``messages``.

    Raises:
        InputError: The file cannot be read, is empty, or a line is no prompt.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the prompts: {error}", at=Location(file)) from None
    written = file.suffix == ".jsonl"
    chats = [
        _written(line, Location(file, number)) if written else _chat(line)
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    if not chats:
        raise InputError("the file has no prompts", at=Location(file), hint="write one on each line")
    return chats


def _written(line: str, at: Location) -> list[Message]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"not JSON: {error}", at=at) from None
    if isinstance(row, dict) and isinstance(row.get("prompt"), str):
        return _chat(row["prompt"])
    if isinstance(row, dict) and isinstance(row.get("messages"), list) and row["messages"]:
        return list(row["messages"])
    raise InputError("a line is an object with `prompt` or `messages`", at=at)


def _chat(text: str) -> list[Message]:
    return [{"role": "user", "content": text}]


def _text(words: int, chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, k=words))
