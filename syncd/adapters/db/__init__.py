"""The db adapter."""
