"""What attacks are after, one objective a file."""
