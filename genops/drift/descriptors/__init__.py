"""What a text is like, by one number or category each: one a file."""
