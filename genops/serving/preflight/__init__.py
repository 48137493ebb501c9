"""Everything that would make a start fail, found before it."""
