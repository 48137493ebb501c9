"""Robustness: metamorphic tests. A change that keeps the meaning must not change the answer."""
