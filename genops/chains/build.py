"""Chains built in Python: the same data as a file, with steps as typed calls and references as values.

Example:
    >>> chain = ChainBuilder(question="str", k={"type": "int", "default": 4})
    >>> hits = chain.retrieve("search", "docs", query=chain.inputs.question, k=chain.inputs.k)
    >>> answer = chain.prompt("answer", "answer_question", inputs={"question": chain.inputs.question, "passages": hits})
    >>> chain.returns({"answer": answer, "best": hits[0].uri})
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypedDict, Unpack

from genops.chains.step import Effect
from genops.errors import DefinitionError


class Ref:
    """A reference to a value of the run: ``step``, ``step.field``, ``step[0]``; in an f-string it becomes text.

    Args:
        path: The expression between the braces.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Ref:
        if name.startswith("_"):
            raise AttributeError(name)
        return Ref(f"{self._path}.{name}")

    def __getitem__(self, key: str | int) -> Ref:
        return Ref(f"{self._path}[{key!r}]")

    def filtered(self, expression: str) -> Ref:
        """The value through Jinja filters: ``hits.filtered("map(attribute='uri') | list")``."""
        return Ref(f"({self._path} | {expression})")

    def __str__(self) -> str:
        return f"{{{{ {self._path} }}}}"

    def __repr__(self) -> str:
        return f"Ref({self._path!r})"


class Common(TypedDict, total=False):
    """What every step may be given; see :class:`genops.chains.Step`."""

    when: Ref | str
    after: Sequence[str]
    timeout: float
    retry: Mapping[str, Any]
    fallback: Sequence[Mapping[str, Any]]
    cache: bool
    effect: Effect


class BlockBuilder:
    """Steps and an output; made by :class:`ChainBuilder` and for what a map, loop or branch runs."""

    def __init__(self) -> None:
        self._steps: dict[str, Any] = {}
        self._output: Any = None

    def step(self, name: str, kind: str, value: Any, /, **fields: Any) -> Ref:
        """Adds a step of any kind, third-party ones too; gives a reference to its output.

        Raises:
            DefinitionError: The block has a step of that name.
        """
        if name in self._steps:
            raise DefinitionError(f"two steps are called {name!r}")
        given = {key: item for key, item in fields.items() if item is not None}
        self._steps[name] = plain({kind: value, **given})
        return Ref(f"steps.{name}.output")

    def prompt(
        self,
        name: str,
        prompt: str,
        *,
        inputs: Mapping[str, Any] | None = None,
        model: str | None = None,
        parameters: Mapping[str, Any] | None = None,
        **common: Unpack[Common],
    ) -> Ref:
        """Asks a model with a template."""
        return self.step(name, "prompt", prompt, **{"with": inputs or {}}, model=model, parameters=parameters, **common)

    def retrieve(
        self,
        name: str,
        index: str,
        *,
        query: Any,
        k: Any = 5,
        filter: Mapping[str, Any] | None = None,
        search: Mapping[str, Any] | None = None,
        **common: Unpack[Common],
    ) -> Ref:
        """Searches an index."""
        return self.step(name, "retrieve", index, query=query, k=k, filter=filter, search=search, **common)

    def tool(self, name: str, tool: str, *, inputs: Mapping[str, Any] | None = None, **common: Unpack[Common]) -> Ref:
        """Calls a registered function."""
        return self.step(name, "tool", tool, **{"with": inputs or {}}, **common)

    def chain(self, name: str, chain: str, *, inputs: Mapping[str, Any] | None = None, **common: Unpack[Common]) -> Ref:
        """Runs another chain."""
        return self.step(name, "chain", chain, **{"with": inputs or {}}, **common)

    def agent(
        self,
        name: str,
        prompt: str,
        *,
        tools: Sequence[str | Mapping[str, Any]],
        inputs: Mapping[str, Any] | None = None,
        model: str | None = None,
        max_turns: int = 8,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        protocol: Literal["auto", "native", "text"] = "auto",
        **common: Unpack[Common],
    ) -> Ref:
        """Lets a model act through tools, indexes and chains."""
        return self.step(
            name,
            "agent",
            prompt,
            **{"with": inputs or {}},
            tools=tools,
            model=model,
            max_turns=max_turns,
            max_tokens=max_tokens,
            max_cost=max_cost,
            protocol=protocol,
            **common,
        )

    def http(
        self,
        name: str,
        method: str,
        url: Any,
        *,
        headers: Mapping[str, Any] | None = None,
        headers_env: Mapping[str, str] | None = None,
        json: Any = None,
        body: Any = None,
        expect: Sequence[int] | None = None,
        **common: Unpack[Common],
    ) -> Ref:
        """Makes a request to an allow-listed host."""
        return self.step(
            name,
            "http",
            method,
            url=url,
            headers=headers,
            headers_env=headers_env,
            json=json,
            body=body,
            expect=expect,
            **common,
        )

    @contextmanager
    def map(
        self,
        name: str,
        over: Any,
        *,
        item: str = "item",
        concurrency: int = 8,
        on_error: Literal["fail", "null", "skip", "report"] = "fail",
        **common: Unpack[Common],
    ) -> Iterator[tuple[BlockBuilder, Ref]]:
        """Runs a block for every item; gives the block's builder and a reference to the item."""
        block = BlockBuilder()
        yield block, Ref(item)
        self.step(
            name, "map", over, **{"as": item}, concurrency=concurrency, on_error=on_error, do=block.data(), **common
        )

    @contextmanager
    def loop(
        self,
        name: str,
        *,
        until: Ref | str,
        start: Any = None,
        max_rounds: int = 10,
        at_bound: Literal["fail", "last"] = "fail",
        **common: Unpack[Common],
    ) -> Iterator[tuple[BlockBuilder, Ref]]:
        """Runs a block in rounds; gives the block's builder and ``loop`` (``round``, ``previous``)."""
        block = BlockBuilder()
        yield block, Ref("loop")
        fields = {"start": start, "until": until, "max_rounds": max_rounds, "at_bound": at_bound}
        self.step(name, "loop", block.data(), **fields, **common)

    def branch(self, name: str, *cases: tuple[Ref | str | None, BlockBuilder], **common: Unpack[Common]) -> Ref:
        """Runs the first block whose condition holds; None is "otherwise"."""
        data = [({} if when is None else {"when": when}) | block.data() for when, block in cases]
        return self.step(name, "branch", data, **common)

    def guard(
        self,
        name: str,
        value: Any,
        *,
        normalise: bool = False,
        max_length: int | None = None,
        allow: Sequence[str] = (),
        deny: Sequence[str] = (),
        canaries: Any = (),
        pii: bool = False,
        judge: Mapping[str, Any] | None = None,
        on_fail: Literal["stop", "replace", "flag"] = "stop",
        replacement: str | None = None,
        **common: Unpack[Common],
    ) -> Ref:
        """Lets a value pass, or not; gives the value."""
        checks = {"normalise": normalise, "max_length": max_length, "allow": allow, "deny": deny, "pii": pii}
        then = {"on_fail": on_fail, "replacement": replacement}
        return self.step(name, "guard", value, canaries=canaries, judge=judge, **checks, **then, **common)

    def output_of(self, name: str) -> Ref:
        """The output of a step that was added as a block (``map``, ``loop``)."""
        return Ref(f"steps.{name}.output")

    def returns(self, output: Any) -> None:
        """Says what the block gives; references may stand anywhere in it."""
        self._output = output

    def data(self) -> dict[str, Any]:
        """The block as a chain file would have it."""
        made: dict[str, Any] = {"steps": dict(self._steps)}
        if self._output is not None:
            made["output"] = plain(self._output)
        return made


class ChainBuilder(BlockBuilder):
    """A chain built in Python; give it to :meth:`genops.Chain.built`.

    Args:
        inputs: Declarations by name, as under ``inputs:`` in a file.

    Attributes:
        inputs: References to them: ``chain.inputs.question``.
    """

    def __init__(self, /, **inputs: Any) -> None:
        super().__init__()
        self.declared = inputs
        self.inputs = Ref("inputs")


def plain(value: Any) -> Any:
    """Data with every reference in it as the text that a file would have."""
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
