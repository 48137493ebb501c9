"""The samples of an evaluation in a page: columns for its table, and packed texts for what a row opens to.

Texts are packs of consecutive cases, gzipped JSON in base64, so that a browser unpacks only what is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import groupby, islice
from typing import Any

import orjson

from genops.artifacts import Value, decode
from genops.errors import Unfinished
from genops.evals.datasets.dataset import Dataset
from genops.evals.reports.html.bounded import bounded, shortened
from genops.evals.reports.html.columns import Columns
from genops.evals.reports.html.packing import packed, page_json
from genops.executor import Project
from genops.page import browser_value
from genops.store.records.evaluations import EvalRecord, SampleRecord

VALUE_ROOM = 20_000
_TEXT_ROOM = 4_000
_PREVIEW_ROOM = 100
_EVIDENCE = 20
_BATCH = 1_000
_PACK = 500_000


class Samples:
    """The samples of an evaluation on their way into a page.

    Args:
        project: Whose they are.
        record: The evaluation.

    Attributes:
        columns: Of the samples whose packs were given.
    """

    def __init__(self, project: Project, record: EvalRecord) -> None:
        self._project = project
        self._record = record
        self.columns = Columns()

    def packs(self) -> Iterator[str]:
        """The texts, pack by pack, in flat memory."""
        cases: list[bytes] = []
        size, first = 0, 0
        for text in self._cases():
            cases.append(text)
            size += len(text)
            if size >= _PACK:
                self.columns.packs.append(first)
                yield packed(cases)
                cases, size, first = [], 0, len(self.columns.cases)
        if cases:
            self.columns.packs.append(first)
            yield packed(cases)

    def _cases(self) -> Iterator[bytes]:
        """Each case with its samples, as JSON."""
        for number, samples in groupby(self._with_outputs(), key=lambda pair: pair[0].case_number):
            members = list(samples)
            self.columns.cases.append(members[0][0].case)
            data = {**self._case(number), "samples": [self._sample(sample, output) for sample, output in members]}
            yield page_json(data)

    def _with_outputs(self) -> Iterator[tuple[SampleRecord, dict[str, Any] | None]]:
        """Samples with ``{"value": output}`` or ``{"problem": why}``; None where there was no output."""
        store = self._project.store
        samples = store.samples(self._record.id)
        while batch := list(islice(samples, _BATCH)):
            found = store.payloads({sample.output for sample in batch if sample.output})
            for sample in batch:
                if sample.output is None:
                    yield sample, None
                else:  # one that is not written yet is asked for alone
                    yield sample, _output(found.get(sample.output) or store.payload(sample.output))

    @cached_property
    def _dataset(self) -> Dataset | Unfinished:
        kept = self._record.body["manifest"]["dataset"]
        try:
            return Dataset.stored(kept["digest"], self._project.settings.data_dir, kept["name"])
        except Unfinished as error:
            return error

    def _case(self, number: int) -> dict[str, Any]:
        """What is known of a case, redacted; what is as by default is left out."""
        if isinstance(self._dataset, Unfinished):
            return {"problem": self._dataset.message}
        case = self._dataset[number]
        redactor = self._project.redactor.session()
        about: dict[str, Value] = {
            "tags": list(case.tags),
            "weight": case.weight if case.weight != 1 else None,
            "cluster": case.cluster,
            "split": case.split,
            "critical": case.critical or None,
        }
        shown: dict[str, Any] = {"inputs": _shown(redactor.value(dict(case.inputs)))}
        if case.expected is not None:
            shown["expected"] = _shown(redactor.value(case.expected))
        if case.metadata:
            shown["metadata"] = _shown(redactor.value(dict(case.metadata)))
        shown["about"] = redactor.value({name: value for name, value in about.items() if value})
        return shown

    def _sample(self, sample: SampleRecord, output: dict[str, Any] | None) -> dict[str, Any]:
        text = "" if output is None or "problem" in output else _first_text(output["value"])
        if sample.error is not None:
            text = str(sample.error.get("message", ""))
        self.columns.add(sample, shortened_line(text))
        shown = {
            "run": sample.run,
            "error": sample.error,
            "output": _shown(output["value"]) if output is not None and "value" in output else output,
            "input_tokens": sample.input_tokens,
            "output_tokens": sample.output_tokens,
            "scores": {name: _score(score) for name, score in sample.scores.items()},
            "judged": sample.judged,
        }
        return {name: value for name, value in shown.items() if value}


def shortened_line(text: str) -> str:
    """The beginning of a text on one line."""
    return " ".join(text[: 4 * _PREVIEW_ROOM].split())[:_PREVIEW_ROOM]


def _output(data: bytes | None) -> dict[str, Any]:
    if data is None:
        return {"problem": "the output is not in the store"}
    try:
        return {"value": decode(data)}
    except ValueError as error:
        return {"problem": str(error)}


def _score(score: Mapping[str, Any]) -> dict[str, Any]:
    """A score for the page: its texts cut to what can be read."""
    shown = dict(_restored(score))
    for name in ("explanation", "unscored"):
        if name in shown:
            shown[name] = shortened(str(shown[name]), _TEXT_ROOM)
    if evidence := shown.get("evidence"):
        shown["evidence"] = [{**piece, "text": shortened(piece["text"], _TEXT_ROOM)} for piece in evidence[:_EVIDENCE]]
    if "metadata" in shown:
        shown["metadata"] = bounded(shown["metadata"], _TEXT_ROOM)
    return shown


def _shown(value: Value) -> dict[str, Any]:
    return bounded(value, VALUE_ROOM)


def _restored(score: Mapping[str, Any]) -> Any:
    """A score as it was before it was made to fit a line of JSON."""
    text = orjson.dumps(score)
    return decode(b"e" + text) if b'"$"' in text else score


def _first_text(value: Value) -> str:
    """What of an output is shown on its row: the text that it is, or the longest that it holds on its first level."""
    if isinstance(value, str):
        return value
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    texts = [item for item in held if isinstance(item, str)]
    return max(texts, key=len) if texts else json.dumps(browser_value(value), ensure_ascii=False)
