"""What every step has in common, and how a step kind says what it reads, holds and needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, ValidationInfo, WithJsonSchema

from genops.artifacts import ComponentKind, Value
from genops.errors import InputError, Location
from genops.plugins import registry
from genops.syntax import Expression, Reads, YamlFile, compile_value

if TYPE_CHECKING:
    from genops.chains.block import Block
    from genops.chains.context import StepContext

Effect = Literal["pure", "read", "write"]
ErrorClass = Literal["timeout", "rate_limit", "server", "connection", "invalid_output", "tool", "http", "any"]


@dataclass(frozen=True, slots=True)
class Parsing:
    """Where a mapping stands in its file; pydantic hands it on as the validation context.

    Attributes:
        file: The file, for lines.
        keys: Key path of the mapping that is being read.
    """

    file: YamlFile
    keys: tuple[str | int, ...] = ()

    def below(self, *keys: str | int) -> Parsing:
        """The same file, further down."""
        return Parsing(self.file, (*self.keys, *keys))

    def at(self, *keys: str | int) -> Location:
        """Location of a key path below this one."""
        return self.file.at(*self.keys, *keys)


def parsing_of(info: ValidationInfo) -> Parsing:
    """Where the mapping that is being read stands."""
    parsing: Any = info.context
    return parsing if isinstance(parsing, Parsing) else Parsing(YamlFile(None, "<python>"))


def _key(info: ValidationInfo) -> str:
    """The key as it stands in the file: fields that would shadow a Python word end in an underscore."""
    return (info.field_name or "").rstrip("_")


def _compile(value: Any, info: ValidationInfo) -> Any:
    return compile_value(value, parsing_of(info).at(_key(info)))


def _parse_block(value: Any, info: ValidationInfo) -> Any:
    from genops.chains.block import Block

    return Block.parse(value, parsing_of(info).below(_key(info)))


def _parse_fallbacks(value: Any, info: ValidationInfo) -> Any:
    from genops.chains.block import parse_fallbacks

    return parse_fallbacks(value, parsing_of(info).below(_key(info)))


@dataclass(frozen=True, slots=True)
class Lazy:
    """Marks an expression field that the step kind evaluates itself, later (``until``)."""


_EXPRESSION_SCHEMA = WithJsonSchema({"description": "a value; text in it may hold {{ expressions }}"})
_FALLBACK_SCHEMA = WithJsonSchema({"type": "array", "items": {"$comment": "#/$defs/Fallback"}})
_COMPILED = PlainValidator(_compile)
Expr = Annotated[Any, _COMPILED, _EXPRESSION_SCHEMA]
LazyExpr = Annotated[Any, _COMPILED, Lazy(), _EXPRESSION_SCHEMA]
NestedBlock = Annotated[Any, PlainValidator(_parse_block), WithJsonSchema({"$comment": "#/$defs/Block"})]
"""A field that holds a block. The comment becomes a ``$ref``, which pydantic would not let through."""


@dataclass(frozen=True, slots=True)
class Need:
    """A component that a step refers to."""

    kind: ComponentKind
    reference: str


class Retry(BaseModel):
    """Further attempts of a step, with exponential backoff and full jitter.

    Attributes:
        attempts: All attempts together.
        delay: Seconds before the second attempt, at most; doubled each time.
        max_delay: Upper bound of a delay, in seconds.
        on: Which failures are tried again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    attempts: int = Field(default=3, ge=1, le=100)
    delay: float = Field(default=0.5, ge=0)
    max_delay: float = Field(default=30.0, ge=0)
    on: tuple[ErrorClass, ...] = ("timeout", "rate_limit", "server", "connection")


@dataclass(frozen=True, slots=True)
class Fallback:
    """One thing to try when a step has failed: the same step with another model, another step, or a fixed value."""

    model: str | None = None
    step: Step | None = None
    value: Any = None


class Step(BaseModel):
    """A step of a chain: the fields that every kind has. A kind is a subclass under ``@step_kind``.

    Attributes:
        when: The step is skipped when this is false.
        after: Steps that must be done first although nothing of them is read.
        timeout: Seconds for one attempt.
        retry: What is tried again.
        fallback: What is tried, in order, when the step has failed: ``{model: alias}``, ``{value: …}`` or a step.
        cache: Whether evaluation may reuse its result.
        effect: What it does to the world; writes are never reused. A kind has its own default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)

    kind: ClassVar[str] = ""
    default_effect: ClassVar[Effect] = "pure"
    eager: ClassVar[tuple[str, ...]] = ()
    lazy: ClassVar[tuple[str, ...]] = ()

    when: LazyExpr = None
    after: tuple[str, ...] = ()
    timeout: float | None = Field(default=None, gt=0)
    retry: Retry | None = None
    fallback: Annotated[Any, PlainValidator(_parse_fallbacks), _FALLBACK_SCHEMA] = ()
    cache: bool = Field(default=True, strict=True)
    effect: Effect | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Sorts the expression fields into those evaluated before the step runs and those it evaluates itself."""
        fields = {name: field.metadata for name, field in cls.model_fields.items() if _COMPILED in field.metadata}
        cls.lazy = tuple(name for name, marks in fields.items() if any(isinstance(mark, Lazy) for mark in marks))
        cls.eager = tuple(name for name in fields if name not in cls.lazy)

    async def run(self, context: StepContext) -> Value:
        """Does the step's work; ``context.inputs`` holds the evaluated expression fields by field name."""
        raise TypeError(f"the step kind {self.kind!r} does not define run()")

    def blocks(self) -> Iterator[tuple[str, Block]]:
        """Nested blocks, each with the name it is shown by."""
        return iter(())

    def locals(self) -> frozenset[str]:
        """Variables that the step itself gives to its nested blocks and lazy expressions (``item``, ``loop``)."""
        return frozenset()

    def needs(self) -> Iterator[Need]:
        """Components that the step itself refers to (not those of its nested blocks)."""
        return iter(())

    @property
    def does(self) -> Effect:
        """The effect in force."""
        return self.effect or self.default_effect

    def reads(self) -> Iterator[Reads]:
        """What the step's own expressions refer to, those of its fallbacks included; not what it gives itself."""
        own = self.locals()
        for name in (*self.eager, *self.lazy):
            inside = name in self.lazy and name != "when"
            yield from (read for read in reads_of(getattr(self, name)) if not (inside and read.root in own))
        for fallback in self.fallback:
            yield from reads_of(fallback.value)
            if fallback.step is not None:
                yield from fallback.step.reads()


def is_true(value: Any) -> bool:
    """Whether a condition holds. Text is no condition: ``"false"`` would be true.

    Raises:
        InputError: The value is text.
    """
    if isinstance(value, str):
        raise InputError(
            f"a condition gave the text {value!r}", hint="write one lone {{ expression }}; text around it makes it text"
        )
    return bool(value)


def mapping_of(value: Any, key: str) -> dict[str, Any]:
    """The value of a field that must be a mapping, such as ``with``.

    Raises:
        InputError: It is none.
    """
    if not isinstance(value, dict):
        raise InputError(f"`{key}` is {type(value).__name__}, not a mapping")
    return value


def reads_of(value: Any) -> Iterator[Reads]:
    """What a compiled value refers to."""
    if isinstance(value, Expression):
        yield from value.reads
    elif isinstance(value, dict):
        for item in value.values():
            yield from reads_of(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from reads_of(item)


def evaluate(value: Any, variables: Mapping[str, Any]) -> Any:
    """A compiled value's value under variables; mappings and lists keep their shape."""
    if isinstance(value, Expression):
        return value.evaluate(variables)
    if isinstance(value, dict):
        return {key: evaluate(item, variables) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [evaluate(item, variables) for item in value]
    return value


K = TypeVar("K", bound=type[Step])


def step_kind(name: str) -> Callable[[K], K]:
    """Registers a :class:`Step` subclass as the kind that the key ``name`` selects in a chain file."""

    def register(cls: K) -> K:
        cls.kind = name
        registry.add("step", name, cls)
        return cls

    return register
