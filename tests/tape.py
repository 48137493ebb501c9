"""Traces written by hand, from the records that the executor writes, over a store in memory."""

from dataclasses import dataclass, field
from typing import Any

from genops.artifacts import Lock, encode
from genops.store.records.runs import RunRecord, SpanRecord
from genops.tracing import telemetry
from genops.tracing.trace import Trace

START = 1_790_000_000_000_000_000
MS = 1_000_000


@dataclass
class Tape:
    """One run. Times are milliseconds from its start."""

    chain: str = "answer_docs"
    id: str = "3f9a" * 8
    kept: dict[str, bytes] = field(default_factory=dict)
    locks: dict[str, Lock] = field(default_factory=dict)
    spans: list[SpanRecord] = field(default_factory=list)

    def __post_init__(self):
        self.run = RunRecord(id=self.id, trace_id=self.id, chain=self.chain, reference=self.chain, started=START)

    def payload(self, digest):
        return self.kept.get(digest)

    def payloads(self, digests):
        return {digest: self.kept[digest] for digest in digests if digest in self.kept}

    def lock(self, digest):
        return self.locks[digest]

    def keep(self, value):
        payload = encode(value)
        self.kept[payload.digest] = payload.data
        return payload.digest

    def span(
        self,
        parent,
        kind,
        name,
        path,
        begin,
        end,
        *,
        input=None,
        output=None,
        status="ok",
        error=None,
        patch=None,
        **attributes,
    ):
        if patch is None and kind in ("step", "agent") and status == "ok" and end is not None:
            value = {"status": "ok", "output": {"$payload": self.keep(output)}}
            patch = [{"op": "add", "path": f"/steps/{name}", "value": value}]
        given = {name.replace("__", "."): value for name, value in attributes.items()}
        span = SpanRecord(
            run=self.id,
            number=len(self.spans) + 1,
            parent=parent.number if parent else None,
            span_id=f"{len(self.spans) + 1:016x}",
            path=path,
            kind=kind,
            name=name,
            started=START + int(begin * MS),
            ended=None if end is None else START + int(end * MS),
            status="running" if end is None else status,
            input=self.keep(input),
            output=self.keep(output) if status == "ok" and end is not None else None,
            error=error,
            patch=patch,
            attributes=given,
        )
        self.spans.append(span)
        return span

    def model(
        self,
        parent,
        path,
        begin,
        end,
        messages,
        text,
        *,
        tokens=(100, 20),
        cost: float | None = 0.0001,
        alias="fast",
        model="gpt-4o-mini",
        digest="e0" * 32,
        tool_calls=(),
        **more: Any,
    ):
        request = {"model": digest, "messages": messages, "parameters": {"temperature": 0}}
        response = {
            "text": text,
            "tool_calls": list(tool_calls),
            "finish_reason": "tool_calls" if tool_calls else "stop",
            "usage": {"input_tokens": tokens[0], "output_tokens": tokens[1], "cached_input_tokens": None},
            "cost": cost,
            "model": f"{model}-2024-07-18",
            "fingerprint": None,
        }
        span = self.span(parent, "model", alias, path, begin, end, input=request, output=response)
        span.attributes = (
            telemetry.model_request_attributes(alias=alias, provider="openai", model=model, digest=digest)
            | telemetry.model_response_attributes(
                model=f"{model}-2024-07-18",
                finish_reason="stop",
                input_tokens=tokens[0],
                output_tokens=tokens[1],
                cost=cost,
                time_to_first_token=(end - begin) / 4000,
            )
            | more
        )
        self.run.model_calls += 1
        self.run.input_tokens += tokens[0]
        self.run.output_tokens += tokens[1]
        self.run.cost = None if cost is None or self.run.cost is None else self.run.cost + cost
        return span

    def finish(self, end, *, inputs, output=None, error=None):
        root = self.spans[0]
        run = self.run
        run.inputs = root.input = self.keep(inputs)
        run.ended = root.ended = START + int(end * MS)
        run.status = root.status = "error" if error else "ok"
        run.error = root.error = error
        run.spans = len(self.spans)
        if not error:
            run.output = root.output = self.keep(output)
            root.patch = [{"op": "add", "path": "/output", "value": {"$payload": run.output}}]
        return self.trace()

    def trace(self):
        return Trace(self.run, self.spans, self)


HOSTILE = "</script><img src=x onerror=\"document.title='owned'\"> [bold red]markup[/] \x1b[31mred\x1b[0m \u202egnp.exe"
QUESTION = "How do I replay a run with another version of one prompt?"
ANSWER = (
    "Name the run and the component to swap: `genops trace replay RUN --swap prompt:answer_question@2` [1]. The run is"
    " made again from its record; model calls go live only downstream of the first request that differs [1][2].\n\n"
    "The result is a run of its own, so `genops trace diff` shows what the swap changed [3]."
)
SYSTEM = (
    "Answer the question from the passages alone. Be brief and exact; keep commands, names and numbers as they are"
    " written.\n\nPut the number of the passage that a statement rests on behind it, as in [2]."
)
PASSAGES = [
    (
        "docs/replay.md",
        1204,
        1671,
        0.7812,
        "Replay > Swapping one component",
        "`genops trace replay RUN --swap prompt:answer_question@2` runs a recorded run again with one component"
        " changed. Effects are injected from the record as long as their requests are the recorded ones; from the"
        " first one that differs on, they are performed.",
    ),
    (
        "docs/replay.md",
        88,
        402,
        0.7203,
        "Replay",
        "Every effect of a run is recorded at its position. Under an unchanged lock a replay makes no call at all.",
    ),
    (
        "docs/tracing.md",
        5120,
        5333,
        0.6544,
        "Tracing > Comparing two runs",
        "`genops trace diff A B` names the first step that differs, and how: its inputs, its output or its components.",
    ),
    ("docs/security.md", 10, 190, 0.3121, "Security > Prompt injection", f"A passage may hold anything: {HOSTILE}"),
]


def passages():
    return [
        {
            "chunk_id": f"{rank:016x}",
            "text": text,
            "uri": uri,
            "start": start,
            "end": end,
            "score": score,
            "rank": rank,
            "heading": heading,
            "index": "docs",
            "snapshot": "12" * 32,
        }
        for rank, (uri, start, end, score, heading, text) in enumerate(PASSAGES, start=1)
    ]


def message(role, content, **more):
    return {"role": role, "content": content, **more}


def asked_twice(tape: Tape, answer=ANSWER, template="ab" * 32, system=SYSTEM):
    """Rewrite, retrieve, answer with a schema and one re-ask, check: the chain of the documentation."""
    root = tape.span(None, "chain", tape.chain, "", 0, None, **{"gen_ai.operation.name": "invoke_workflow"})
    rewrite = tape.span(
        root,
        "step",
        "rewrite",
        "rewrite",
        2,
        420,
        input={"with": {"question": QUESTION}, "parameters": {}},
        output="replay recorded run swap prompt version",
        genops__step__kind="prompt",
        **telemetry.prompt_attributes(name="rewrite_question", digest="ac" * 32),
    )
    tape.model(
        rewrite,
        "rewrite/model",
        4,
        418,
        [message("user", f"Rewrite as a search query: {QUESTION}")],
        "replay recorded run swap prompt version",
        tokens=(61, 9),
        cost=0.0000145,
    )
    find = tape.span(
        root,
        "step",
        "find",
        "find",
        422,
        447,
        output=passages(),
        genops__step__kind="retrieve",
        input={"query": "replay recorded run swap prompt version", "k": 4},
    )
    tape.span(
        find,
        "retrieve",
        "docs",
        "find/search",
        423,
        446,
        output=passages(),
        input={"index": "12" * 32, "query": "replay recorded run swap prompt version", "k": 4},
        **telemetry.retrieval_attributes(
            index="docs", snapshot="12" * 32, k=4, hits=[(p["chunk_id"], p["score"]) for p in passages()]
        ),
    )
    numbered = "\n\n".join(f"[{p['rank']}] # {p['uri']}\n\n{p['text']}" for p in passages())
    messages = [message("system", system), message("user", f"{numbered}\n\nQuestion: {QUESTION}")]
    value = {"answer": answer, "citations": [1, 2, 3]}
    step = tape.span(
        root,
        "step",
        "answer",
        "answer",
        450,
        2630,
        output=value,
        genops__step__kind="prompt",
        input={
            "with": {"question": QUESTION, "passages": [{"text": p["text"], "source": p["uri"]} for p in passages()]}
        },
        **telemetry.prompt_attributes(name="answer_question", version=3, digest=template),
    )
    tape.model(
        step,
        "answer/model",
        455,
        1490,
        messages,
        "Sure! Here is the answer: " + answer,
        tokens=(812, 96),
        cost=0.000179,
    )
    again = [
        *messages,
        message("assistant", "Sure! Here is the answer: " + answer),
        message("user", "This is not JSON: expected value at line 1 column 1. Answer again with JSON alone."),
    ]
    tape.model(
        step,
        "answer/model[1]",
        1495,
        2625,
        again,
        '{"answer": "…", "citations": [1, 2, 3]}',
        tokens=(951, 104),
        cost=0.000205,
    )
    check = tape.span(
        root,
        "step",
        "check",
        "check",
        2633,
        2637,
        output={"cited": 3, "unknown": []},
        genops__step__kind="tool",
        input={"with": {"answer": value}},
    )
    tape.span(
        check,
        "tool",
        "check_citations",
        "check/check_citations",
        2634,
        2636,
        input={"tool": "70" * 32, "arguments": {"answer": value}},
        output={"cited": 3, "unknown": []},
        **telemetry.tool_attributes(name="check_citations", description="Checks citations."),
    )
    return root


def everything(tape: Tape | None = None) -> Trace:
    """A failed run with every kind of span in it, and hostile text in many places."""
    tape = tape or Tape()
    tape.run.lock = "9c" * 32
    tape.run.session, tape.run.user, tape.run.tags = "s-41", "u-7", ["demo", "docs"]
    root = asked_twice(tape)
    agent = tape.span(
        root,
        "agent",
        "research",
        "research",
        2640,
        4900,
        input={"with": {"topic": "replay"}},
        output="Replay is exact.",
        genops__step__kind="agent",
        **telemetry.prompt_attributes(name="docs_agent", digest="ad" * 32),
    )
    call = {"id": "call_1", "type": "function", "function": {"name": "word_count", "arguments": '{"text": "replay"}'}}
    first = message("user", "Find out how exact replay is.")
    said = message("assistant", None, tool_calls=[call])
    heard = message("tool", "Error: 'replay' is one word", tool_call_id="call_1")
    for number, (begin, end) in enumerate([(2642, 3700), (3702, 4895)]):
        new = [first] if number == 0 else []
        patch = [{"op": "add", "path": "/messages", "value": {"$payload": tape.keep(new)}}] if number == 0 else []
        added = [said, heard] if number == 0 else [message("assistant", "Replay is exact.")]
        patch += [{"op": "add", "path": "/messages/-", "value": {"$payload": tape.keep(m)}} for m in added]
        turn = tape.span(
            agent,
            "scope",
            f"[{number}]",
            f"research[{number}]",
            begin,
            end,
            input={"turn": number},
            output={"calls": 1} if number == 0 else "Replay is exact.",
            patch=patch,
        )
        history = [first] if number == 0 else [first, said, heard]
        tape.model(
            turn,
            f"research[{number}]/model",
            begin + 1,
            begin + 900,
            history,
            "" if number == 0 else "Replay is exact.",
            tool_calls=[call] if number == 0 else (),
            alias="big",
            model="claude-sonnet",
            cost=None,
        )
        if number == 0:
            tape.span(
                turn,
                "tool",
                "word_count",
                f"{turn.path}/word_count[0]",
                begin + 905,
                begin + 910,
                input={"tool": "71" * 32, "arguments": {"text": "replay"}},
                status="error",
                error={"type": "ToolError", "message": "'replay' is one word", "hint": "count more"},
                **telemetry.tool_attributes(name="word_count"),
                error__type="ToolError",
            )
    each = tape.span(
        root,
        "step",
        "each",
        "each",
        2640,
        5200,
        input={"map": ["a", "b", HOSTILE]},
        status="error",
        error={"type": "ServerFailed", "message": f"500 from the server: {HOSTILE}", "status": 500},
        genops__step__kind="map",
    )
    for index, item in enumerate(["a", "b", HOSTILE]):
        failed = index == 2
        error = {"type": "ServerFailed", "message": f"500 from the server: {HOSTILE}", "status": 500, "hint": "later"}
        outcome = {"status": "error", "error": error} if failed else {"output": item.upper()}
        scope = tape.span(
            each,
            "scope",
            f"[{index}]",
            f"each[{index}]",
            2650 + index,
            3300 + index * 700,
            input={"item": item, "index": index},
            **outcome,
        )
        step = tape.span(
            scope,
            "step",
            "shout",
            f"each[{index}]/shout",
            2652 + index,
            3298 + index * 700,
            input={"url": f"https://example.org/{index}"},
            genops__step__kind="http",
            **outcome,
        )
        if failed:
            step.attributes["genops.attempts"] = [
                {"type": "RateLimited", "message": "429 from the server", "delay": 0.41},
                {"type": "ServerFailed", "message": "500 from the server", "delay": 0.0},
            ]
        tape.span(
            step,
            "http",
            "GET",
            f"each[{index}]/shout/GET",
            2655 + index,
            3295 + index * 700,
            input={"method": "GET", "url": f"https://example.org/{index}"},
            **outcome,
            **telemetry.http_attributes(
                method="GET", url=f"https://example.org/{index}", status=500 if failed else 200
            ),
        )
    tape.span(
        root,
        "step",
        "translate",
        "translate",
        2641,
        2642,
        status="skipped",
        genops__step__kind="prompt",
        patch=[{"op": "add", "path": "/steps/translate", "value": {"status": "skipped"}}],
    )
    tape.span(root, "step", "late", "late", 4000, None, input={"with": {}}, genops__step__kind="tool")
    return tape.finish(
        5210,
        inputs={"question": QUESTION},
        error={
            "type": "ServerFailed",
            "message": f"500 from the server: {HOSTILE}",
            "path": "each[2]/shout",
            "hint": "try later",
        },
    )


def answered(**changes) -> Trace:
    """The same chain without the rest, done well."""
    tape = Tape(**{key: changes.pop(key) for key in ("id",) if key in changes})
    lock = changes.pop("lock", None)
    asked_twice(tape, **changes)
    if lock is not None:
        tape.run.lock = lock.digest
        tape.locks[lock.digest] = lock
    return tape.finish(2640, inputs={"question": QUESTION}, output=changes.get("answer", ANSWER))
