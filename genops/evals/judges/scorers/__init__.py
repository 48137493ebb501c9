"""Judge scorers, one a file."""
