"""How much memory a model takes, and what fits on which GPUs."""
