"""The relations that genops has, one module each."""
