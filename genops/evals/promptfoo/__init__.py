"""Configurations of promptfoo as suites."""

from genops.evals.promptfoo.project import Imported, import_promptfoo

__all__ = ["Imported", "import_promptfoo"]
