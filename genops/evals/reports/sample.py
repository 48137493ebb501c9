"""One sample: what was asked and expected, what the chain gave, and every score with what it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich.console import Group
from rich.text import Text

from genops.artifacts import Value, json_form
from genops.evals.reports import wording
from genops.evals.results import StoredSample
from genops.evals.scorer import as_text
from genops.evals.summary.arms import error_text
from genops.tracing.quantities import dollars, seconds
from genops.tracing.readable import visible

GONE = "the output is no longer stored"
NO_CASE = "the dataset is no longer kept"


def sample_json(sample: StoredSample) -> dict[str, Any]:
    """The sample as plain data."""
    case = sample.case
    return {
        **asdict(sample.record),
        "inputs": None if case is None else json_form(dict(case.inputs)),
        "expected": None if case is None else json_form(case.expected),
        "output": json_form(sample.output),
        "output_digest": sample.record.output,
        "output_gone": sample.gone,
    }


def sample_view(sample: StoredSample) -> Group:
    """The sample for a terminal."""
    return Group(*_lines(sample), Text())


def _lines(sample: StoredSample) -> Iterator[Text]:
    record = sample.record
    used = f"{seconds(record.seconds)}  {record.input_tokens + record.output_tokens:,} tokens  {dollars(record.cost)}"
    head = Text(_one(record.case), style="bold")
    yield head.append(f"  {_one(record.variant)}  repeat {record.repeat}  {used}", style="not bold")
    if record.run:
        yield Text(f"  {wording.trace_command(record.run)}", style="dim")
    if sample.case is None:
        yield Text(f"  {NO_CASE}", style="yellow")
    else:
        for name, value in sample.case.inputs.items():
            yield from _value(_one(name), value)
        if sample.case.expected is not None:
            yield from _value("expected", sample.case.expected)
    if record.status == "error":
        yield Text(f"  {wording.KINDS['infrastructure']}: ", style="bold red").append(_many(error_text(record)))
        return
    if record.error:
        yield Text("  no output: ", style="bold").append(_many(error_text(record)), style="not bold")
    elif sample.gone:
        yield Text(f"  output: {GONE}", style="yellow")
    else:
        yield from _value("output", sample.output)
    for name, score in record.scores.items():
        yield from _score(name, score)
    for verdict in record.pairs:
        yield from _pair(verdict)


def _pair(verdict: Mapping[str, Any]) -> Iterator[Text]:
    """What a judge says of the answer beside another variant's."""
    line = Text(f"  beside {_one(verdict['second'])}: ", style="bold")
    if "unscored" in verdict:
        yield line.append(f"unscored: {_many(str(verdict['unscored']))}", style="yellow")
        return
    told = {1.0: "better", 0.0: "worse"}.get(verdict["outcome"], "tie")
    orders = "" if verdict["orders_agree"] else ", as the orders disagree"
    yield line.append(told + orders, style="not bold")
    if explanation := verdict.get("explanation"):
        yield Text(_indented(_many(explanation), 4))


def _score(name: str, score: Mapping[str, Any]) -> Iterator[Text]:
    if "unscored" in score:
        yield Text(f"  {_one(name)}: ", style="bold").append(
            f"unscored: {_many(str(score['unscored']))}", style="yellow"
        )
        return
    passed = score.get("passed")
    told = "" if passed is None else "  passed" if passed else "  bad"
    line = Text(f"  {_one(name)}: ", style="bold").append(f"{score['value']:g}", style="not bold")
    line.append(told, style="bold red" if passed is False else "green")
    if label := score.get("label"):
        line.append(f"  {_one(label)}", style="not bold")
    yield line
    if explanation := score.get("explanation"):
        yield Text(_indented(_many(explanation), 4))
    for piece in score.get("evidence", ()):
        where = piece.get("source", "output")
        span = f" {piece['span'][0]} to {piece['span'][1]}" if piece.get("span") else ""
        remark = f" ({_one(piece['note'])})" if piece.get("note") else ""
        yield Text(f"    {_one(where)}{span}{remark}: ", style="dim").append(_one(piece["text"]), style="not dim")


def _value(name: str, value: Value) -> Iterator[Text]:
    text = _many(as_text(value))
    yield Text(f"  {name}: ", style="bold").append(
        text if "\n" not in text else "\n" + _indented(text, 4), style="not bold"
    )


def _indented(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.splitlines())


def _one(text: str) -> str:
    return _many(" ".join(text.split()))


def _many(text: str) -> str:
    """Data cannot steer the terminal."""
    return "\n".join(line if line.isprintable() else visible(line) for line in text.splitlines())
