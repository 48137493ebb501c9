"""Two-sample tests of numbers, one a file."""
