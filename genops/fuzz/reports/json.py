"""The report as JSON: the summary, whole. Keys are added and never change their meaning.

* ``id``, ``campaign``, ``chain``, ``status``, ``started`` (nanoseconds since the epoch).
* ``verdict``: ``outcome`` (``bad``, ``unfinished``, ``undecided``, ``good``), ``exit_code``, ``reasons``.
* ``objectives``, in the order of the campaign, each with ``name``, ``title``, ``severity``, ``tags`` (``owasp``,
  ``atlas``, ``nist``), ``findings`` (how many), ``standing`` (``outcome`` and ``reason``, as the verdict's),
  ``planned`` (tries of its sweep); ``sweep``, ``search`` and ``strategy`` with the five outcomes
  as counts; ``rate`` (of the sweep), ``bounds`` (whatever the tries without a score would have been), ``corrected``
  (null where no sensitivity and specificity were given); ``mutators`` (``mutator``, empty for seeds as written;
  ``outcomes``, ``rate``), ``steps`` (``step``, empty where unknown; ``breaches``, ``rate``), ``at_least_once`` (``k``,
  ``success``).
* ``findings``, the worst first: ``id``, ``objective``, ``severity``, ``label``, ``seed``, ``surface``, ``mutators``,
  ``start`` (the text that these begin with), ``mutations`` (``mutator``, ``seed``, ``settings``), ``text`` (the attack,
  exact), ``step``, ``run``, ``tries`` (that its shortest form took), ``minimal``.
* A rate has ``value``, ``unit``, ``n``, ``low``, ``high``, ``level``, ``method``, ``missing`` (why there is no value or
  no interval) and ``clusters`` (seeds).

A comparison has ``before`` and ``after`` (ids), ``objectives`` (``objective``, ``difference``, ``p``, ``adjusted``,
``mcnemar``, ``direction``, ``unpaired``) and ``unpaired`` (tries by objective without a pair).
"""

from __future__ import annotations

import json
from typing import TextIO

from genops.fuzz.summary import Comparison, Summary


def write(summary: Summary | Comparison, out: TextIO) -> None:
    """Writes the summary in ASCII: attacks hold characters that act, and some that cannot be encoded."""
    json.dump(summary.to_json(), out, indent=2, allow_nan=False)
    out.write("\n")
