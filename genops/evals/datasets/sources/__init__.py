"""Where the rows of a dataset come from: one kind of source a module."""
