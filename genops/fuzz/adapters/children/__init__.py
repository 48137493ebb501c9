"""What runs in the environments of others: scripts that import nothing of genops."""
