"""The pytest plug-in: the traces of a test."""
