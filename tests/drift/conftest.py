"""A project in a folder of its own, whose runs and evaluations are compared."""

from tests.evals.conftest import lab
from tests.executor.site import site

__all__ = ["lab", "site"]
