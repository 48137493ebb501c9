"""A trace as a tree in the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from genops.errors import ReferenceNotFound, UsageError, nearest
from genops.store.records.runs import SpanRecord
from genops.tracing.quantities import seconds
from genops.tracing.readable import conversation, cut, readable, value_text, visible
from genops.tracing.trace import Trace
from genops.tracing.view import RunView, SpanView, attempts_of, error_text, label, run_view, span_views

_STYLES = {"error": "bold red", "unfinished": "yellow", "skipped": "dim", "cancelled": "yellow"}
_SHORT = 600
_GAP = 2
_NARROWEST = 24


def render_tree(trace: Trace, *, full: bool = False, step: str | None = None) -> RenderableType:
    """A trace for a terminal: its head, and its spans as a tree with times, tokens and costs.

    Print it with ``console.print(…, soft_wrap=not console.is_terminal)``: then nothing is cut or wrapped in a pipe.

    Args:
        trace: What is shown.
        full: Whether inputs, outputs and state changes stand below each span, whole.
        step: A position, or a name that one position has: only that and what is inside of it, with everything.

    Raises:
        ReferenceNotFound: There is no such position.
        UsageError: Several positions have the name.
    """
    views = span_views(trace)
    if full:
        trace.fetch({digest for span in trace.spans for digest in (span.input, span.output) if digest})
    if step is None:
        return Group(_Head(trace, run_view(trace)), Text(), Tree(trace, views, details=full))
    chosen = find_step(trace, step)
    first = next(index for index, view in enumerate(views) if view.span is chosen)
    inside = [views[first]]
    for view in views[first + 1 :]:
        if view.depth <= views[first].depth:
            break
        inside.append(view)
    return Group(_Head(trace, run_view(trace), brief=True), Text(), Tree(trace, inside, details=True, attributes=True))


def find_step(trace: Trace, step: str) -> SpanRecord:
    """The span at a position, or of a name.

    Raises:
        ReferenceNotFound: There is no such position.
        UsageError: Several positions have the name.
    """
    if step in trace.by_path:
        return trace.by_path[step]
    named = [span for span in trace.spans if step in (span.name, span.path.rpartition("/")[2])]
    if not named:
        raise ReferenceNotFound(f"the run has no step {step!r}", hint=nearest(step, filter(None, trace.by_path)))
    if len(named) > 1:
        paths = [visible(span.path) for span in named]
        more = f" and {len(paths) - 6} more" if len(paths) > 6 else ""
        raise UsageError(f"{step!r} is at {len(paths)} positions", hint=f"name one: {', '.join(paths[:6])}{more}")
    return named[0]


@dataclass
class _Head:
    """The run: what it was, how it ended, what it took."""

    trace: Trace
    view: RunView
    brief: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        run, view = self.view.run, self.view
        line = Text.assemble((run.id[:12], "bold"), "  ", (visible(run.chain), "bold"), "  ")
        line.append(view.status, style=_STYLES.get(view.status, "green"))
        yield line
        started = datetime.fromtimestamp(run.started / 1e9).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")
        yield Text(started, style="dim")
        yield Text(view.summary, style="dim")
        if view.facts:
            yield Text(" · ".join(f"{name} {visible(value)}" for name, value in view.facts), style="dim")
        if self.brief:
            return
        yield Text()
        paragraphs = [("inputs", self._text(run.inputs), "none")]
        if run.error is not None:
            paragraphs.append(("error", _error(run.error), "red"))
        elif run.output is not None:
            paragraphs.append(("output", self._text(run.output), "none"))
        for name, text, style in paragraphs:
            yield Text(f"{name}:", style="bold")
            yield from _indented(Text(visible(text).expandtabs(4), style=style), Text("  "), console, options)

    def _text(self, digest: str | None) -> str:
        return cut(value_text(self.trace, digest), _SHORT)


def _indented(text: Text, indent: Text, console: Console, options: ConsoleOptions) -> Iterator[Text]:
    """The lines of a text behind an indent: wrapped under their own beginning, unless nothing is to be wrapped."""
    for line in text.split("\n", allow_blank=True):
        own = len(line.plain) - len(line.plain.lstrip(" "))
        width = max(options.max_width - indent.cell_len - own, _NARROWEST)
        pieces = [line[own:]] if options.no_wrap or not line[own:] else line[own:].wrap(console, width)
        for piece in pieces:
            whole = Text.assemble(indent, " " * own, piece)
            whole.rstrip()
            yield whole


@dataclass
class Tree:
    """Spans under each other, numbers in columns at the right.

    Attributes:
        trace: Holds the payloads.
        views: The spans, parents before children.
        details: Whether inputs, outputs and state changes are shown.
        attributes: Whether attributes are shown too.
    """

    trace: Trace
    views: list[SpanView]
    details: bool = False
    attributes: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = [(view.duration_text, view.usage.tokens_text, view.usage.cost_text) for view in self.views]
        widths = [max(map(len, column), default=0) for column in zip(*columns, strict=True)]
        room = max(options.max_width - sum(width + _GAP for width in widths if width), _NARROWEST)
        if options.no_wrap:
            room = max([room, *(cell_len(guide) + cell_len(_title(view).plain) for guide, _, view in self._guided())])
        for (guide, below, view), numbers in zip(self._guided(), columns, strict=True):
            left = Text.assemble((guide, "dim"), _title(view))
            left.truncate(room, overflow="ellipsis", pad=True)
            for width, number in zip(widths, numbers, strict=True):
                if width:
                    left.append(" " * _GAP + number.rjust(width), style=_STYLES.get(number, "cyan"))
            left.rstrip()
            yield left
            yield from self._below(view, below, console, options)

    def _guided(self) -> Iterator[tuple[str, str, SpanView]]:
        """Each view with the guide lines before its title, and before what is shown below it."""
        base = self.views[0].depth if self.views else 0
        last = _last_children(self.views)
        open_: list[bool] = []
        for index, view in enumerate(self.views):
            depth = view.depth - base
            del open_[depth:]
            stem = "".join("│  " if more else "   " for more in open_[1:])
            open_.append(not last[index])
            leads_on = index + 1 < len(self.views) and self.views[index + 1].depth > view.depth
            guide = stem + ("" if depth == 0 else "└─ " if last[index] else "├─ ")
            below = stem + ("" if depth == 0 else "   " if last[index] else "│  ") + ("│  " if leads_on else "   ")
            yield guide, below, view

    def _below(self, view: SpanView, guide: str, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Error and details of a span, each line behind the guide lines."""
        blocks: Iterable[tuple[str, str, str]] = self._details(view) if self.details else self._brief(view)
        for name, text, style in blocks:
            content = Text(f"{name}: ", style="bold") if name else Text()
            body = visible(text).expandtabs(4)
            if "\n" in body or (name and self.details and len(body) > options.max_width // 2):
                content.append("\n")
                body = "\n".join(f"  {line}" for line in body.split("\n"))
            content.append(body, style=style or "none")
            yield from _indented(content, Text(guide, style="dim"), console, options)

    def _brief(self, view: SpanView) -> Iterator[tuple[str, str, str]]:
        """The error, at the innermost span that has it."""
        if view.error is not None and view.error not in map(error_text, self.trace.children(view.span)):
            yield "", cut(view.error, _SHORT), "red"

    def _details(self, view: SpanView) -> Iterator[tuple[str, str, str]]:
        span, trace = view.span, self.trace
        if span.path:
            yield "at", span.path, "dim"
        if span.kind == "model":
            yield from self._conversation(span)
        else:
            if span.input is not None:
                yield "input", value_text(trace, span.input), ""
            if span.output is not None:
                yield "output", self._output(span), ""
        if view.first_token is not None:
            yield "first token", f"after {seconds(view.first_token)}", ""
        if span.patch:
            yield "state change", self._patch(span), ""
        for number, attempt in enumerate(attempts_of(span), start=1):
            yield f"failed attempt {number}", _attempt(attempt), "red"
        if span.error is not None:
            yield "error", _error(span.error), "red"
        if self.attributes:
            attributes = {name: value for name, value in span.attributes.items() if name != "genops.attempts"}
            yield "attributes", readable(attributes), "dim"

    def _output(self, span: SpanRecord) -> str:
        """The output; where it is that of a span below, only that span's label."""
        same = next((child for child in self.trace.children(span) if child.output == span.output), None)
        return value_text(self.trace, span.output) if same is None else f"(that of {label(same, span)}, below)"

    def _conversation(self, span: SpanRecord) -> Iterator[tuple[str, str, str]]:
        from genops.errors import StoreError

        try:
            request, response = self.trace.value(span.input), self.trace.value(span.output)
        except StoreError as error:
            yield "messages", f"({error.message})", "red"
            return
        for message in conversation(request, response):
            yield message.role, message.text, ""
        if isinstance(request, dict):
            rest = {name: value for name, value in request.items() if name not in ("messages", "model")}
            if rest:
                yield "request", readable(rest), "dim"

    def _patch(self, span: SpanRecord) -> str:
        """The change as JSON Patch, one operation after the other."""
        return "\n".join(
            f"{operation['op']} {operation['path']} {self._patched(operation.get('value'), span)}".rstrip()
            for operation in span.patch or []
        )

    def _patched(self, value: Any, span: SpanRecord) -> str:
        if isinstance(value, dict) and set(value) == {"$payload"}:
            return "(the output)" if value["$payload"] == span.output else value_text(self.trace, value["$payload"])
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self._patched(item, span)}" for key, item in value.items()) + "}"
        return "" if value is None else str(value)


def _title(view: SpanView) -> Text:
    title = Text(visible(view.label).replace("\n", " ").replace("\t", " "), style=_STYLES.get(view.status, ""))
    notes = [*([view.status] if view.status in ("error", "skipped", "cancelled") else []), *view.marks]
    if notes:
        title.append(f"  {', '.join(notes)}", style="red" if view.status == "error" else "dim")
    return title


def _last_children(views: list[SpanView]) -> list[bool]:
    """For each view, whether none of its siblings comes after it."""
    last = [True] * len(views)
    seen: set[int] = set()
    for index in range(len(views) - 1, -1, -1):
        depth = views[index].depth
        seen = {other for other in seen if other <= depth}
        last[index] = depth not in seen
        seen.add(depth)
    return last


def _error(error: dict[str, Any]) -> str:
    lines = [f"{error.get('type')}: {error.get('message')}"]
    lines += [f"{name}: {error[name]}" for name in ("path", "at", "status", "hint") if error.get(name)]
    return "\n".join(lines)


def _attempt(attempt: dict[str, Any]) -> str:
    delay = attempt.get("delay")
    waited = f" (then waited {seconds(delay)})" if isinstance(delay, (int, float)) and delay else ""
    return f"{attempt.get('type', attempt.get('error'))}: {attempt.get('message')}{waited}"
