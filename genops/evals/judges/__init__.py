"""Judges: scorers that ask a model, and what is known of how far they can be trusted."""
