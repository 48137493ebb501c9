"""Chains: definitions, steps, blocks and their graph, tools; what is to be run, not how."""

from genops.chains.block import Block, Node
from genops.chains.build import ChainBuilder, Ref
from genops.chains.context import Scope, StepContext, StepSkipped
from genops.chains.definition import ChainDefinition
from genops.chains.step import (
    Effect,
    Expr,
    Fallback,
    LazyExpr,
    Need,
    NestedBlock,
    Parsing,
    Retry,
    Step,
    evaluate,
    is_true,
    mapping_of,
    parsing_of,
    reads_of,
    step_kind,
)
from genops.chains.tool import Tool, make_tool, stored_tool, tool

__all__ = [
    "Block",
    "ChainBuilder",
    "ChainDefinition",
    "Effect",
    "Expr",
    "Fallback",
    "LazyExpr",
    "Need",
    "NestedBlock",
    "Node",
    "Parsing",
    "Ref",
    "Retry",
    "Scope",
    "Step",
    "StepContext",
    "StepSkipped",
    "Tool",
    "evaluate",
    "is_true",
    "make_tool",
    "mapping_of",
    "parsing_of",
    "reads_of",
    "step_kind",
    "stored_tool",
    "tool",
]
