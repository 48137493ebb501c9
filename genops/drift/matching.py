"""Windows of one mix: where contexts are known, what is compared has the same share of each in both windows.

A check with contexts asks whether the rows of each context are as they were, and how many there are of each may change.
Relabelling within contexts makes the p-value of any statistic right for that; but an effect, a mean before and now or
a list of changed words would still be that of the mix, and a statistic that the mix moved by far may be moved back by
what changed inside. So rows are drawn that have one mix: of each context p times as many groups of the reference as q
times of the current window, with the p and q that leave the most to see. It is matching on the context (P. R.
Rosenbaum, Observational Studies, 2002; S. M. Iacus, G. King and G. Porro, Causal inference without balance checking:
coarsened exact matching, Political Analysis 20, 2012). How many are drawn depends on the contexts alone, so that groups
are as exchangeable as they were, and any test, descriptor or list can be had of what is left.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from genops.drift.samples import Codes, Samples
from genops.drift.windows import Window

DRAWN = "for one mix of contexts in both windows"
_MOST = 20
"""Beyond so many rows of one window for each of the other, more of them tell nothing."""
_NAMED = 3


def in_one_mix(reference: Window, current: Window, seed: int = 0) -> tuple[Window, Window]:
    """Both windows with as many of their rows as have one mix of contexts; as they are, where no context is known.

    A group is of the set of contexts that it has rows of, and stands for that set among groups of the same one. What
    has none of its kind in the other window cannot be compared: it is left out, and counted by its reason.

    Args:
        reference: What the current window is compared with.
        current: The window that is judged.
        seed: Of which groups are drawn.
    """
    if reference.contexts is None or current.contexts is None or not len(reference) or not len(current):
        return reference, current
    windows, split = (reference, current), len(reference)
    samples = Samples.of_numbers(
        np.zeros(split),
        np.zeros(len(current)),
        groups=(reference.groups, current.groups),
        contexts=(reference.contexts, current.contexts),
    )
    kept = _kept(samples, seed)[samples.groups]
    shared = set(reference.contexts) & set(current.contexts)
    parts = kept[:split], kept[split:]
    return _part(windows[0], parts[0], shared), _part(windows[1], parts[1], shared)


def _kept(samples: Samples, seed: int) -> NDArray[np.bool_]:
    """Whether each group is drawn: of each stratum p and q times as many of the windows' groups."""
    strata = samples.strata
    side = np.zeros(len(strata), dtype=np.intp)
    side[samples.groups[samples.reference :]] = 1
    cell = 2 * strata + side
    counts = np.bincount(cell, minlength=2 * int(strata.max()) + 2).reshape(-1, 2)
    ratio = _ratio(counts)
    wanted = ((counts // ratio).min(axis=1)[:, None] * ratio).ravel()
    order = np.lexsort((np.random.default_rng([seed, 6]).random(len(cell)), cell))
    place = np.empty(len(cell), dtype=np.intp)
    place[order] = np.arange(len(cell)) - np.searchsorted(cell[order], cell[order])
    return np.asarray(place < wanted[cell])


def _ratio(counts: Codes) -> Codes:
    """The p and q up to 20 by which m n / (m + n) of the m and n groups that are drawn of the windows is the greatest.

    Args:
        counts: Groups of each stratum of either window, of shape (strata, 2).
    """
    small = np.stack(np.meshgrid(np.arange(1, _MOST + 1), np.arange(1, _MOST + 1)), axis=-1).reshape(-1, 2)
    whole = counts[counts.all(axis=1)].sum(axis=0, keepdims=True)  # of one stratum all groups stay
    choices = np.vstack([small, np.maximum(whole, 1)])
    times = np.array([(counts // choice).min(axis=1).sum() for choice in choices])
    return np.asarray(choices[(times * choices.prod(axis=1) / choices.sum(axis=1)).argmax()])


def _part(window: Window, kept: NDArray[np.bool_], shared: set[str]) -> Window:
    """The rows that are drawn, and a count of the others by why they are not."""
    assert window.contexts is not None
    others = Counter(window.contexts[row] for row in np.flatnonzero(~kept))
    alone = {context: count for context, count in others.items() if context not in shared}
    left_out = {**window.left_out}
    if alone:
        left_out[f"of {_named(alone)}, of which the other window has none"] = sum(alone.values())
    if len(others) > len(alone):
        left_out[DRAWN] = sum(others.values()) - sum(alone.values())
    part = window.at(np.flatnonzero(kept).tolist())
    return replace(part, left_out=left_out, drawn_from=window.drawn_from - int((~kept).sum()))


def _named(contexts: dict[str, int]) -> str:
    """The contexts of most rows by name."""
    names = sorted(contexts, key=lambda name: (-contexts[name], name))
    shown = ", ".join(name or "none known" for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"context{'s' if len(names) > 1 else ''} {shown}{more}"
