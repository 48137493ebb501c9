"""How files are read: YAML with positions, JSON Lines, the Jinja2 sandbox, and expressions that give values."""

from genops.syntax.expression import Expression, Reads, compile_value, lone_body
from genops.syntax.json_lines import json_lines
from genops.syntax.sandbox import Sandbox, sandbox
from genops.syntax.yaml_file import YamlFile, read_text, read_yaml

__all__ = [
    "Expression",
    "Reads",
    "Sandbox",
    "YamlFile",
    "compile_value",
    "json_lines",
    "lone_body",
    "read_text",
    "read_yaml",
    "sandbox",
]
