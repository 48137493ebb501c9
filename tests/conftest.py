"""Hypothesis gives every example the time that it takes: how busy the machine is says nothing of the code."""

from hypothesis import settings

settings.register_profile("untimed", parent=settings.default, deadline=None)
settings.load_profile("untimed")
