"""What a check asks of a state: one module a family of questions."""
