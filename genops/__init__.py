"""genops: versioned prompts and chains, run through a tracing executor."""
