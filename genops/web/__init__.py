"""Pages for the browser."""

from genops.web.trace_page import trace_page

__all__ = ["trace_page"]
