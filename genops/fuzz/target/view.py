"""What objectives may know of a chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from genops.artifacts import Value
from genops.chains import Step
from genops.errors import UsageError, nearest
from genops.executor.closure import Closure
from genops.executor.memo import below
from genops.fuzz.objective import Target, TargetTool

_CITED = frozenset({"citations", "sources"})


def target_of(closure: Closure, inputs: Mapping[str, Value], fields: Sequence[str] = ()) -> Target:
    """The view of a closure.

    Args:
        closure: Of the chain under attack.
        inputs: A harmless case.
        fields: Inputs that an attacker writes; default every one that is text in the case, and may be any text.

    Raises:
        UsageError: An attacked input does not exist or is no text, or there is none.
    """
    declared = closure.root.inputs.declared
    texts = [name for name, value in inputs.items() if isinstance(value, str) and declared[name].type != "enum"]
    for name in fields:
        if name not in texts:
            what = f"the chain {closure.root.name!r} has no input {name!r} that is text, and any text"
            raise UsageError(what, hint=nearest(name, texts))
    attacked = tuple(fields) or tuple(texts)
    if not attacked:
        raise UsageError(f"no input of the chain {closure.root.name!r} is text", hint="attack a chain that takes text")
    schemas = [prompt.output for prompt in closure.prompts.values() if prompt.output is not None]
    return Target(
        chain=closure.root.name,
        fields=attacked,
        inputs=inputs,
        prompts=tuple(sorted(closure.prompts)),
        retrieves=tuple(name for name, step in _steps(closure) if step.kind == "retrieve"),
        tools=tuple(
            TargetTool(name, tool.effect == "write", tool.parameters) for name, tool in sorted(closure.tools.items())
        ),
        writes_json=bool(schemas),
        cites=any(_CITED & set(schema.body().get("properties", {})) for schema in schemas),
    )


def _steps(closure: Closure) -> Iterator[tuple[str, Step]]:
    """Every step of a chain with its position, those inside of others included."""
    for name, node in closure.root.block.nodes.items():
        for step, _ in below(node.step, closure):
            yield name, step
