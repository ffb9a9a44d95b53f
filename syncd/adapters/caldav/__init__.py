"""The caldav adapter."""
