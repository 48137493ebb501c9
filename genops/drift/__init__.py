"""Drift and skew: whether what a chain sees or says has changed, by how much, and what changed.

A check compares a reference window with a current one by two-sample tests (:mod:`genops.drift.two_sample`), every one
of them calibrated by relabelling (:mod:`genops.drift.relabelling`) and reported with the one effect that people can
read: the separation (:mod:`genops.drift.effect`).
"""
