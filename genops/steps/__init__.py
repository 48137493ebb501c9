"""Step kinds, one a file: each a :class:`~genops.chains.Step` under the key that selects it in a chain."""
