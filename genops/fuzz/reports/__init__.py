"""Reports of a campaign: one module per format, all of the same summary."""
