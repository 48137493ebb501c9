"""The files of a model: where they are, what their headers say, and whether they are whole."""
