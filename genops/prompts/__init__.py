"""Prompt templates: typed inputs, messages, few-shot examples, structured output."""

from genops.prompts.declaration import Declaration
from genops.prompts.examples import Embed, Selection
from genops.prompts.files import Files, Folder
from genops.prompts.inputs import InputSpec
from genops.prompts.output import OutputSpec
from genops.prompts.prompt import Prompt
from genops.prompts.schema import input_schema, json_schema

__all__ = [
    "Declaration",
    "Embed",
    "Files",
    "Folder",
    "InputSpec",
    "OutputSpec",
    "Prompt",
    "Selection",
    "input_schema",
    "json_schema",
]
