"""The search: proposes attacks generation by generation, guided by what the ones before showed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import accumulate, cycle, product
from random import Random

from genops.fuzz.attack import Mutation
from genops.fuzz.objective import Seed
from genops.fuzz.search.bandit import Bandit
from genops.fuzz.search.corpus import Corpus, Entry
from genops.fuzz.search.known import Known
from genops.fuzz.search.plan import Choice, Plan

_DRAWS = 32
"""How often a plan is drawn again because it is known, before another way is taken."""
_SPLICE = 0.5
_WHOLE = 0.75
_BLIND = 0.2


class Search:
    """Coverage-guided search over seeds and chains of mutations, or the same chains drawn blindly.

    Every seed comes first as it is, then every mutator once by itself. From then on a plan is an entry of the corpus
    with one mutation more, or two chains spliced; or, a fifth of the time, it is drawn blindly, as not every hole has
    behaviour that leads to it.

    What is proposed depends on the search's settings and on what was proposed and observed, in order, and on nothing
    else. So a campaign resumes by observing what is stored again, with or without proposing it again before.

    Args:
        starts: Objectives' names and their seeds.
        choices: Mutators; none of a name twice.
        depth: Mutations on top of each other, at most.
        seed: Of all chance.
        guided: Whether to look at what was observed.

    Raises:
        ValueError: There is nothing to start from, or a mutator is named twice.
    """

    def __init__(
        self, starts: Sequence[tuple[str, Seed]], choices: Sequence[Choice], depth: int, seed: int, guided: bool = True
    ) -> None:
        names = [choice.mutator for choice in choices]
        if not starts or len(set(names)) < len(names):
            raise ValueError("a search starts from one seed at least, and names no mutator twice")
        self._starts = [Plan(objective, start) for objective, start in starts]
        self._choices = {choice.mutator: choice for choice in choices}
        self._depth = depth if choices else 0
        self._seed = seed
        self._guided = guided
        self._known = Known()
        self._rest = self._every()
        self._corpus = Corpus(self._starts)
        self._bandit = Bandit(names) if names else None
        self._first = iter([*self._starts, *(self._each_alone() if guided else [])])

    @property
    def corpus(self) -> Corpus:
        """What has been seen so far."""
        return self._corpus

    def propose(self, count: int) -> list[Plan]:
        """The next generation: plans that were neither proposed nor observed before.

        Args:
            count: How many are wanted.

        Returns:
            That many, or fewer where no others are left.
        """
        rng = Random(f"{self._seed} {len(self._known)}")
        pools = _Pools(self._corpus, self._depth) if self._guided and self._bandit else None
        plans: list[Plan] = []
        while len(plans) < count:
            plan = self._fresh(rng, pools)
            if plan is None:
                break
            self._known.add(plan)
            plans.append(plan)
        return plans

    def withdraw(self, plan: Plan) -> None:
        """Takes a proposal back that was not tried."""
        self._known.discard(plan)

    def observe(self, plan: Plan, features: Collection[str], closeness: float, breach: bool) -> bool:
        """Takes in what a try showed; the plan may be of any origin.

        Args:
            plan: What was tried.
            features: Its behaviour (:func:`~genops.fuzz.search.behaviour.behaviour`).
            closeness: How near it came to a breach, 0 to 1.
            breach: Whether it was one.

        Returns:
            Whether it paid: it showed something new, came closer than any before, or is a breach.
        """
        self._known.add(plan)
        paid = self._corpus.observe(plan, features, closeness, breach) or breach
        if plan.mutations and self._bandit:
            self._bandit.observe(plan.mutations[-1].mutator, paid)
        return paid

    def _fresh(self, rng: Random, pools: _Pools | None) -> Plan | None:
        first = self._next(self._first)
        if first is not None:
            return first
        for attempt in range(2 * _DRAWS if self._depth else 0):
            blind = pools is None or attempt >= _DRAWS or rng.random() < _BLIND
            plan = self._blindly(rng) if blind or pools is None else self._from(pools, rng)
            if plan not in self._known:
                return plan
        return self._next(self._rest)

    def _next(self, plans: Iterator[Plan]) -> Plan | None:
        """The next one that is not known; those before it never need to be looked at again."""
        return next((plan for plan in plans if plan not in self._known), None)

    def _each_alone(self) -> list[Plan]:
        """Each mutator once, in any order, on the seeds in turn: what it does by itself hints at what it does later."""
        if not self._depth:
            return []
        starts = cycle(self._starts)
        alone = [choice.every()[0] for choice in self._choices.values()]
        Random(self._seed).shuffle(alone)
        return [Plan(start.objective, start.seed, (mutation,)) for start, mutation in zip(starts, alone, strict=False)]

    def _blindly(self, rng: Random) -> Plan:
        start = rng.choice(self._starts)
        choices = list(self._choices.values())
        chain = tuple(rng.choice(choices).draw(rng) for _ in range(rng.randint(1, self._depth)))
        return Plan(start.objective, start.seed, chain)

    def _from(self, pools: _Pools, rng: Random) -> Plan:
        if pools.donors and rng.random() < _SPLICE:
            return self._spliced(pools.any(rng).plan, pools.donor(rng).plan.mutations, rng)
        entry = pools.extensible(rng).plan
        return Plan(entry.objective, entry.seed, (*entry.mutations, self._mutation(rng)))

    def _spliced(self, head: Plan, tail: tuple[Mutation, ...], rng: Random) -> Plan:
        """The beginning of one chain and the end of another, which is not empty."""
        if rng.random() < _WHOLE:
            chain = (*head.mutations, *tail)
        else:
            chain = (*head.mutations[: rng.randint(0, len(head.mutations))], *tail[rng.randrange(len(tail)) :])
        return Plan(head.objective, head.seed, chain[: self._depth])

    def _mutation(self, rng: Random) -> Mutation:
        assert self._bandit is not None
        return self._choices[self._bandit.choose(rng)].draw(rng)

    def _every(self) -> Iterator[Plan]:
        """All plans there are, short ones first."""
        mutations = [mutation for choice in self._choices.values() for mutation in choice.every()]
        for length in range(self._depth + 1):
            for chain in product(mutations, repeat=length):
                for start in self._starts:
                    yield Plan(start.objective, start.seed, chain)


class _Pools:
    """The corpus as one generation draws from it: entries by their energy."""

    def __init__(self, corpus: Corpus, depth: int) -> None:
        self._energies = [(entry, corpus.energy(entry)) for entry in corpus.entries]
        self._any = self._weighted(lambda entry: True)
        short = self._weighted(lambda entry: len(entry.plan.mutations) < depth and not entry.breach)
        self._short = short if short[0] else self._weighted(lambda entry: not entry.plan.mutations)
        self._donors = self._weighted(lambda entry: bool(entry.plan.mutations))

    def _weighted(self, fits: Callable[[Entry], bool]) -> tuple[list[Entry], list[float]]:
        """Some entries, with the sums of their energies up to each."""
        kept = [(entry, energy) for entry, energy in self._energies if fits(entry)]
        return [entry for entry, _ in kept], list(accumulate(energy for _, energy in kept))

    @property
    def donors(self) -> bool:
        """Whether there is a chain to splice."""
        return bool(self._donors[0])

    def any(self, rng: Random) -> Entry:
        """An entry."""
        return _drawn(self._any, rng)

    def extensible(self, rng: Random) -> Entry:
        """One that can take another mutation and is not a breach already."""
        return _drawn(self._short, rng)

    def donor(self, rng: Random) -> Entry:
        """One with a chain."""
        return _drawn(self._donors, rng)


def _drawn(weighted: tuple[Sequence[Entry], list[float]], rng: Random) -> Entry:
    entries, weights = weighted
    return rng.choices(entries, cum_weights=weights)[0]
