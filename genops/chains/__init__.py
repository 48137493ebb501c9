"""Chains: definitions, steps, blocks and their graph, tools; what is to be run, not how."""

from genops.chains.block import Block, Node
from genops.chains.context import Scope, StepContext
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
    step_kind,
)
from genops.chains.tool import Tool, make_tool, tool

__all__ = [
    "Block",
    "ChainDefinition",
    "Effect",
    "Expr",
    "Fallback",
    "LazyExpr",
    "Need",
    "NestedBlock",
    "Node",
    "Parsing",
    "Retry",
    "Scope",
    "Step",
    "StepContext",
    "Tool",
    "evaluate",
    "make_tool",
    "step_kind",
    "tool",
]
