"""Serving models: checked before the start, watched while they run, joined to the traces."""
