"""Two-sample tests of vectors, one a file."""
