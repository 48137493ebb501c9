"""Aliases side by side: quality, latency, throughput, cost, licence and context, for the choice of a model."""
