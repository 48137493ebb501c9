from tests.executor.site import site

__all__ = ["site"]
