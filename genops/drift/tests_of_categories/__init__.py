"""Two-sample tests of categories, one a file."""
