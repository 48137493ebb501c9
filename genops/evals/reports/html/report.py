"""The report of an evaluation as one HTML file that needs nothing else.

``genops eval report ID --format html -o FILE`` writes what :func:`html_report` gives::

    tally = Tally.read(project.store, record, project.settings.data_dir)
    with open("report.html", "w", encoding="utf-8") as file:
        file.writelines(html_report(project, summarise(tally)))

The texts of the samples come first in the file, packed (see :mod:`genops.evals.reports.html.samples`), then the summary
and the columns of the table, then the script: one pass over the samples, in memory that grows by a few numbers and a
line of text for each.
"""

from __future__ import annotations

from collections.abc import Iterator

from genops.evals.reports.html.samples import Samples
from genops.evals.summary import Summary
from genops.executor import Project
from genops.page import Page, embedded

_SCRIPTS = ("diff", "samples", "rows", "detail")


def html_report(project: Project, summary: Summary) -> Iterator[str]:
    """The report, part by part.

    No content of the evaluation can run: it is in the page as data, and the page's policy allows nothing but its own
    script and style. Cases are redacted as runs are.

    Args:
        project: Whose store and datasets hold the evaluation.
        summary: Of the evaluation; its reference is what the table and the details compare with.

    Raises:
        ReferenceNotFound: The store has no such evaluation.
    """
    samples = Samples(project, project.store.evaluation(summary.evaluation))
    page = Page("genops.evals.reports.html", "report", _SCRIPTS, report=True)
    before, after = page.around("packs", f"{summary.suite} · {summary.evaluation[:12]}")
    yield before
    for pack in samples.packs():
        yield f'<script type="text/plain" class="pack">{pack}</script>\n'
    yield after(data=embedded(_data(summary, samples)))


def _data(summary: Summary, samples: Samples) -> dict[str, object]:
    first = summary.variants[0]
    own = [comparison.reference for comparison in summary.comparisons if not comparison.evaluation]
    return {
        "summary": summary.to_json(),
        "baseline": own[0] if own else first.name,
        "lower_is_better": [name for name, metric in first.metrics.items() if metric.spec.lower_is_better],
        "columns": samples.columns.to_json(),
    }
