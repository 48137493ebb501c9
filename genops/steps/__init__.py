"""Step kinds, one a file; each is a :class:`~genops.chains.Step` registered under the key that selects it in a chain."""
