"""Scorers that tell whether an attack got there, one a file."""
