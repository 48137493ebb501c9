"""The report as JSON: the summary, whole. Keys are added and never change their meaning.

* ``id``, ``campaign``, ``chain``, ``step`` (that attacks enter at; empty for the chain's inputs), ``cases`` (how many
  carry attacks), ``status``, ``started`` (nanoseconds since the epoch).
* ``verdict``: ``outcome`` (``bad``, ``unfinished``, ``undecided``, ``good``), ``exit_code``, ``reasons``.
* ``objectives``, in the order of the campaign, each with ``name``, ``title``, ``severity``, ``tags`` (``owasp``,
  ``atlas``, ``nist``), ``findings`` (how many), ``standing`` (``outcome`` and ``reason``, as the verdict's),
  ``planned`` (tries of its sweep); ``sweep``, ``search`` and ``strategy`` with the outcomes as counts
  (``breach``, ``safe``, ``crashed``, ``unscored``, ``infrastructure``, and by the attacker model ``refused`` and
  ``unusable``); ``rate`` (of the sweep), ``bounds`` (whatever the tries without a score would have been);
  ``sensitivity`` and ``specificity`` of the detectors, and the rate ``corrected`` for them (all null where no try is
  labelled); ``mutators`` (``mutator``, empty for seeds as written; ``outcomes``, ``rate``), ``steps`` (``step``, empty
  for the whole chain, null where unknown; ``breaches``, ``rate``), ``at_least_once`` (``k``, ``success``); ``poison``
  (of attacks of the sweep that came by a passage: ``tries``, and in how many of them a search ``found`` it; null where
  none did); ``fields`` (``field``, empty for what is written into none; ``outcomes``, ``rate``; no entries where an
  attacker writes only one).
* ``findings``, the worst first: ``id``, ``objective``, ``severity``, ``label``, ``seed``, ``surface``, ``mutators``,
  ``start`` (the text that these begin with), ``mutations`` (``mutator``, ``seed``, ``settings``), ``text`` (the attack,
  exact), ``step``, ``run``, ``tries`` (that its shortest form took), ``minimal``, ``case`` and ``field`` that carry it
  (empty where there is only one).
* ``robustness``, null where the campaign has none: ``standing``, ``planned`` and ``made`` (tries), ``cases``,
  ``unanswered`` and ``failed`` (cases that nothing could be compared with); ``baseline`` (cases asked again without a
  change) and ``relations``, each with ``relation``, ``outcomes`` (``same``, ``changed``, ``crashed``, ``unscored``,
  ``skipped``, ``infrastructure``, ``refused``, ``unusable``), ``rate`` (of changed answers), ``excess`` (more than
  without a change), ``at_most`` (what ``excess`` may be, or null), ``standing`` (null where nothing is said);
  ``prompts``, the most sensitive first (``step``, ``prompt``, ``rate`` of being the first to change, ``without`` a
  change); ``examples`` (``relation``, ``case``, ``outcome``, ``mutators``, the runs ``before`` and ``after``, the
  beginning of each ``answer`` and of what it ``became``, ``step``, ``prompt``).
* ``gate``, null where it was not asked: ``outcome`` (``pass``, ``fail``, ``undecided``), ``rules`` and the figures of
  :class:`genops.evals.gate.Verdict`.
* A rate has ``value``, ``unit``, ``n``, ``low``, ``high``, ``level``, ``method``, ``missing`` (why there is no value or
  no interval) and ``clusters`` (seeds; of robustness, cases).

A comparison has ``before`` and ``after`` (ids), ``objectives`` and ``relations`` (each with ``name``, ``difference``,
``p``, ``adjusted``, ``mcnemar``, ``direction``, ``unpaired``) and ``unpaired`` (tries by the name of what has no pair).
"""

from __future__ import annotations

import json
from typing import TextIO

from genops.fuzz.reports.report import Report
from genops.fuzz.summary import Comparison, Summary


def write(report: Report, out: TextIO) -> None:
    """Writes the summary."""
    write_data(report.summary, out)


def write_data(data: Summary | Comparison, out: TextIO) -> None:
    """Writes it in ASCII: attacks hold characters that act, and some that cannot be encoded."""
    json.dump(data.to_json(), out, indent=2, allow_nan=False)
    out.write("\n")
