"""What an alarm goes with: since when it is so, in which rows, and which component changed then."""
