"""Where attacks are tried: a copy of the chain that is prepared for one objective, and its detectors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from genops.artifacts import Value, decode
from genops.chains import Parsing
from genops.errors import InputError, ModelError, StepError, StepTimeout, Unfinished, UsageError
from genops.evals.case import Case
from genops.evals.fault import fault_of
from genops.evals.judges.asking import Questions
from genops.evals.judges.questions import questions_of
from genops.evals.runner.scoring import Scoring, score_sample
from genops.evals.sample import Sample
from genops.evals.scorer import as_text
from genops.evals.subject import subject_of
from genops.evals.use import ScorerUse, parse_uses
from genops.executor import Project, RunOptions, run_chain
from genops.executor.closure import Closure
from genops.executor.plants import NOTHING
from genops.fuzz.attack import Attack
from genops.fuzz.objective import Borrowed, Objective, Seed, Target
from genops.fuzz.runner.contract import asked, checked_detectors
from genops.fuzz.runner.detecting import check_names, not_answered, poison_feature, with_nearness
from genops.fuzz.runner.placing import Placing, check_turns, standing, written
from genops.fuzz.runner.progress import Spend
from genops.fuzz.runner.seeding import Seeding
from genops.fuzz.runner.trying import Try, outcome
from genops.fuzz.search import behaviour
from genops.fuzz.target import Carriers, StepEntry, check_poisonable, planted_closure, poisoned, target_of
from genops.store.records.runs import RunRecord, SpanRecord
from genops.syntax import Expression, YamlFile
from genops.tracing.recorder import describe

_OF_THE_REQUEST = (400, 413, 422)
"""HTTP statuses by which a server that is up takes no such request: it is too long, say, or a filter is in front."""


@dataclass(frozen=True)
class Arena:
    """A copy of a chain, prepared for the attacks of one objective.

    Attributes:
        project: Where it runs.
        objective: What attacks are after.
        seeds: What they begin with.
        placing: Where they go.
        closure: The copy.
        oracles: Detectors of the objective.
        of: What they look at, compiled.
        questions: What judges among them ask.
        timeout: Seconds for one try; None for no bound.
        entry: The step that attacks enter at; None for the chain's inputs.
        added: Detectors of the campaign, which look at tries in which the chain gave an output.
    """

    project: Project
    objective: Objective
    seeds: Seeding
    placing: Placing
    closure: Closure
    oracles: tuple[ScorerUse, ...]
    of: Any
    questions: Questions
    timeout: float | None = None
    entry: StepEntry | None = None
    added: tuple[ScorerUse, ...] = ()

    @classmethod
    def prepare(
        cls,
        project: Project,
        chain: str,
        objective: Objective,
        inputs: Mapping[str, Value],
        *,
        fields: Sequence[str] = (),
        cases: Mapping[str, Mapping[str, Value]] | None = None,
        of: Any = None,
        seed: int = 0,
        judge: str | None = None,
        timeout: float | None = None,
        conversation: str = "",
        own: bool = True,
        borrowed: tuple[Borrowed, ...] = (),
        entry: StepEntry | None = None,
        added: tuple[ScorerUse, ...] = (),
    ) -> Arena:
        """Plants what an objective needs into a copy of a chain.

        Args:
            project: Where it runs.
            chain: Its reference.
            objective: What attacks will be after.
            inputs: A harmless case, for which the copy is made.
            fields: Inputs that an attacker writes; default every text.
            cases: Inputs of all cases that carry attacks, by id; default that one alone.
            of: What detectors look at, compiled; default the whole output.
            seed: Of the canaries.
            judge: Alias that judges ask.
            timeout: Seconds for one try.
            conversation: Input that takes the turns before an attack, as a list of ``{role, content}``.
            own: Whether the objective's own seeds are used.
            borrowed: Texts of others that seeds are made of.
            entry: The step that attacks enter at; None for the chain's inputs.
            added: Detectors beside the objective's own.

        Raises:
            ReferenceNotFound: The chain or a component is not there.
            UsageError: The objective cannot be tried on this chain; the message says why.
        """
        bare = planted_closure(project, chain, entry=entry)
        spec = bare.root.inputs
        target = target_of(bare, spec.validate(inputs), fields)
        with asked(objective, "fits"):
            why = objective.fits(target)
        if why:
            where = f"the chain {chain!r}" + (f", entered at the step {entry.step!r}" if entry is not None else "")
            raise UsageError(f"the objective {objective.name!r} cannot be tried on {where}: {why}")
        if conversation:
            check_turns(bare, target.inputs, conversation)
        with asked(objective, "plants"):
            plants = tuple(objective.plants(target, Random(f"{objective.name} {seed}")))
        if objective.poison == "index":
            check_poisonable(bare, project.settings)
        put = standing(plants)
        with asked(objective, "oracles"):
            entries = [dict(entry) for entry in objective.oracles(target, plants)]
        parsing = Parsing(YamlFile(entries, f"<oracles of {objective.name}>"))
        oracles = checked_detectors(objective, parse_uses(entries, parsing))
        check_names(oracles, added)
        carriers = Carriers(target, spec, cases or {})
        return cls(
            project,
            objective,
            Seeding(objective, carriers, plants, own, borrowed),
            Placing(objective, carriers, plants, conversation),
            planted_closure(project, chain, put, entry) if put != NOTHING else bare,
            oracles,
            of if of is not None else Expression("{{ output }}"),
            Questions(project, model=judge, memo=False),
            timeout,
            entry,
            added,
        )

    @property
    def target(self) -> Target:
        """What the objective knows of the chain, with the first case."""
        return self.placing.carriers.target

    @property
    def detectors(self) -> tuple[ScorerUse, ...]:
        """All that judge a try."""
        return (*self.oracles, *self.added)

    @property
    def judged_by(self) -> list[str]:
        """Digests of what judges among the detectors ask, and of the files that detectors read.

        Raises:
            UsageError: A judge's template or model is not there, or a file is broken.
        """
        asked = dict.fromkeys(pair for use in self.detectors for pair in questions_of(use.scorer, use.settings))
        files = [digest for use in self.detectors for digest in use.files(self.project.settings).values()]
        return [*(self.questions.closure(prompt, model).lock.digest for prompt, model in asked), *files]

    async def warm(self, spend: Spend | None = None) -> None:
        """Runs what is planted in another session, once: what a chain keeps of it must not come out here.

        Args:
            spend: Told what that used.

        Raises:
            Unfinished: The chain fails for it, so that nothing is planted.
        """
        for number, inputs in enumerate(self.placing.other_sessions):
            options = RunOptions(
                mode="fuzz",
                session=f"other-{number}",
                on_finish=lambda run, spans, payload: spend(*_used(run)) if spend is not None else None,
            )
            try:
                async with asyncio.timeout(self.timeout):
                    await run_chain(self.project, self.closure, inputs, options)
            except (StepError, TimeoutError) as error:
                what = f"the chain fails for what another user says, so that {self.objective.name!r} cannot be tried"
                why = error.message if isinstance(error, StepError) else f"it was not done within {self.timeout:g} s"
                raise Unfinished(f"{what}: {why}") from error

    async def is_up(self, spend: Spend) -> bool:
        """Whether the chain and its judges can be reached: the harmless case, tried like an attack, goes through.

        Args:
            spend: Told what that used.

        Raises:
            StoreError: The run cannot be kept.
        """
        target = self.target
        text = str(target.inputs[target.fields[0]])
        found = await self.attempt(Attack(self.objective.name, Seed("harmless", text), (), text))
        spend(found.cost, found.tokens)
        return found.outcome != "infrastructure"

    async def attempt(self, attack: Attack) -> Try:
        """Runs an attack.

        Raises:
            StoreError: The run cannot be kept.
        """
        made: list[_Made] = []
        options = RunOptions(
            mode="fuzz",
            session="attacker",
            tags=(f"objective:{self.objective.name}",),
            on_finish=lambda run, spans, payload: made.append(_Made(run, spans, payload)),
        )
        inputs, poison = self.placing(attack)
        output: Value = None
        error: Exception | None = None
        try:
            with poisoned(poison):
                async with asyncio.timeout(self.timeout):
                    output = (await run_chain(self.project, self.closure, inputs, options)).output
        except TimeoutError:
            error = StepTimeout(
                f"the try was not done within {self.timeout:g} s", hint="raise the campaign's `timeout`"
            )
        except Exception as failure:  # a chain that breaks is what is looked for
            error = failure
        if not made and isinstance(error, InputError):  # the chain declares that it does not take such a text
            made.append(_Made(RunRecord("", "", self.closure.root.name, 0, error=describe(error)), [], lambda _: None))
        if not made:
            return Try(attack, "infrastructure", error=describe(error or StepTimeout("the run was never begun")))
        return await self._judged(attack, inputs, output, error, made[0])

    async def _judged(
        self,
        attack: Attack,
        inputs: Mapping[str, Value],
        output: Value,
        error: Exception | None,
        made: _Made,
    ) -> Try:
        run = made.run
        described = {} if error is None else describe(error)
        if run.error is not None and not isinstance(error, StepTimeout):
            described = run.error  # without secrets
        away = isinstance(error, ModelError) or fault_of(run) == "infrastructure"
        if away and described.get("status") not in _OF_THE_REQUEST:
            cost, tokens = _used(run)
            return Try(attack, "infrastructure", run.id, error=described, cost=cost, tokens=tokens)
        case = Case(attack.seed.id, inputs, metadata=attack.metadata)
        sample = Sample(case, self.objective.name, 0, output, run)
        scoring = Scoring(sample, self.project, self.questions, made.spans)
        uses, of = (self.detectors, self.of) if error is None else (self.oracles, "")
        scores = with_nearness(await score_sample(uses, of, scoring), uses)
        cost, tokens = scoring.judged.beside(run)
        found = outcome(scores, failed=error is not None and fault_of(run) != "declined")
        if found == "safe" and error is None and await self._says_nothing(scoring):
            found, described = "unscored", {"type": "Unscored", "message": "the output has no words to look at"}
        if found == "infrastructure":
            described = {"type": "NoAnswer", "message": not_answered(scores)}
        features = behaviour(made.spans, made.value, None if error is not None else as_text(output), scores)
        if attack.seed.surface == "passage":
            features |= {poison_feature(written(attack), made.spans, made.value)}
        return Try(attack, found, run.id, output, described, scores, features, cost, tokens)

    async def _says_nothing(self, scoring: Scoring) -> bool:
        """Whether there is nothing in what oracles looked at: that is no defence, and tells nothing of one."""
        if not self.objective.reads_output:
            return False
        return not as_text(await subject_of(self.of, scoring.sample.variables(), scoring)).strip()


@dataclass(frozen=True, slots=True)
class _Made:
    """What a run leaves behind, however it ends."""

    run: RunRecord
    spans: list[SpanRecord]
    payload: Callable[[str], bytes | None]

    def value(self, digest: str) -> Value:
        data = self.payload(digest)
        return None if data is None else decode(data)


def _used(run: RunRecord) -> tuple[float | None, int]:
    """US dollars and tokens of a run."""
    return run.cost, run.input_tokens + run.output_tokens
