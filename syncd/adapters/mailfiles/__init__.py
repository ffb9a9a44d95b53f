"""The mailfiles adapter."""
