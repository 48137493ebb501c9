"""A drift check as it is defined: which windows, which states of them, how they are tested, and what alarms."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from genops.chains import Parsing
from genops.drift.two_sample import TwoSampleTest, find_test
from genops.drift.windows import Kind, Source, StateSpec, parse_source
from genops.errors import DefinitionError, UsageError, nearest
from genops.evals.definitions import check_keys, read_definition
from genops.evals.fields import field_of, model_of
from genops.plugins import registry
from genops.settings import Settings
from genops.syntax import YamlFile, compile_value

_KEYS = (
    "kind",
    "description",
    "reference",
    "current",
    "of",
    "as",
    "group",
    "context",
    "segments",
    "embedder",
    "tests",
    "descriptors",
    "topics",
    "concepts",
    "vocabulary",
    "correction",
    "alpha",
    "smallest",
    "visible",
    "relabellings",
    "rows",
    "seed",
    "watch",
    "anchors",
)
_OF_KIND: dict[Kind, str] = {"text": "vectors", "vector": "vectors", "number": "numbers", "category": "categories"}
DEFAULT_TESTS = {"vectors": "mmd_fuse", "numbers": "kolmogorov_smirnov", "categories": "chi_square"}
IN_CONTEXT = "context_mmd"
"""The test of vectors where a context is known, so that a changed mix of contexts is not called drift."""

FAMILIES = 4
"""Of questions about a state, at most."""
CorrectionName = Literal["holm", "benjamini-hochberg"]
_Level = Annotated[float, Field(gt=0, lt=1)]


class WatchSpec(BaseModel):
    """How a watch looks after every trace.

    Attributes:
        average_run: Traces between false alarms, on average, at least; of a session or group the first one counts.
        every: Seconds between looks at the store.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    average_run: Annotated[int, Field(ge=100)] = 100_000
    every: Annotated[float, Field(gt=0)] = 5.0


@dataclass(frozen=True, slots=True)
class ChosenTest:
    """A two-sample test with what the check says of it.

    Attributes:
        test: Which.
        settings: Of their types.
    """

    test: TwoSampleTest[Any]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DriftSpec:
    """A check as it is defined.

    Attributes:
        name: By which others refer to it; empty for one of options alone.
        reference: What the current window is compared with.
        current: The window that is judged.
        states: What of both is compared.
        tests: By what their rows are; what is not there has its default.
        descriptors: Names of the descriptors of texts; None for all.
        topics: Whether topics of texts are compared.
        concepts: Whether new concepts are looked for.
        vocabulary: Whether the words that changed most are told.
        embedder: Name of the embedder of texts; None for the project's.
        correction: Over the descriptors of a state.
        alpha: Of a false alarm of the whole check.
        smallest: The least separation that alarms.
        visible: The least separation that must have been likely to be seen for the check to call a window quiet.
        relabellings: B, at least: more are drawn where corrections would put every alarm out of reach.
        rows: Rows of a window that are compared, at most; whole groups are drawn.
        seed: Of everything that is drawn.
        watch: How a watch looks.
        description: For people.
        folder: That files are relative to.
        file: The definition with its positions.
    """

    name: str
    reference: Source
    current: Source
    states: tuple[StateSpec, ...]
    tests: Mapping[str, tuple[ChosenTest, ...]] = field(default_factory=dict)
    descriptors: tuple[str, ...] | None = None
    topics: bool = True
    concepts: bool = True
    vocabulary: bool = True
    embedder: str | None = None
    correction: CorrectionName = "holm"
    alpha: float = 0.05
    smallest: float = 0.1
    visible: float = 0.3
    relabellings: int = 999
    rows: int = 5_000
    seed: int = 0
    watch: WatchSpec = field(default_factory=WatchSpec)
    description: str = ""
    folder: Path = Path()
    file: YamlFile = field(default_factory=lambda: YamlFile({}, "<drift>"))

    @classmethod
    def load(cls, name: str, settings: Settings) -> DriftSpec:
        """Reads ``evals/NAME.yaml``, or a file by its path.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest names.
            DefinitionError: It is no drift check; with the line.
        """
        path, file = read_definition(name, "drift", settings)
        return cls.from_data(file.data, path.stem, path.parent, file)

    @classmethod
    def from_data(
        cls, data: Any, name: str = "", folder: Path | None = None, file: YamlFile | None = None
    ) -> DriftSpec:
        """Reads a check from plain data, as YAML or Python gives it.

        Raises:
            DefinitionError: It is none.
        """
        file = file or YamlFile(data, f"<drift {name}>" if name else "<drift>")
        parsing = Parsing(file)
        check_keys(data, name, "drift", parsing, _KEYS, ("reference", "current"))
        defaults = cls.__dataclass_fields__
        plain = {
            key: field_of(kind, data[key], key, parsing)
            for key, kind in _PLAIN.items()
            if key in data and key in defaults
        }
        return cls(
            name=name,
            reference=_source(data, "reference", parsing),
            current=_source(data, "current", parsing),
            states=_states(data, parsing),
            tests=_tests(data.get("tests", []), parsing.below("tests")),
            descriptors=_descriptors(data, parsing),
            watch=model_of(WatchSpec, data.get("watch", {}), "watch", parsing),
            folder=folder or Path.cwd(),
            file=file,
            **plain,
        )

    def reads(self, root: str) -> bool:
        """Whether an expression of one of its states reads a variable."""
        return any(state.reads(root) for state in self.states)

    def relabellings_of(self, questions: int) -> int:
        """How many relabellings a family of questions needs, so that corrections do not put every alarm out of reach.

        Args:
            questions: That are corrected for within the family.
        """
        families = len(self.states) * FAMILIES
        return max(self.relabellings, ceil(2 * families * questions / self.alpha) - 1)

    def check_tests(self, kinds: Collection[Kind]) -> None:
        """Makes sure that every test which was asked for is one of some rows.

        Args:
            kinds: What the rows of the states are.

        Raises:
            DefinitionError: One is of other rows.
        """
        asked = {_OF_KIND[kind] for kind in kinds}
        for of, uses in self.tests.items():
            if asked and of not in asked:
                fitting = [name for name in registry.names("test") if find_test(name).of in asked]
                raise DefinitionError(
                    f"{uses[0].test.name} is a test of {of}, and the rows are {' and '.join(sorted(asked))}",
                    hint=f"of these there are {', '.join(fitting)}",
                )

    def tests_of(self, kind: Kind, context: bool = False) -> tuple[ChosenTest, ...]:
        """The tests of a state's rows.

        Args:
            kind: What a row is.
            context: Whether the rows' contexts are known.
        """
        of = _OF_KIND[kind]
        if of in self.tests:
            return self.tests[of]
        return (ChosenTest(find_test(IN_CONTEXT if context and of == "vectors" else DEFAULT_TESTS[of])),)


_PLAIN: dict[str, Any] = {
    "description": str,
    "topics": bool,
    "concepts": bool,
    "vocabulary": bool,
    "embedder": str | None,
    "correction": CorrectionName,
    "alpha": _Level,
    "smallest": Annotated[float, Field(ge=0, lt=1)],
    "visible": _Level,
    "relabellings": Annotated[int, Field(ge=19, le=100_000, strict=True)],
    "rows": Annotated[int, Field(ge=2, strict=True)],
    "seed": Annotated[int, Field(ge=0, strict=True)],
}


def _source(data: Mapping[str, Any], key: str, parsing: Parsing) -> Source:
    try:
        return parse_source(data[key])
    except UsageError as error:
        raise DefinitionError(f"`{key}`: {error.message}", at=parsing.at(key), hint=error.hint) from None


def _states(data: Mapping[str, Any], parsing: Parsing) -> tuple[StateSpec, ...]:
    kind = field_of(Kind | None, data.get("as"), "as", parsing)
    shared = {
        "kind": kind,
        "group": _expression(data.get("group"), "group", parsing),
        "context": _expression(data.get("context"), "context", parsing),
        "segments": {
            name: _expression(value, "segments", parsing)
            for name, value in field_of(dict[str, str], data.get("segments", {}), "segments", parsing).items()
        },
    }
    given = data.get("of")
    if given is None:
        return (StateSpec("inputs", **shared),)
    if isinstance(given, str):
        return (StateSpec(_name_of(given), _expression(given, "of", parsing), **shared),)
    named = field_of(dict[str, str], given, "of", parsing)
    if not named:
        raise DefinitionError("`of` names no state", at=parsing.at("of"), hint='of: {answer: "{{ output.answer }}"}')
    return tuple(StateSpec(name, _expression(value, "of", parsing), **shared) for name, value in named.items())


def _expression(value: Any, key: str, parsing: Parsing) -> Any:
    """An expression, compiled; a bare path (``output.answer``) is one too."""
    if value is None:
        return None
    text = field_of(str, value, key, parsing)
    return compile_value(text if "{{" in text else f"{{{{ {text} }}}}", parsing.at(key))


def _name_of(expression: str) -> str:
    return expression.strip().removeprefix("{{").removesuffix("}}").strip()


def _tests(raw: Any, parsing: Parsing) -> dict[str, tuple[ChosenTest, ...]]:
    """The entries of ``tests``: a name, or a name with its settings."""
    uses: dict[str, list[ChosenTest]] = {}
    entries = raw if isinstance(raw, list) else [raw]
    for number, entry in enumerate(entries):
        name, settings = next(iter(entry.items())) if isinstance(entry, dict) and len(entry) == 1 else (entry, {})
        if not isinstance(name, str) or not isinstance(settings, dict):
            raise DefinitionError("a test is a name, or a name with its settings", at=parsing.at(number))
        try:
            test = find_test(name)
        except UsageError as error:
            raise DefinitionError(error.message, at=parsing.at(number), hint=error.hint) from None
        uses.setdefault(test.of, []).append(ChosenTest(test, _settings(test, settings, parsing.below(number))))
    return {of: tuple(each) for of, each in uses.items()}


def _settings(test: TwoSampleTest[Any], given: Mapping[str, Any], parsing: Parsing) -> dict[str, Any]:
    settings = {}
    for key, value in given.items():
        if key not in test.settings:
            hint = nearest(str(key), test.settings) if test.settings else "it has none"
            raise DefinitionError(f"{test.name}: unknown setting {key!r}", at=parsing.at(test.name), hint=hint)
        try:
            settings[key] = test.settings[key].validate_python(value)
        except ValidationError as error:
            what = f"{test.name}: `{key}`: {error.errors()[0]['msg']}"
            raise DefinitionError(what, at=parsing.at(test.name)) from None
    return settings


def _descriptors(data: Mapping[str, Any], parsing: Parsing) -> tuple[str, ...] | None:
    """None for all; ``false`` for none."""
    raw = data.get("descriptors", True)
    if isinstance(raw, bool):
        return None if raw else ()
    known = registry.names("descriptor")
    names: tuple[str, ...] = field_of(tuple[str, ...], raw, "descriptors", parsing)
    for name in names:
        if name not in known:
            what = f"no descriptor is called {name!r}"
            raise DefinitionError(what, at=parsing.at("descriptors"), hint=nearest(name, known))
    return names
