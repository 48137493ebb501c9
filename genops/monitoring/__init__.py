"""Monitoring: production traces are sampled and scored, figures are watched by rules, and people are told."""
