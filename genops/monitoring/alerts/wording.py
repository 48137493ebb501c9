"""A message in words, for people."""

from __future__ import annotations

from genops.monitoring.alerts.harmless import harmless, one_line, unpinged
from genops.monitoring.alerts.message import FigureTold, Message
from genops.store.records.alerts import AlertState
from genops.tracing.quantities import counted, dollars, seconds

_SAYS: dict[AlertState, str] = {
    "alert": "The whole interval is beyond the bound.",
    "warning": "It may be beyond the bound.",
    "ok": "It is not beyond the bound.",
    "no data": "There is too little data to say.",
}
_COUNTED = {"traces": "trace", "tokens": "token"}
_DURATIONS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def headline(message: Message) -> str:
    """One line: ``[alert] live: error_rate > 0.05``."""
    reminder = ", reminder" if message.reminder else ""
    return unpinged(one_line(f"[{message.state}{reminder}] {message.monitor}: {message.rule}"))


def paragraphs(message: Message, late: bool = False) -> list[str]:
    """What is to be said below the headline, a sentence or two each.

    Args:
        message: Which.
        late: Whether the rule's state has changed since the message was written.
    """
    known = message.figure.value is not None or message.state != "ok"
    says = _SAYS[message.state] if known else "It is watched no longer."
    if message.state == "alert" and (message.figure.low is None or message.figure.high is None):
        says = "It is beyond the bound."
    said = [f"{figure_text(message.figure)} {says}"]
    before = f"; before, it was told as {message.before}" if message.before else ""
    said.append(f"{message.state} since {message.since}{'' if message.reminder else before}.")
    if late:
        said.insert(0, f"Late: this was written at {message.at}, and the state has changed since.")
    return [unpinged(one_line(each, 1_000)) for each in said]


def example_lines(message: Message) -> list[str]:
    """A line for each example run."""
    return [f"{harmless(one_line(one.text))} ({one.command})" for one in message.examples]


def link_lines(message: Message) -> list[str]:
    """A line for each command."""
    return [f"{name}: {unpinged(one_line(command, 1_000))}" for name, command in message.links.items()]


def plain_text(message: Message, late: bool = False) -> str:
    """The message below its headline as plain text."""
    parts = ["\n".join(paragraphs(message, late))]
    if message.examples:
        parts.append("\n".join(["For example:", *(f"- {line}" for line in example_lines(message))]))
    parts.append("\n".join(link_lines(message)))
    return "\n\n".join(parts) + "\n"


def figure_text(figure: FigureTold) -> str:
    """``error_rate is 20 % (95 % interval 14 % to 27 %, 240 observations) over the last day; it is bad at > 5 %``."""
    bound = f"it is bad at {figure.sign} {quantity(figure.bound, figure.unit)}"
    over = f"over the last {duration(figure.over)}"
    if figure.value is None:
        why = f" ({figure.missing})" if figure.missing else ""
        return f"{figure.name} is not known {over}{why}; {bound}."
    least = "at least " if figure.low is not None and figure.high is None else ""
    known = [counted(figure.n, "observation")]
    if figure.low is not None and figure.high is not None:
        ends = f"{quantity(figure.low, figure.unit)} to {quantity(figure.high, figure.unit)}"
        known.insert(0, f"{figure.level * 100:g} % interval {ends}")
    elif figure.missing and not least:
        known.append("no interval")
    known += [figure.missing] if figure.missing else []
    return f"{figure.name} is {least}{quantity(figure.value, figure.unit)} ({', '.join(known)}) {over}; {bound}."


def quantity(value: float, unit: str) -> str:
    """A number with its unit, as people read it."""
    if unit == "share":
        return f"{value * 100:.3g} %"
    if unit == "s":
        return seconds(value)
    if unit == "USD":
        return dollars(value)
    return counted(round(value), _COUNTED[unit]) if unit in _COUNTED else f"{value:.3g}"


def duration(value: float) -> str:
    """Seconds in the largest unit that counts them whole: ``day``, ``2 hours``, ``90 seconds``."""
    for size, unit in _DURATIONS:
        if value >= size and value % size == 0:
            return unit if value == size else counted(int(value // size), unit)
    return f"{value:g} seconds"
