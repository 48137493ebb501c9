"""A chain as a picture: Mermaid's flowchart text, or DOT for Graphviz. Both come from the definition alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from genops.chains.block import Block, Node
from genops.chains.definition import ChainDefinition
from genops.chains.step import reads_of

_ENTITIES = {"&": "#amp;", "#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\n": " "}
_LABEL_LIMIT = 80


@dataclass(frozen=True, slots=True)
class _Box:
    """A step, with the blocks inside of it.

    Attributes:
        id: Safe in both languages, unique in the picture.
        lines: Its label.
        optional: Whether it has a condition.
        inside: Nested blocks, each with its label and its boxes.
    """

    id: str
    lines: tuple[str, ...]
    optional: bool
    inside: tuple[tuple[str, tuple[_Box, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Edge:
    """From one box to another; ``optional`` when the second has a condition."""

    source: str
    target: str
    optional: bool


@dataclass(frozen=True, slots=True)
class _Picture:
    """Boxes of a chain, with what flows between them."""

    inputs: str
    boxes: tuple[_Box, ...]
    edges: tuple[_Edge, ...]


def mermaid(definition: ChainDefinition) -> str:
    """The chain as a Mermaid flowchart (mermaid.js.org); nested blocks are subgraphs."""
    picture = _picture(definition)
    lines = ["flowchart TD", f'  inputs(["{_escaped(picture.inputs)}"])']
    for box in picture.boxes:
        lines += _mermaid_box(box, "  ")
    lines.append('  output(["output"])')
    lines += [f"  {edge.source} {'-.->' if edge.optional else '-->'} {edge.target}" for edge in picture.edges]
    return "\n".join(lines) + "\n"


def dot(definition: ChainDefinition) -> str:
    """The chain in Graphviz's DOT language (graphviz.org/doc/info/lang.html); nested blocks are clusters."""
    picture = _picture(definition)
    lines = [
        "digraph chain {",
        '  graph [compound=true, fontname="Helvetica"]; edge [color="#555555"];',
        '  node [shape=box, style="rounded", fontname="Helvetica", fontsize=11];',
        f"  inputs [shape=oval, label={json.dumps(picture.inputs)}];",
    ]
    for box in picture.boxes:
        lines += _dot_box(box, "  ")
    lines.append("  output [shape=oval];")
    groups = {box.id for box in _all(picture.boxes) if box.inside}
    lines += [_dot_edge(edge, groups) for edge in picture.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _picture(definition: ChainDefinition) -> _Picture:
    ids: dict[int, str] = {}
    boxes = tuple(_box(node, ids) for node in definition.block.nodes.values())
    edges = list(_edges(definition.block, ids))
    used = {read.name for read in reads_of(definition.block.output) if read.root == "steps"}
    edges += [_Edge(ids[id(node)], "output", False) for name, node in definition.block.nodes.items() if name in used]
    if not used:
        edges.append(_Edge("inputs", "output", False))
    names = ", ".join(definition.inputs.names())
    return _Picture(f"inputs: {names}" if names else "no inputs", boxes, tuple(edges))


def _box(node: Node, ids: dict[int, str]) -> _Box:
    ids[id(node)] = own = f"s{len(ids)}"
    step = node.step
    needs = [need.reference for need in step.needs() if need.kind != "model"]
    about = f"{step.kind} {', '.join(needs)}" if needs else step.kind
    inside = tuple((label, tuple(_box(inner, ids) for inner in block.nodes.values())) for label, block in step.blocks())
    return _Box(own, (node.name, about), step.when is not None, inside)


def _edges(block: Block, ids: dict[int, str]) -> Iterator[_Edge]:
    for node in block.nodes.values():
        optional = node.step.when is not None
        for name in block.nodes:
            if name in node.needs:
                yield _Edge(ids[id(block.nodes[name])], ids[id(node)], optional)
        if any(read.root == "inputs" for read in node.outer):
            yield _Edge("inputs", ids[id(node)], optional)
        for _, inner in node.step.blocks():
            yield from (edge for edge in _edges(inner, ids) if edge.source != "inputs")


def _all(boxes: tuple[_Box, ...]) -> Iterator[_Box]:
    for box in boxes:
        yield box
        for _, inner in box.inside:
            yield from _all(inner)


def _mermaid_box(box: _Box, indent: str) -> Iterator[str]:
    label = "<br/>".join(_escaped(line) for line in box.lines)
    if not box.inside:
        yield f'{indent}{box.id}["{label}"]'
        return
    yield f'{indent}subgraph {box.id}["{label}"]'
    for number, (name, inner) in enumerate(box.inside):
        below = indent + "  "
        if name:
            yield f'{below}subgraph {box.id}_{number}["{_escaped(name)}"]'
            below += "  "
        for child in inner:
            yield from _mermaid_box(child, below)
        if name:
            yield f"{indent}  end"
    yield f"{indent}end"


def _dot_box(box: _Box, indent: str) -> Iterator[str]:
    label = json.dumps("\n".join(line[:_LABEL_LIMIT] for line in box.lines))
    if not box.inside:
        yield f"{indent}{box.id} [label={label}];"
        return
    yield f"{indent}subgraph cluster_{box.id} {{"
    yield f'{indent}  label={label}; style="rounded"; color="#999999"; fontsize=11;'
    yield f'{indent}  {box.id} [shape=point, style=invis, label=""];'
    for number, (name, inner) in enumerate(box.inside):
        below = indent + "  "
        if name:
            yield f"{below}subgraph cluster_{box.id}_{number} {{ label={json.dumps(name)}; fontsize=10;"
        for child in inner:
            yield from _dot_box(child, below + "  ")
        if name:
            yield f"{below}}}"
    yield f"{indent}}}"


def _dot_edge(edge: _Edge, groups: set[str]) -> str:
    marks = []
    if edge.source in groups:
        marks.append(f"ltail=cluster_{edge.source}")
    if edge.target in groups:
        marks.append(f"lhead=cluster_{edge.target}")
    if edge.optional:
        marks.append("style=dashed")
    attributes = f" [{', '.join(marks)}]" if marks else ""
    return f"  {edge.source} -> {edge.target}{attributes};"


def _escaped(text: str) -> str:
    return "".join(_ENTITIES.get(character, character) for character in text[:_LABEL_LIMIT])
