"""A monitor as it is defined: what of production is scored, which figures are watched, and who is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from genops.chains import Parsing
from genops.errors import DefinitionError
from genops.evals.definitions import check_keys, read_definition
from genops.evals.fields import field_of, model_of
from genops.evals.score import Range
from genops.evals.use import ScorerUse, parse_uses
from genops.monitoring.alerts import Channel, Given, Rule, parse_channels, parse_rules
from genops.monitoring.durations import Duration
from genops.monitoring.sampling import Rates
from genops.settings import Settings
from genops.syntax import Expression, YamlFile, compile_value

_KEYS = (
    "kind",
    "description",
    "chain",
    "sample",
    "of",
    "scorers",
    "judge",
    "release",
    "drift",
    "over",
    "every",
    "keep",
    "rules",
    "channels",
    "anchors",
)
DAY = 86_400.0
KEEP = 90 * DAY
"""Seconds for which scores and accepted messages are kept, where the monitor does not say and has no longer window."""


@dataclass(frozen=True)
class MonitorSpec:
    """A monitor as it is defined.

    Attributes:
        name: By which others refer to it.
        chain: Name of the chain whose runs it watches.
        rates: How many of them are scored.
        strata: The expressions of ``rates.strata``, compiled.
        of: What scorers look at, compiled.
        scorers: As in a suite; none where only figures of runs are watched.
        judge: Alias that judges ask; None for the project's default.
        release: Reference of the evaluation whose scores are compared with; empty for none.
        drift: Names of drift checks whose watches it runs.
        over: Seconds that figures are of, up to now, where a rule says nothing else.
        every: Seconds between looks.
        keep: Seconds for which scores and accepted messages are kept; no window is longer.
        rules: What is watched.
        channels: By which people are told, by name.
        description: For people.
        file: The definition with its positions.
    """

    name: str
    chain: str
    rates: Rates = field(default_factory=Rates)
    strata: Mapping[str, Any] = field(default_factory=dict)
    of: Any = field(default_factory=lambda: Expression("{{ output }}"))
    scorers: tuple[ScorerUse, ...] = ()
    judge: str | None = None
    release: str = ""
    drift: tuple[str, ...] = ()
    over: float = DAY
    every: float = 30.0
    keep: float = KEEP
    rules: tuple[Rule, ...] = ()
    channels: Mapping[str, Channel] = field(default_factory=dict)
    description: str = ""
    file: YamlFile = field(default_factory=lambda: YamlFile({}, "<monitor>"))

    @property
    def longest(self) -> float:
        """Seconds of the longest window that a figure is of."""
        return _longest(self.over, self.rules)

    @property
    def ranges(self) -> dict[str, Range]:
        """Of the scores, by the name of the scorer's entry."""
        return {use.name: use.scorer.range for use in self.scorers}

    @classmethod
    def load(cls, name: str, settings: Settings) -> MonitorSpec:
        """Reads ``evals/NAME.yaml``, or a file by its path.

        Raises:
            ReferenceNotFound: There is none; the message lists the nearest names.
            DefinitionError: It is no monitor; with the line.
        """
        path, file = read_definition(name, "monitor", settings)
        return cls.from_data(file.data, path.stem, settings.root, file)

    @classmethod
    def from_data(cls, data: Any, name: str, root: Path | None = None, file: YamlFile | None = None) -> MonitorSpec:
        """Reads a monitor from plain data, as YAML or Python gives it.

        Args:
            data: Its keys.
            name: By which others refer to it.
            root: The project's folder, where commands run.
            file: Where it stands.

        Raises:
            DefinitionError: It is none.
        """
        file = file or YamlFile(data, f"<monitor {name}>")
        parsing = Parsing(file)
        check_keys(data, name, "monitor", parsing, _KEYS, ("chain",))
        rates = model_of(Rates, data.get("sample", {}), "sample", parsing)
        scorers = parse_uses(data.get("scorers", []), parsing.below("scorers"))
        drift = field_of(tuple[str, ...], data.get("drift", ()), "drift", parsing)
        channels = parse_channels(data.get("channels", {}), parsing.below("channels"), root or Path.cwd())
        release = field_of(str, data.get("release", ""), "release", parsing).removeprefix("eval:")
        over = field_of(Duration, data.get("over", DAY), "over", parsing)
        given = Given({use.name: use.scorer.range for use in scorers}, drift, tuple(channels), bool(release))
        rules = parse_rules(data.get("rules", []), parsing.below("rules"), given)
        longest = _longest(over, rules)
        keep = field_of(Duration, data.get("keep", max(KEEP, longest)), "keep", parsing)
        if keep < longest:
            raise DefinitionError(
                f"`keep` is {keep:g} s, and a figure is of {longest:g} s",
                at=parsing.at("keep"),
                hint="keep scores at least as long as `over` and the windows of rules",
            )
        return cls(
            name=name,
            chain=field_of(str, data["chain"], "chain", parsing),
            rates=rates,
            strata={each: compile_value(each, parsing.at("sample")) for each in rates.strata},
            of=compile_value(data.get("of", "{{ output }}"), parsing.at("of")),
            scorers=scorers,
            judge=field_of(str | None, data.get("judge"), "judge", parsing),
            release=release,
            drift=drift,
            over=over,
            every=field_of(Duration, data.get("every", 30.0), "every", parsing),
            keep=keep,
            rules=rules,
            channels=channels,
            description=field_of(str, data.get("description", ""), "description", parsing).strip(),
            file=file,
        )


def _longest(over: float, rules: Iterable[Rule]) -> float:
    return max([over, *(rule.over for rule in rules if rule.over is not None)])
