"""Load on a model: closed and open loops, what they measured, the highest that meets an objective, what it costs."""
