"""A project in a folder of its own."""

from tests.executor.conftest import site

__all__ = ["site"]
