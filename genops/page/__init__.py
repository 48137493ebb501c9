"""One self-contained HTML file: how data stand in it, what it may do, the style and script that pages share."""

from genops.page.page import Page
from genops.page.values import browser_value, embedded

__all__ = ["Page", "browser_value", "embedded"]
