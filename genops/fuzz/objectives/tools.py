"""Which tools of a target an objective is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from genops.fuzz.objective import Target, TargetTool


def unauthorised(target: Target, allowed: Collection[str]) -> list[str]:
    """Names of the tools that change something and are not allowed, in order."""
    return sorted(tool.name for tool in target.tools if tool.writes and tool.name not in allowed)


def text_arguments(target: Target, tools: Collection[str]) -> list[tuple[str, str]]:
    """Tools and their arguments that take any text, in order.

    Args:
        target: The target.
        tools: Names of those that count; empty for every one.
    """
    return sorted(
        (tool.name, name)
        for tool in target.tools
        if not tools or tool.name in tools
        for name, schema in _properties(tool).items()
        if isinstance(schema, Mapping) and schema.get("type") == "string" and not {"enum", "const"} & set(schema)
    )


def _properties(tool: TargetTool) -> Mapping[str, object]:
    properties = tool.parameters.get("properties")
    return properties if isinstance(properties, Mapping) else {}
